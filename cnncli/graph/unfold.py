"""Items -> entries: blocks, repetitions and branches unfolded into one list, each entry knowing where its input is.

An entry's inputs are the numbers of earlier entries (`INPUT` is the image), so the list is in topological order
by construction; a name that is not there yet is looked at again once all are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cnncli.errors import (
    CYCLE,
    DUPLICATE_NAME,
    INPUT_COMES_LATER,
    INPUTS_NOT_ACCEPTED,
    RECURSIVE_BLOCK,
    TOO_MANY_LAYERS,
    UNKNOWN_INPUT,
)
from cnncli.graph.architecture import Architecture
from cnncli.graph.blocks import Scope
from cnncli.graph.graph import INPUT
from cnncli.graph.items import MAX_LAYERS, HeadItem, Item, ItemReader, LayerItem, ParallelItem, UseItem
from cnncli.layers import Activation, Layer
from cnncli.spec.nodes import Mapping, Node, Scalar
from cnncli.spec.problem import Problem, nearest

_MAX_DEPTH = 64
"""Of blocks and branches in one another."""

Output = int | None
"""The number of the entry that makes it; None where what should make it does not hold."""


@dataclass(slots=True)
class Entry:
    """A layer in its place. `layer` is None where its record does not hold, one of `inputs` where it is unknown."""

    record: Node
    scope: Scope
    name: str
    layer: Layer | None
    activation: Activation | None
    inputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A side output: the entry that makes it, its name, and what its loss counts for."""

    name: str
    output: Output
    weight: float


@dataclass(slots=True)
class _Later:
    """A name in `from:` that nothing had when it was met."""

    name: Scalar
    scope: Scope
    entry: int


