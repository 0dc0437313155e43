"""For GitHub Actions: a workflow command for each finding, which the runner shows beside the line it points at."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.errors import Diagnostic
from cnncli.report.findings._exchange import in_repository
from cnncli.report.words import printable
from cnncli.rules.verdict import Verdict

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_MESSAGE = str.maketrans(_ESCAPES)
_PROPERTY = str.maketrans({**_ESCAPES, ":": "%3A", ",": "%2C"})


def render(verdicts: Sequence[Verdict], width: int) -> str:
    """The findings, one in a line. Errors come first: GitHub shows ten annotations of a kind, and fifty of a job."""
    findings = [finding for verdict in verdicts for finding in verdict.diagnostics]
    findings.sort(key=lambda finding: list(_COMMANDS).index(finding.severity))
    return "\n".join(map(_command, findings))


def _command(finding: Diagnostic) -> str:
    location, fault = finding.location, finding.fault
    properties = {
        "file": in_repository(location.file),
        "line": location.line,
        "endLine": location.line,
        "col": location.column,
        "endColumn": location.column + location.width,
        "title": f"cnncli {fault.code} ({fault.name})",
    }
    related = (f"line {other.location.line}: {other.label}" for other in finding.related)
    message = "\n".join((finding.message, *finding.arithmetic, *finding.hints, *related))
    # What is left to replace once it is escaped could drive the terminal that the log is read in.
    said = ",".join(f"{key}={printable(str(value).translate(_PROPERTY))}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {said}::{printable(message.translate(_MESSAGE))}"
