"""For people: each finding with its line of the file, the arithmetic, and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from cnncli.report.diagnostics import diagnostic_text
from cnncli.rules.verdict import Verdict


def render(verdicts: Sequence[Verdict], width: int) -> Text:
    """The findings, a blank line between them."""
    findings = [diagnostic_text(finding, width) for verdict in verdicts for finding in verdict.diagnostics]
    return Text("\n\n").join(findings)
