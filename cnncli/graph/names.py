"""What layers are called, and which output a name in `from:` means."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnncli.errors import CYCLE, INPUT_COMES_LATER, UNKNOWN_INPUT
from cnncli.graph.blocks import Scope
from cnncli.graph.entries import Entry, Output
from cnncli.graph.graph import INPUT
from cnncli.graph.items import InputName
from cnncli.spec.nodes import Mapping, Node, Scalar
from cnncli.spec.problem import Problem, nearest


@dataclass(slots=True)
class _Later:
    """A name in `from:` that nothing had when it was met."""

    name: Scalar
    scope: Scope
    entry: int


@dataclass
class NamedOutputs:
    """Outputs by the whole name of what makes them. `given` holds the names that the spec gives, with their places."""

    outputs: dict[str, Output] = field(default_factory=dict)
    given: dict[str, Node] = field(default_factory=dict)
    _later: list[_Later] = field(default_factory=list)

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

    def not_found(self, entries: list[Entry]) -> list[tuple[Problem, Scalar, Scope]]:
        """Of each name that nothing had: whether something has it further down, or nothing at all."""
        paths = [self._visible(later.name.text, later.scope) for later in self._later]
        pairs = list(zip(self._later, paths, strict=True))
        edges = {later.entry: self.outputs[path] for later, path in pairs if path is not None}
        found: list[tuple[Problem, Scalar, Scope]] = []
        for later, path in pairs:
            problem = self._unknown(later) if path is None else _too_early(later, self.outputs[path], entries, edges)
            found.append((problem, later.name, later.scope))
        return found

    def _visible(self, name: str, scope: Scope | None) -> str | None:
        """The whole name of an output that `name` means here: the scope's own, or one around it."""
        while scope is not None:
            if scope.path + name in self.outputs:
                return scope.path + name
            scope = scope.parent
        return None

    def _unknown(self, later: _Later) -> Problem:
        name = later.name.text
        scope: Scope | None = later.scope
        known: dict[str, None] = {}
        while scope is not None:
            known |= {path[len(scope.path) :]: None for path in self.given if path.startswith(scope.path)}
            scope = scope.parent
        close = nearest(name, (*known, "previous", "input"))
        hint = f"did you mean `{close}`?" if close else "`name: ...` on a layer makes it one"
        return Problem(UNKNOWN_INPUT, f"no layer is called `{name[:80]}` here", hints=(hint,))


def _too_early(later: _Later, target: Output, entries: list[Entry], edges: dict[int, Output]) -> Problem:
    name = later.name.text
    chain = _chain(target, later.entry, entries, edges)
    if chain:
        links = " -> ".join(entries[index].name for index in (*chain, chain[0]))
        return Problem(
            CYCLE,
            f"a cycle: `{name}` needs the output of this layer, which takes its input from `{name}`",
            arithmetic=(links,),
            hints=("a layer's input comes from above it",),
        )
    words = f"`{name}` comes further down: a layer's input comes from above it"
    return Problem(INPUT_COMES_LATER, words, hints=(f"move `{name}` above this layer",))


def _chain(start: Output, goal: int, entries: list[Entry], edges: dict[int, Output]) -> list[int]:
    """Entries from `goal` down to `start`, each an input of the next; empty where `start` does not need `goal`."""
    above: dict[int, int] = {}
    waiting = [start] if start is not None and start != INPUT else []
    while waiting:
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

    def next(self, kind: str) -> str:
        if self.is_alone:
            return self.path.removesuffix(".")
        while True:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            name = f"{kind}{self.counts[kind]}"
            if name not in self.given and self.path + name not in self.taken:
                return self.path + name
