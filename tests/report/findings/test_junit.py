"""`junit`: XML as Jenkins and GitLab read it, by the structure of the XSD that both follow."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given

from cnncli.rules.verdict import Verdict, unreadable
from tests.report.findings.made import findings, one, real, rendered, verdicts

# Of each element: the attributes it must have, those it may have (`file` is GitLab's and pytest's), its children.
STRUCTURE: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "tests", "failures", "errors", "disabled", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests"},
        {"failures", "errors", "skipped", "disabled", "time", "timestamp", "hostname", "id", "package"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "classname"},
        {"time", "assertions", "status", "file", "line"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"message", "type"}, set()),
    "error": (set(), {"message", "type"}, set()),
    "system-out": (set(), set(), set()),
}


def parsed(found: list[Verdict]) -> ElementTree.Element:
    return ElementTree.fromstring(rendered("junit", found).encode("utf-8"))


def cases(found: list[Verdict]) -> list[ElementTree.Element]:
    return parsed(found).findall("testsuite/testcase")


def check(element: ElementTree.Element) -> None:
    needed, allowed, children = STRUCTURE[element.tag]
    assert needed <= element.attrib.keys() <= needed | allowed
    for child in element:
        assert child.tag in children
        check(child)


@given(verdicts())
def test_it_has_the_structure_its_counts_add_up_and_no_finding_is_lost(found: list[Verdict]) -> None:
    root = parsed(found)
    assert root.tag == "testsuites"
    check(root)
    (suite,) = root
    for element in (root, suite):
        assert int(element.attrib["tests"]) == len(suite.findall("testcase")) == len(found)
        assert int(element.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(element.attrib["errors"]) == len(suite.findall("testcase/error"))
    for case, verdict in zip(suite, found, strict=True):
        # It fails as its file does, and all findings are in it.
        outcomes = [child for child in case if child.tag in ("failure", "error")]
        assert len(outcomes) == verdict.fails
        text = "\n".join(child.text or "" for child in case)
        heads = [f":{finding.location.line}:{finding.location.column}: " for finding in verdict.diagnostics]
        assert all(head in text for head in heads)
        assert text.count("[CNN") >= len(verdict.diagnostics)


@pytest.mark.parametrize(
    ("severity", "is_strict", "tag"),
    [("error", False, "failure"), ("error", True, "failure"), ("warning", False, "system-out"),
     ("warning", True, "failure"), ("note", False, "system-out"), ("note", True, "system-out")],
)  # fmt: skip
def test_what_makes_a_file_fail(severity: str, is_strict: bool, tag: str) -> None:
    (verdict,) = one(severity=severity)
    (case,) = cases([replace(verdict, is_strict=is_strict)])
    assert [child.tag for child in case] == [tag]


def test_a_file_that_cannot_be_read_is_an_error() -> None:
    (case,) = cases([Verdict("gone.yaml", (unreadable("gone.yaml", "No such file or directory"),))])
    (error,) = case
    assert (error.tag, error.attrib) == ("error", {"message": "No such file or directory", "type": "CNN000"})


def test_several_findings_are_one_failure() -> None:
    (first,), (second,) = findings(one(message="first")), findings(one(message="second"))
    (case,) = cases([Verdict("net.yaml", (first, second))])
    (failure,) = case
    assert failure.attrib["message"] == "2 findings"
    assert failure.text and "]: first\n" in failure.text and "]: second\n" in failure.text


def test_files_are_the_cases() -> None:
    assert [case.attrib["name"].rpartition("/")[2] for case in cases(real())] == [
        "sound.yaml", "bias.yaml", "block.yaml", "gone.yaml",
    ]  # fmt: skip


@pytest.mark.parametrize("character", ["\0", "\x08", "\x1f", "\x7f", "\ufffe", "\uffff", "\ud800", "\r"])
def test_what_xml_cannot_hold_is_replaced(character: str) -> None:
    (case,) = cases(one(message=f"a{character}b", file=f"c{character}d.yaml"))
    (failure,) = case
    assert failure.attrib["message"] == "a?b"
    assert case.attrib["name"].endswith("c?d.yaml") or character == "\ud800"
    assert failure.text and "a?b" in failure.text


def test_markup_is_text() -> None:
    (case,) = cases(one(message='<b>&amp;"]]>'))
    (failure,) = case
    assert failure.attrib["message"] == '<b>&amp;"]]>' and failure.text and '<b>&amp;"]]>' in failure.text
