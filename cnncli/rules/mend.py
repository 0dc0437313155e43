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
    mended = Mended(source, judged_text(source, policy), 0)
    for _ in range(_ROUNDS):
        better = _all_at_once(mended, policy) or _one_by_one(mended, policy)
        if better is None:
            break
        mended = better
    return mended


def _all_at_once(start: Mended, policy: Policy) -> Mended | None:
    """After all fixes. What a layer of an unknown kind lacks is known only when it has one, so that they may bring
    findings to light that have fixes again: these are made as well, until the text is better than it was.
    """
    state = start
    for _ in range(_ROUNDS):
        fixes = _fixes(state)
        if not fixes:
            return None
        state = _after(state, fixes, policy)
        if _is_better(start.remaining, state.remaining):
            return state
    return None


def _one_by_one(start: Mended, policy: Policy) -> Mended | None:
    """After those fixes that each make it better; None where none does."""
    best, made = start, list[Fix]()
    for fix in _fixes(start):
        state = _after(start, [*made, fix], policy)
        if _is_better(best.remaining, state.remaining):
            best = state
            made.append(fix)
    return best if made else None


def _fixes(mended: Mended) -> list[Fix]:
    return [finding.fix for finding in mended.remaining if finding.fix is not None]


def _after(mended: Mended, fixes: list[Fix], policy: Policy) -> Mended:
    source = mended.source
    source = Source(source.name, apply(source, [edit for fix in fixes for edit in fix.edits]))
    return Mended(source, judged_text(source, policy), mended.count + len(fixes))


def _is_better(before: tuple[Diagnostic, ...], after: tuple[Diagnostic, ...]) -> bool:
    """Fewer findings and none of a new kind. Where the format itself was at fault others could not be seen before."""
    unread = [_format_faults(before), _format_faults(after)]
    if unread[0]:
        return unread[1] < unread[0]
    kinds = [Counter(finding.fault for finding in findings) for findings in (before, after)]
    return kinds[1] < kinds[0]


def _format_faults(findings: tuple[Diagnostic, ...]) -> int:
    return sum(finding.fault.code.startswith("CNN0") for finding in findings)
