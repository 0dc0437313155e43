"""For Jenkins, GitLab and all else that reads JUnit's XML: a test case for each file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

from cnncli.errors import Diagnostic
from cnncli.report.diagnostics import diagnostic_text
from cnncli.report.findings._exchange import in_repository
from cnncli.report.words import printable
from cnncli.rules.verdict import Verdict

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_WIDTH = 120


def render(verdicts: Sequence[Verdict], width: int) -> str:
    """XML in ASCII. What makes a file fail is its failure, or its error where it cannot be read; the rest its output.

    A case has one failure with all that is wrong: of several, readers keep one.
    """
    root = ElementTree.Element("testsuites", {"name": "cnncli validate"})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "cnncli"})
    for verdict in verdicts:
        _add_case(suite, verdict)
    for element in (root, suite):
        element.set("tests", str(len(verdicts)))
        element.set("failures", str(len(suite.findall("testcase/failure"))))
        element.set("errors", str(len(suite.findall("testcase/error"))))
    ElementTree.indent(root)
    body: bytes = ElementTree.tostring(root, encoding="us-ascii")
    return _HEAD + body.decode("ascii")


def _add_case(suite: ElementTree.Element, verdict: Verdict) -> None:
    file = printable(in_repository(verdict.file))
    case = ElementTree.SubElement(suite, "testcase", {"classname": "cnncli", "name": file, "file": file})
    failing = [finding for finding in verdict.diagnostics if _fails(verdict, finding)]
    others = [finding for finding in verdict.diagnostics if not _fails(verdict, finding)]
    if failing:
        message = failing[0].message if len(failing) == 1 else f"{len(failing)} findings"
        words = {"message": printable(message), "type": failing[0].fault.code}
        kind = "error" if verdict.is_unreadable else "failure"
        ElementTree.SubElement(case, kind, words).text = _text(failing)
    if others:
        ElementTree.SubElement(case, "system-out").text = _text(others)


def _fails(verdict: Verdict, finding: Diagnostic) -> bool:
    """Whether the file would fail by this finding alone."""
    return replace(verdict, diagnostics=(finding,)).fails


def _text(findings: list[Diagnostic]) -> str:
    """As on a terminal: no character is left in it that XML cannot hold."""
    return "\n\n".join(diagnostic_text(finding, _WIDTH).plain for finding in findings)
