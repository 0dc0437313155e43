"""What `cnncli validate` has found, one output format in a file: its `render` takes the verdicts, and returns text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.report.words import counted
from cnncli.rules.verdict import Verdict

if TYPE_CHECKING:
    from rich.text import Text


_SEVERITIES = ("error", "warning", "note")


def summary(verdicts: Sequence[Verdict]) -> str:
    """How much was found: `2 errors and 1 warning in 2 of 12 files; 1 has a fix, which --diff shows`."""
    found = Counter(finding.severity for verdict in verdicts for finding in verdict.diagnostics)
    counts = [counted(found[severity], severity) for severity in _SEVERITIES if found[severity]]
    files = sum(bool(verdict.diagnostics) for verdict in verdicts)
    text = f"{_listed(counts)} in {f'{files:,} of ' if files < len(verdicts) else ''}{counted(len(verdicts), 'file')}"
    fixes = sum(verdict.fixes for verdict in verdicts)
    return f"{text}; {fixes:,} {'has a fix' if fixes == 1 else 'have a fix'}, which --diff shows" if fixes else text


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def formats() -> tuple[str, ...]:
    """The formats by name, as the command line has them."""
    return tuple(sorted(path.stem.replace("_", "-") for path in Path(__file__).parent.glob("[a-z]*.py")))


def render(format: str, verdicts: Sequence[Verdict], width: int) -> str | Text:
    """All findings in one of the formats; styled text where it is for people, who read it at this width."""
    rendered: str | Text = import_module(f"{__name__}.{format.replace('-', '_')}").render(verdicts, width)
    return rendered
