"""`--fix`: the edits that findings offer, made, and kept only where they bring no other finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cnncli.errors import Diagnostic, Fix
from cnncli.rules.judge import DEFAULT, Policy
from cnncli.rules.verdict import judged_text
from cnncli.spec.edits import apply
from cnncli.spec.source import Source

_ROUNDS = 10
"""A fix may bring another to light; more than a few in a row do not occur."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A text with its fixes made, what is still found in it, and how many findings are gone."""

    source: Source
    remaining: tuple[Diagnostic, ...]
    count: int


def mend(source: Source, policy: Policy = DEFAULT) -> Mended:
    """Makes all fixes at once where that does; where it does not, those that do one by one."""
    found = judged_text(source, policy)
    count = 0
    for _ in range(_ROUNDS):
        fixes = [finding.fix for finding in found if finding.fix is not None]
        step = _make(source, found, fixes, policy) if fixes else None
        if step is None:
            break
        source, found, made = step
        count += made
    return Mended(source, found, count)


def _make(
    source: Source, found: tuple[Diagnostic, ...], fixes: list[Fix], policy: Policy
) -> tuple[Source, tuple[Diagnostic, ...], int] | None:
    """The text after the fixes, or after the first of them that can be made; None where none can."""
    for chosen in (fixes, *([fix] for fix in fixes)):
        fixed = Source(source.name, apply(source, [edit for fix in chosen for edit in fix.edits]))
        after = judged_text(fixed, policy)
        if _is_better(found, after):
            return fixed, after, len(chosen)
    return None


def _is_better(before: tuple[Diagnostic, ...], after: tuple[Diagnostic, ...]) -> bool:
    """Fewer findings and none of a new kind. Where the format itself was at fault others could not be seen before."""
    unread = [_format_faults(before), _format_faults(after)]
    if unread[0]:
        return unread[1] < unread[0]
    kinds = [Counter(finding.fault for finding in findings) for findings in (before, after)]
    return kinds[1] < kinds[0]


def _format_faults(findings: tuple[Diagnostic, ...]) -> int:
    return sum(finding.fault.code.startswith("CNN0") for finding in findings)
