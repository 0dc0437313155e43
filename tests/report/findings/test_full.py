"""`full`, for people: all of a finding, and no line of the file wider than the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from rich.cells import cell_len

from cnncli.report.findings import render
from cnncli.rules.verdict import Verdict
from tests.report.findings.made import findings, one, printed, real, rendered, verdicts


def test_findings_stand_apart() -> None:
    text = rendered("full", real())
    assert text.count("\n\n") == len(findings(real())) - 1
    assert text.startswith("bias.yaml:3:6: warning[CNN301]: the bias of `conv` is wasted")
    assert text.endswith("gone.yaml:1:1: error[CNN000]: No such file or directory")


def test_arithmetic_hints_and_related_places_are_there() -> None:
    text = rendered("full", real())
    for finding in findings(real()):
        for line in (*finding.arithmetic, *finding.hints):
            assert f" = {line}" in text
        for other in finding.related:
            assert f" {other.label}" in text and other.source in text
    assert "block `stage` is used here" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_a_terminal(width: int) -> None:
    lines = printed("full", real(), width).splitlines()
    assert max(map(cell_len, lines)) <= width


@given(verdicts())
def test_nothing_in_it_drives_a_terminal(found: list[Verdict]) -> None:
    assert rendered("full", found).replace("\n", "").isprintable()


def test_it_is_styled() -> None:
    text = render("full", one(), 80)
    assert not isinstance(text, str) and any("red" in str(span.style) for span in text.spans)
