"""One machine for `validate`, `inspect` and `train`: a spec is read, and the rules are asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnncli.analysis.budget import Promise
from cnncli.errors import Fault, Location
from cnncli.graph import Architecture, read_architecture
from cnncli.graph.entries import Entry
from cnncli.rules import checking_rules
from cnncli.rules.selection import BY_DEFAULT, Selection
from cnncli.rules.subject import Subject
from cnncli.spec.source import Source


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked of a spec beside what it says itself: which rules, and the limits of a command or a team."""

    selection: Selection = BY_DEFAULT
    limits: tuple[Promise, ...] = ()


_SEVERITIES = ("error", "warning", "note")
DEFAULT = Policy()


def judge(source: Source, policy: Policy = DEFAULT, settings: dict[str, str] | None = None) -> Architecture:
    """The spec with all findings. Never raises for what the file says; `settings` as for `read_architecture`."""
    spec = read_architecture(source, settings)
    asked = tuple(rule for rule in checking_rules() if rule in policy.selection)
    _ask(Subject(spec, policy.limits, asked))
    return spec


def _ask(subject: Subject) -> None:
    """Adds what the rules find. Of a place in a block, which may be used a hundred times, one finding."""
    spec = subject.spec
    whole = subject.is_whole
    silencers = {silencer.span.line: silencer for silencer in subject.silencers}
    said: set[tuple[Fault, Location, str]] = set()
    # Only so many findings are kept: notes are not to take the place of what a strict check fails for.
    for rule in sorted(subject.asked, key=lambda rule: (rule.about_silence, _SEVERITIES.index(rule.fault.severity))):
        if rule.check is None or not (whole or rule.on_parts):
            continue
        for finding in rule.check(subject):
            diagnostic = finding.diagnose(rule.fault, spec.source)
            place = rule.fault, diagnostic.location, "" if isinstance(finding.where, Entry) else diagnostic.message
            silencer = silencers.get(diagnostic.location.line)
            if place in said or (silencer and not rule.about_silence and silencer.silences(rule.fault)):
                continue
            said.add(place)
            if silencer is not None and not rule.about_silence:
                diagnostic = replace(diagnostic, fix=None)  # someone wants the line as it is, if for another reason
            if not spec.add(diagnostic):
                return
