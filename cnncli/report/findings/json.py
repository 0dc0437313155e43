"""For programs: one JSON object, with a line for each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cnncli.report.inspection import diagnostic_record, json_text
from cnncli.rules.verdict import Verdict

_VERSION = 1
"""Of the report's form: it changes where a program that reads the report would have to."""


def render(verdicts: Sequence[Verdict], width: int) -> str:
    """How many files were looked at, how much was found, and all of it; in ASCII, which no stream can garble."""
    findings = [finding for verdict in verdicts for finding in verdict.diagnostics]
    counts = Counter(finding.severity for finding in findings)
    document = {
        "version": _VERSION,
        "files": len(verdicts),
        "summary": {"errors": counts["error"], "warnings": counts["warning"], "notes": counts["note"]},
        "diagnostics": [diagnostic_record(finding) for finding in findings],
    }
    return json_text(document)