@dataclass
class Unfolder:
    """Walks lists of records, and gathers `entries` and `heads`."""

    architecture: Architecture
    reader: ItemReader
    entries: list[Entry] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    _outputs: dict[str, Output] = field(default_factory=dict)
    _named: dict[str, Node] = field(default_factory=dict)
    _later: list[_Later] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)
    _doubled: set[str] = field(default_factory=set)
    _steps: int = 0

    def unfold(self, records: list[Node], scope: Scope) -> Output:
        """All entries of the spec, or none where they are too many; returns the network's output."""
        output = self._walk(records, scope, scope.given)
        if self._steps > MAX_LAYERS:
            self.entries, self.heads = [], []
            return None
        self._look_again()
        return output

    def _walk(self, records: list[Node], scope: Scope, source: Output) -> Output:
        names = _Names(scope.path, records, self._outputs)
        for record in records:
            item = self.reader.read(record, scope)
            if item is None:
                source = self._add(record, scope, names.next("layer"), None, None, (None,))
                continue
            name = self._name_of(item, scope, names)
            for number in range(1, item.repeat + 1):
                if not self._may_go_on(item, scope):
                    return None
                own = f"{name}.{number}" if item.repeat > 1 else name
                source = self._outputs[own] = self._place(item, scope, own, source, number)
            if item.repeat > 1:
                self._outputs[name] = source
        return source

    def _may_go_on(self, item: Item, scope: Scope) -> bool:
        self._steps += 1
        if self._steps <= MAX_LAYERS:
            return True
        if self._steps == MAX_LAYERS + 1:
            message = f"the network unfolds to more than {MAX_LAYERS:,} layers, the most it may have"
            self._report(Problem(TOO_MANY_LAYERS, message), _value_or_record(item, "repeat"), scope)
        return False

    def _report(self, problem: Problem, where: Node, scope: Scope) -> None:
        self.architecture.report(problem, where, scope.uses)

    def _name_of(self, item: Item, scope: Scope, names: _Names) -> str:
        if item.name is None:
            return names.next(_kind_of(item))
        name = scope.path + item.name
        place = _value_or_record(item, "name")
        if name in self._outputs or name in self._named:
            line = self._named.get(name, place).span.line
            message = f"the name `{item.name}` is taken by the layer on line {line}"
            self._report(Problem(DUPLICATE_NAME, message), place, scope)
            self._doubled.add(name)
        self._named[name] = place
        return name

    def _place(self, item: Item, scope: Scope, name: str, previous: Output, number: int) -> Output:
        """One repetition of an item; returns its output."""
        inputs = (previous,) if item.inputs is None else self._resolve(item.inputs, scope, previous)
        if isinstance(item, LayerItem):
            return self._add(item.record, scope, name, item.layer, item.activation, inputs)
        if len(inputs) > 1:
            hints = ("merge them first: `{type: concat, from: [...]}`",)
            problem = Problem(
                INPUTS_NOT_ACCEPTED, f"`from` names {len(inputs)} inputs; one is wanted here", hints=hints
            )
            self._report(problem, _value_or_record(item, "from"), scope)
            inputs = (None,)
        if isinstance(item, UseItem):
            return self._use(item, scope, name, inputs[0], number)
        if isinstance(item, ParallelItem):
            return self._parallel(item, scope, name, inputs[0])
        assert isinstance(item, HeadItem)
        inner = Scope(f"{name}.", scope.arguments, scope.given, scope, scope.uses, scope.blocks, scope.depth + 1)
        output = self._walk(item.layers, inner, inputs[0]) if self._is_shallow(item, inner) else None
        self.heads.append(Head(name, output, item.weight))
        return previous

    def _add(
        self, record: Node, scope: Scope, name: str, layer: Layer | None, activation: Activation | None,
        inputs: tuple[Output, ...],
    ) -> Output:  # fmt: skip
        """An entry, and one more for an activation that cannot work in place."""
        in_place = activation if activation is None or activation.in_place else None
        self._append(Entry(record, scope, name, layer, in_place, inputs))
        if activation is not None and not activation.in_place:
            source = (len(self.entries) - 1,)
            self._append(Entry(record, scope, f"{name}.{activation.kind}", activation, None, source))
        return len(self.entries) - 1

    def _append(self, entry: Entry) -> None:
        """A name with dots may be that of a layer within another: tensors are named after layers, each its own."""
        if entry.name in self._taken and entry.name not in self._doubled:
            problem = Problem(DUPLICATE_NAME, f"two layers would be called `{entry.name}`", hints=("rename one",))
            self._report(problem, entry.record, entry.scope)
        self._taken.add(entry.name)
        self.entries.append(entry)

    def _parallel(self, item: ParallelItem, scope: Scope, name: str, source: Output) -> Output:
        outputs: list[Output] = []
        for branch, records in item.branches.items():
            inner = Scope(
                f"{name}.{branch}.", scope.arguments, scope.given, scope, scope.uses, scope.blocks, scope.depth + 1
            )
            outputs.append(self._walk(records, inner, source) if self._is_shallow(item, inner) else None)
        return self._add(item.record, scope, name, item.merge, item.activation, tuple(outputs))

    def _use(self, item: UseItem, scope: Scope, name: str, source: Output, number: int) -> Output:
        block = item.block
        place = _value_or_record(item, "use")
        if block.name in scope.blocks:
            chain = " -> ".join((*scope.blocks[scope.blocks.index(block.name) :], block.name))
            problem = Problem(RECURSIVE_BLOCK, f"block `{block.name}` uses itself", arithmetic=(chain,))
            self._report(problem, place, scope)
            return self._add(item.record, scope, name, None, None, (None,))
        label = f"block `{block.name}` is used here"
        if item.repeat > 1:
            label += f", repetition {number} of {item.repeat}"
        uses = (self.architecture.source.relate(place, label), *scope.uses)
        arguments = item.first if number == 1 else item.arguments
        inner = Scope(f"{name}.", arguments, source, scope, uses, (*scope.blocks, block.name), scope.depth + 1)
        return self._walk(block.layers, inner, source) if self._is_shallow(item, inner) else None

    def _is_shallow(self, item: Item, inner: Scope) -> bool:
        if inner.depth <= _MAX_DEPTH:
            return True
        message = f"blocks and branches are nested more than {_MAX_DEPTH} deep"
        self._report(Problem(TOO_MANY_LAYERS, message), item.record, inner)
        return False

    # Names in `from:`

    def _resolve(self, names: tuple[Scalar, ...], scope: Scope, previous: Output) -> tuple[Output, ...]:
        return tuple(self._lookup(name, scope, previous) for name in names)

    def _lookup(self, name: Scalar, scope: Scope, previous: Output) -> Output:
        if name.text == "previous":
            return previous
        if name.text == "input":
            return scope.given
        path = self._visible(name.text, scope)
        if path is None:
            self._later.append(_Later(name, scope, len(self.entries)))
            return None
        return self._outputs[path]

    def _visible(self, name: str, scope: Scope | None) -> str | None:
        """The whole name of an output that `name` means here: the scope's own, or one around it."""
        while scope is not None:
            if scope.path + name in self._outputs:
                return scope.path + name
            scope = scope.parent
        return None

    def _look_again(self) -> None:
        """Says of each name that nothing had whether something has it further down, or nothing at all."""
        edges = {entry: self._outputs[path] for entry, path in self._later_edges()}
        for later in self._later:
            path = self._visible(later.name.text, later.scope)
            problem = self._unknown(later) if path is None else self._too_early(later, self._outputs[path], edges)
            self._report(problem, later.name, later.scope)

    def _later_edges(self) -> list[tuple[int, str]]:
        paths = ((later.entry, self._visible(later.name.text, later.scope)) for later in self._later)
        return [(entry, path) for entry, path in paths if path is not None]

    def _unknown(self, later: _Later) -> Problem:
        name = later.name.text
        scope: Scope | None = later.scope
        known: list[str] = []
        while scope is not None:
            inside = (path[len(scope.path) :] for path in self._named if path.startswith(scope.path))
            known += [each for each in inside if each not in known]
            scope = scope.parent
        close = nearest(name, (*known, "previous", "input"))
        hint = f"did you mean `{close}`?" if close else "`name: ...` on a layer makes it one"
        return Problem(UNKNOWN_INPUT, f"no layer is called `{name[:80]}` here", hints=(hint,))

    def _too_early(self, later: _Later, target: Output, edges: dict[int, Output]) -> Problem:
        name = later.name.text
        chain = self._chain(target, later.entry, edges)
        if chain:
            links = " -> ".join(self.entries[index].name for index in chain)
            return Problem(
                CYCLE,
                f"a cycle: `{name}` needs the output of this layer, which takes its input from `{name}`",
                arithmetic=(f"{links} -> {self.entries[chain[0]].name}",),
                hints=("a layer's input comes from above it",),
            )
        hints = (f"move `{name}` above this layer",)
        return Problem(
            INPUT_COMES_LATER, f"`{name}` comes further down: a layer's input comes from above it", hints=hints
        )

    def _chain(self, start: Output, goal: int, edges: dict[int, Output]) -> list[int]:
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
            for source in (*self.entries[index].inputs, edges.get(index)):
                if source is not None and source != INPUT and source not in above:
                    above[source] = index
                    waiting.append(source)
        return []


class _Names:
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


def _kind_of(item: Item) -> str:
    """What a name is made of where none is given."""
    if isinstance(item, LayerItem):
        return item.layer.kind
    if isinstance(item, ParallelItem):
        return item.merge.kind
    return item.block.name if isinstance(item, UseItem) else "head"


def _value_or_record(item: Item, key: str) -> Node:
    return item.record.values.get(key, item.record) if isinstance(item.record, Mapping) else item.record
