"""Paths and fingerprints, as a repository's host has to find them again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from cnncli.report.findings._exchange import fingerprints, in_repository, sound
from cnncli.rules.verdict import Verdict, judged
from tests.report.findings.made import TEXT, WASTED_BIAS, findings, make_repository, one, verdicts


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("net.yaml", "specs/net.yaml"), ("./net.yaml", "specs/net.yaml"), ("../net.yaml", "net.yaml"),
        ("deep//a/../net.yaml", "specs/deep/net.yaml"), ("<stdin>", "<stdin>"),
    ],
)  # fmt: skip
def test_a_path_is_that_from_the_root_of_the_repository(
    file: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (make_repository(tmp_path / "here") / "specs").mkdir()
    monkeypatch.chdir(tmp_path / "here" / "specs")
    assert in_repository(file) == path
    if file != "<stdin>":
        assert in_repository(str(Path.cwd() / file)) == path


def test_what_is_outside_of_the_repository_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_repository(tmp_path / "here"))
    assert in_repository("../net.yaml") == (tmp_path / "net.yaml").as_posix()


def test_without_a_repository_a_path_is_that_from_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    monkeypatch.chdir(tmp_path / "specs")
    assert in_repository("net.yaml") == "net.yaml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\ud800", "a\ufffd"), ("\udc80b", "\ufffdb"), ("\ud800\ud800x", "\ufffd\ufffdx"), ("\ud83c\udf89", "🎉"),
     ("\ufeff層🎉\0", "\ufeff層🎉\0")],
)  # fmt: skip
def test_lone_surrogates_are_replaced(text: str, expected: str) -> None:
    assert sound(text) == expected


@given(TEXT)
def test_all_else_stays(text: str) -> None:
    expected = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    assert sound(text) == expected


def named(text: str, file: str = "net.yaml") -> list[str]:
    return fingerprints(judged(file, text.encode()))


def test_a_fingerprint_stays_when_lines_above_it_change() -> None:
    (name,) = named(WASTED_BIAS)
    assert named("# a comment\n\n" + WASTED_BIAS) == [name]
    above = WASTED_BIAS.replace("layers:\n", "layers:\n  - {type: conv, filters: 3, kernel: 1, activation: relu}\n")
    assert named(above) == [name], "the message now says batchnorm1 of another conv, and the line is the same"


def test_a_fingerprint_is_of_the_file_the_rule_and_the_line() -> None:
    (finding,) = findings(one())
    others = [
        replace(finding, location=replace(finding.location, file="other.yaml")),
        replace(finding, fault=replace(finding.fault, code="CNN999")),
        replace(finding, source="  - {a: bce}"),
        finding,
    ]
    assert len(set(fingerprints([finding, *others]))) == 5


@given(verdicts())
def test_no_two_findings_have_the_same(found: list[Verdict]) -> None:
    names = fingerprints(findings(found))
    assert len(set(names)) == len(names) == len(findings(found))
