"""A rule: what `cnncli validate` looks for, told so that nobody has to look further."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cnncli.errors import Diagnostic, Fault, Fix, Related
from cnncli.graph.entries import Entry
from cnncli.graph.propagate import place_of
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping, Node, Span
from cnncli.spec.problem import Problem
from cnncli.spec.source import Source


@dataclass(slots=True)
class Finding:
    """What a rule has found, and where.

    `where` is a record, a span, or a layer; of a layer its `key` is meant, or its kind where it has no such key.
    """

    where: Node | Span | Entry
    message: str
    key: str = ""
    arithmetic: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    fix: Fix | None = None
    related: tuple[Related, ...] = ()

    def diagnose(self, fault: Fault, source: Source) -> Diagnostic:
        """The finding, placed in the text."""
        problem = Problem(fault, self.message, None, self.arithmetic, self.hints, self.fix)
        if isinstance(self.where, Entry):
            record, related = self.where.record, self.related + self.where.scope.uses
            if isinstance(record, Mapping) and self.key in record.values:
                problem.where = self.key
            return source.diagnose(problem, place_of(problem, record), related)
        return source.diagnose(problem, self.where, self.related)


Check = Callable[[Subject], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that can be wrong with a spec.

    `what` is a sentence, `why` says what comes of it. `invalid` are specs that have the finding and no other,
    `valid` ones that have none at all, the first of each being the page's example and what to write instead; all of
    them are the rule's tests. `fix` says what `--fix` does, where it does something.

    `check` looks at a spec that has been read; a rule without one is found while reading. It then is an error that no
    network can be built with, and nothing silences it. `on_parts` means that the check makes sense for the part of
    a network that has shapes, where a fault has ended it. A rule with `by_default` false has to be selected.
    """

    fault: Fault
    what: str
    why: str
    invalid: tuple[str, ...]
    valid: tuple[str, ...]
    fix: str = ""
    check: Check | None = field(default=None, repr=False)
    on_parts: bool = False
    by_default: bool = True
    about_silence: bool = False

    @property
    def code(self) -> str:
        return self.fault.code

    @property
    def name(self) -> str:
        return self.fault.name

    @property
    def can_be_silenced(self) -> bool:
        return self.check is not None
