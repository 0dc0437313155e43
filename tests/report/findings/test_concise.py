"""`concise`, for editors: `file:line:column: severity[code]: message`."""

from __future__ import annotations

import re

from hypothesis import given

from cnncli.rules.verdict import Verdict
from tests.report.findings.made import findings, real, rendered, verdicts

LINE = re.compile(r"(?P<file>.*):(?P<line>\d+):(?P<column>\d+): (?P<severity>\w+)\[(?P<code>\w+)\]: (?P<message>.*)")


def test_real_findings() -> None:
    assert rendered("concise", real()).splitlines() == [
        "bias.yaml:3:6: warning[CNN301]: the bias of `conv` is wasted: `batchnorm1` takes each channel's mean away",
        "deep/block.yaml:7:25: error[CNN101]: the window does not fit the height exactly: 3.50 positions",
        "gone.yaml:1:1: error[CNN000]: No such file or directory",
    ]


@given(verdicts())
def test_a_line_says_where_what_and_how_grave(found: list[Verdict]) -> None:
    for line, finding in zip(rendered("concise", found).splitlines(), findings(found), strict=True):
        place, said = (
            f":{finding.location.line}:{finding.location.column}: ",
            f"{finding.severity}[{finding.fault.code}]: ",
        )
        assert place + said in line and LINE.fullmatch(line)
        assert line.isprintable()
