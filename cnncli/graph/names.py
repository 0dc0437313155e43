"""What layers are called, and which output a name in `from:` means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from cnncli.errors import CYCLE, INPUT_COMES_LATER, UNKNOWN_INPUT
from cnncli.graph.blocks import Scope
from cnncli.graph.entries import Entry, Output
from cnncli.graph.graph import INPUT
from cnncli.graph.items import InputName, Item, is_open
from cnncli.spec.nodes import Mapping, Node, Scalar
from cnncli.spec.problem import MOST_KNOWN, Problem, nearest


@dataclass(slots=True)
class _Later:
    """A name in `from:` that nothing had when it was met."""

    name: Scalar
    scope: Scope
    entry: int


_MOST_DOTS = 8
"""Of a name in `from:` that are looked at for what may have it."""
_MOST_LINKS = 12
"""Of a cycle that are shown."""
_MOST_STEPS = 200_000
"""In search of cycles."""


@dataclass
class NamedOutputs:
    """Outputs by the whole name of what makes them. `given` holds the names that the spec gives, with their places.

    What does not hold may have names that nobody knows: `hidden` are the beginnings of those, `uncounted` the paths of
    lists in which a layer of an unknown kind has the name of its kind and a count.
    """

    outputs: dict[str, Output] = field(default_factory=dict)
    given: dict[str, Node] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    uncounted: set[str] = field(default_factory=set)
    _later: list[_Later] = field(default_factory=list)
    _said: set[int] = field(default_factory=set)
    _steps: int = 0

    def find(self, wanted: InputName, scope: Scope, previous: Output, entry: int) -> Output:
        """The output that a name in `from:` means to the entry of this number; None where nothing has it yet."""
        name = wanted.name
        if name.text == "previous":
            return previous
        if name.text == "input":
            return scope.given
        if wanted.is_argument and scope.caller is not None:
            scope = scope.caller
        path = self._visible(name.text, scope)
        if path is None:
            self._later.append(_Later(name, scope, entry))
            return None
        return self.outputs[path]

    def hide(self, item: Item, scope: Scope, name: str) -> None:
        """Notes the names that an item which does not hold may have given, `name` being what it is called."""
        if is_open(item):
            self.hidden.add(f"{name}.")
        if item.name is not None:
            return
        written = item.record.values.get("name") if isinstance(item.record, Mapping) else None
        if isinstance(written, Scalar) and "$" not in written.text:
            self.hidden.add(f"{scope.path}{written.text}.")
        elif written is not None or (isinstance(item.record, Scalar) and "$" in item.record.text):
            self.hidden.add(scope.path)
        elif not item.kind:
            self.uncounted.add(scope.path)

    def not_found(self, entries: list[Entry]) -> Iterator[tuple[Problem, Scalar, Scope]]:
        """Of each name that nothing had: whether something has it further down, or nothing at all; each once."""
        paths = [self._visible(later.name.text, later.scope) for later in self._later]
        pairs = list(zip(self._later, paths, strict=True))
        edges = {later.entry: self.outputs[path] for later, path in pairs if path is not None}
        self._later = []
        for later, path in pairs:
            if id(later.name) not in self._said and not self._is_hidden(later.name.text, later.scope):
                self._said.add(id(later.name))
                problem = self._unknown(later) if path is None else self._too_early(later, path, entries, edges)
                yield problem, later.name, later.scope

    def _visible(self, name: str, scope: Scope | None) -> str | None:
        """The whole name of an output that `name` means here: the scope's own, or one around it."""
        while scope is not None:
            if scope.path + name in self.outputs:
                return scope.path + name
            scope = scope.parent
        return None

    def _is_hidden(self, name: str, around: Scope) -> bool:
        """Whether something that does not hold may have this name."""
        if not self.hidden and not self.uncounted:
            return False
        starts = [""]
        for part in name.split(".", _MOST_DOTS)[:_MOST_DOTS]:
            starts.append(f"{starts[-1]}{part}.")
        scope: Scope | None = around
        while scope is not None:
            if any(scope.path + start in self.hidden for start in starts):
                return True
            if scope.path in self.uncounted and name[-1:].isdigit():
                return True
            scope = scope.parent
        return False

    def _unknown(self, later: _Later) -> Problem:
        name = later.name.text
        return Problem(
            UNKNOWN_INPUT, f"no layer is called `{name[:80]}` here", hints=partial(self._hint, name, later.scope)
        )

    def _hint(self, name: str, around: Scope) -> tuple[str, ...]:
        paths: set[str] = set()
        scope: Scope | None = around
        while scope is not None:
            paths.add(scope.path)
            scope = scope.parent
        known: list[str] = []
        for given in islice(self.given, MOST_KNOWN):
            start, dot, own = given.rpartition(".")
            if start + dot in paths:
                known.append(own)
            elif "." in name:
                known.append(given)
        close = nearest(name, (*known, "previous", "input"))
        return (f"did you mean `{close}`?",) if close else ("`name: ...` on a layer makes it one",)

    def _too_early(self, later: _Later, path: str, entries: list[Entry], edges: dict[int, Output]) -> Problem:
        name = later.name.text[:80]
        chain = self._chain(self.outputs[path], later.entry, entries, edges)
        if chain:
            names = [entries[index].name for index in (*chain, chain[0])]
            if len(names) > _MOST_LINKS:
                names = [*names[: _MOST_LINKS - 2], f"({len(names) - _MOST_LINKS:,} more)", *names[-2:]]
            return Problem(
                CYCLE,
                f"a cycle: `{name}` needs the output of this layer, which takes its input from `{name}`",
                arithmetic=(" -> ".join(names),),
                hints=("a layer's input comes from above it",),
            )
        words = f"`{name}` comes further down: a layer's input comes from above it"
        return Problem(INPUT_COMES_LATER, words, hints=(f"move `{name}` above this layer",))

    def _chain(self, start: Output, goal: int, entries: list[Entry], edges: dict[int, Output]) -> list[int]:
        """Entries from `goal` down to `start`, each an input of the next; empty where `start` does not need `goal`.

        Empty too where that is not seen in a moment.
        """
        above: dict[int, int] = {}
        waiting = [start] if start is not None and start != INPUT else []
        while waiting and self._steps < _MOST_STEPS:
            self._steps += 1
            index = waiting.pop()
            if index == goal:
                chain = [index]
                while chain[-1] != start:
                    chain.append(above[chain[-1]])
                return chain
            for source in (*entries[index].inputs, edges.get(index)):
                if source is not None and source != INPUT and source not in above:
                    above[source] = index
                    waiting.append(source)
        return []


class ListNames:
    """Names for the layers of one list that have none: kind plus a count, conv1, maxpool1, conv2, ...

    What stands alone in a block or a branch takes its name: the one convolution of branch `mixed.1` is `mixed.1`.
    """

    def __init__(self, path: str, records: list[Node], taken: dict[str, Output]) -> None:
        self.path = path
        self.taken = taken
        given = (record.values.get("name") for record in records if isinstance(record, Mapping))
        self.given = {name.text for name in given if isinstance(name, Scalar)}
        self.is_alone = bool(path) and len(records) == 1
        self.counts: dict[str, int] = {}

    def next(self, kind: str, *, may_stand_alone: bool = True) -> str:
        if self.is_alone and may_stand_alone:
            return self.path.removesuffix(".")
        while True:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            name = f"{kind}{self.counts[kind]}"
            if name not in self.given and self.path + name not in self.taken:
                return self.path + name
