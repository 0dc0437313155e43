"""For programs that read line by line: a JSON object for each finding, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cnncli.report.inspection import diagnostic_record
from cnncli.rules.verdict import Verdict


def render(verdicts: Sequence[Verdict], width: int) -> str:
    """The findings, one in a line, however long it is."""
    return "\n".join(json.dumps(diagnostic_record(finding)) for verdict in verdicts for finding in verdict.diagnostics)
