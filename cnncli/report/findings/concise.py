"""For people in a hurry, and for editors: a line for each finding, `file:line:column: severity[code] message`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from cnncli.report.diagnostics import headline
from cnncli.rules.verdict import Verdict


def render(verdicts: Sequence[Verdict], width: int) -> Text:
    """The findings, one in a line, however long it is."""
    return Text("\n").join(headline(finding) for verdict in verdicts for finding in verdict.diagnostics)
