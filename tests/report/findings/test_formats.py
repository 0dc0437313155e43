"""What holds of every output format, whatever is found."""

from __future__ import annotations

import pytest
from hypothesis import given

from cnncli.report.findings import formats
from cnncli.rules.verdict import Verdict
from tests.report.findings.made import findings, one, real, rendered, verdicts

LINE_BY_LINE = ("concise", "github", "json-lines")


def test_the_formats_are_those_of_the_folder() -> None:
    assert formats() == ("concise", "full", "github", "gitlab", "json", "json-lines", "junit", "sarif")


@given(verdicts())
def test_any_report_is_utf_8_ends_without_a_line_break_and_has_a_line_for_each_finding(found: list[Verdict]) -> None:
    for format in formats():
        text = rendered(format, found)
        text.encode("utf-8")
        assert not text.endswith("\n")
        if format in LINE_BY_LINE:
            assert len(text.splitlines()) == len(findings(found))


@pytest.mark.parametrize("format", ["concise", "full", "github", "json-lines"])
def test_no_findings_are_no_text(format: str) -> None:
    assert rendered(format, []) == rendered(format, [Verdict("net.yaml")]) == ""


@pytest.mark.parametrize("format", formats())
def test_a_message_of_any_length_is_told_whole(format: str) -> None:
    assert "x" * 10**6 in rendered(format, one(message="x" * 10**6))


@pytest.mark.parametrize("format", formats())
def test_a_report_is_the_same_each_time(format: str) -> None:
    assert rendered(format, real()) == rendered(format, real())


@pytest.mark.parametrize("format", ["json", "json-lines", "gitlab", "sarif", "junit"])
def test_reports_for_programs_are_ascii(format: str) -> None:
    """No stream garbles them, whatever its encoding is."""
    assert rendered(format, one(message="Größe 層 🎉", file="ü.yaml")).isascii()
