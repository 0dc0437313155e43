"""`--fix`: the edits that findings offer, made, and kept only where they bring no other finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cnncli.errors import Diagnostic, Fault, Fix
from cnncli.rules.judge import DEFAULT, Policy
from cnncli.rules.verdict import judged_text
from cnncli.spec.edits import apply, overlap
from cnncli.spec.problem import MAX_FINDINGS
from cnncli.spec.source import Source

_ROUNDS = 100
"""In each all is mended that is found: the first of very many findings, and what other fixes bring to light."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A text with its fixes made, what is still found in it, and how many findings are gone."""

    source: Source
    remaining: tuple[Diagnostic, ...]
    count: int


def mend(source: Source, policy: Policy = DEFAULT) -> Mended:
    """Makes all fixes at once where that does; where it does not, as many of them as can be made."""
    mended = Mended(source, judged_text(source, policy), 0)
    for _ in range(_ROUNDS):
        better = _all_at_once(mended, policy) or _as_many_as_can_be(mended, policy)
        if better is None:
            break
        mended = better
    return mended


def _all_at_once(start: Mended, policy: Policy) -> Mended | None:
    """After all fixes. What a layer of an unknown kind lacks is known only when it has one, so that they may bring
    findings to light that have fixes again: these are made as well, until the text is better than it was.
    """
    state: Mended | None = start
    for _ in range(_ROUNDS):
        state = _after(state, _offered(state), policy) if state else None
        if state and _is_better(start.remaining, state.remaining):
            return state
    return None


def _as_many_as_can_be(start: Mended, policy: Policy) -> Mended | None:
    """After those fixes that make it better beside one another; of a part that does not, each half is tried alone."""
    best, made = start, list[Fix]()
    waiting = [_offered(start)]
    while waiting:
        fixes = waiting.pop()
        state = _after(start, [*made, *fixes], policy)
        if state and _is_better(best.remaining, state.remaining):
            best, made = state, [*made, *fixes]
        elif len(fixes) > 1:
            half = len(fixes) // 2
            waiting += fixes[half:], fixes[:half]
    return best if made else None


def _offered(mended: Mended) -> list[Fix]:
    """The fixes of what is found, without those that reach into one before: their time comes later.

    So does that of rules where the format is at fault: what they would say of the whole spec is not known yet.
    """
    unread = _format_faults(mended.remaining) > 0
    kept: list[Fix] = []
    findings = [one for one in mended.remaining if not unread or one.fault.code.startswith("CNN0")]
    for fix in (finding.fix for finding in findings if finding.fix is not None):
        if not any(overlap(edit, other) for before in kept for other in before.edits for edit in fix.edits):
            kept.append(fix)
    return kept


def _after(mended: Mended, fixes: list[Fix], policy: Policy) -> Mended | None:
    """With these fixes made; None where they change nothing."""
    source = Source(mended.source.name, apply(mended.source, [edit for fix in fixes for edit in fix.edits]))
    if source.text == mended.source.text:
        return None
    return Mended(source, judged_text(source, policy), mended.count + len(fixes))


def _is_better(before: tuple[Diagnostic, ...], after: tuple[Diagnostic, ...]) -> bool:
    """Fewer findings and none of a new kind. Where the format itself was at fault others could not be seen before."""
    is_cut = len(before) > MAX_FINDINGS  # there are more than are kept: those cannot be counted
    unread = [_format_faults(before), _format_faults(after)]
    if unread[0] and (is_cut or unread[1] != unread[0]):
        return unread[1] < unread[0] + is_cut
    if is_cut:
        return _errors(after).keys() <= _errors(before).keys()
    return Counter(finding.fault for finding in after) < Counter(finding.fault for finding in before)


def _errors(findings: tuple[Diagnostic, ...]) -> Counter[Fault]:
    return Counter(finding.fault for finding in findings if finding.severity == "error")


def _format_faults(findings: tuple[Diagnostic, ...]) -> int:
    return sum(count for fault, count in _errors(findings).items() if fault.code.startswith("CNN0"))
