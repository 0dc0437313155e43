"""For GitLab: a Code Quality report, which merge requests show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cnncli.errors import UNREADABLE_FILE, Diagnostic
from cnncli.report.findings._exchange import fingerprints, in_repository, sound
from cnncli.rules.verdict import Verdict

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(verdicts: Sequence[Verdict], width: int) -> str:
    """A JSON list, a line for each finding."""
    findings = [finding for verdict in verdicts for finding in verdict.diagnostics]
    named = zip(findings, fingerprints(findings), strict=True)
    lines = ",\n".join(f"  {json.dumps(_issue(finding, fingerprint))}" for finding, fingerprint in named)
    return f"[\n{lines}\n]" if lines else "[]"


def _issue(finding: Diagnostic, fingerprint: str) -> dict[str, Any]:
    location = finding.location
    return {
        "description": sound(finding.message),
        "check_name": f"{finding.fault.code} {finding.fault.name}",
        "fingerprint": fingerprint,
        "severity": "critical" if finding.fault == UNREADABLE_FILE else _SEVERITIES[finding.severity],
        "location": {
            "path": in_repository(location.file),
            "positions": {
                "begin": {"line": location.line, "column": location.column},
                "end": {"line": location.line, "column": location.column + location.width},
            },
        },
    }
