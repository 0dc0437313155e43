"""Items -> entries: blocks, repetitions and branches unfolded into one list, each entry knowing where its input is.

An entry's inputs are the numbers of earlier entries (`INPUT` is the image), so the list is in topological order
by construction; a name that is not there yet is looked at again once all are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cnncli.errors import DUPLICATE_NAME, INPUTS_NOT_ACCEPTED, RECURSIVE_BLOCK, TOO_MANY_LAYERS
from cnncli.graph.architecture import Architecture
from cnncli.graph.blocks import Scope
from cnncli.graph.entries import Entry, Head, Output
from cnncli.graph.item_reader import ItemReader
from cnncli.graph.items import MAX_LAYERS, HeadItem, Item, LayerItem, ParallelItem, UseItem
from cnncli.graph.names import ListNames, NamedOutputs
from cnncli.layers import Activation, Layer
from cnncli.spec.nodes import Mapping, Node
from cnncli.spec.problem import Problem

_MAX_DEPTH = 64
"""Of blocks and branches in one another."""


@dataclass
class Unfolder:
    """Walks lists of records, and gathers `entries` and `heads`."""

    architecture: Architecture
    reader: ItemReader
    entries: list[Entry] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    _names: NamedOutputs = field(default_factory=NamedOutputs)
    _taken: set[str] = field(default_factory=set)
    _doubled: set[str] = field(default_factory=set)
    _steps: int = 0

    def unfold(self, records: list[Node], scope: Scope) -> Output:
        """All entries of the spec, or none where they are too many; returns the network's output."""
        output = self._walk(records, scope, scope.given)
        if self._steps > MAX_LAYERS:
            self.entries, self.heads = [], []
            return None
        for problem, name, place in self._names.not_found(self.entries):
            self._report(problem, name, place)
        return output

    def _walk(self, records: list[Node], scope: Scope, source: Output) -> Output:
        names = ListNames(scope.path, records, self._names.outputs)
        for record in records:
            item = self.reader.read(record, scope)
            if item is None:
                if not self._may_go_on(record, scope):
                    return None
                source = self._add(record, scope, names.next("layer"), None, None, (None,))
                continue
            name = self._name_of(item, scope, names)
            for number in range(1, item.repeat + 1):
                if not self._may_go_on(item.record, scope, _edges(item)):
                    return None
                own = f"{name}.{number}" if item.repeat > 1 else name
                output = self._names.outputs[own] = self._place(item, scope, own, source, number)
                if not isinstance(item, HeadItem):
                    source = output
            if item.repeat > 1:
                self._names.outputs[name] = output
        return source

    def _may_go_on(self, record: Node, scope: Scope, steps: int = 1) -> bool:
        """Counts what is unfolded, inputs and branches too, and refuses what has no end; says so once."""
        went_on = self._steps <= MAX_LAYERS
        self._steps += steps
        if self._steps > MAX_LAYERS and went_on:
            message = f"the network unfolds to more than {MAX_LAYERS:,} layers, the most it may have"
            self._report(Problem(TOO_MANY_LAYERS, message), _value_or_record(record, "repeat"), scope)
        return self._steps <= MAX_LAYERS

    def _report(self, problem: Problem, where: Node, scope: Scope) -> None:
        self.architecture.report(problem, where, scope.uses)

    def _name_of(self, item: Item, scope: Scope, names: ListNames) -> str:
        if item.name is None:
            return names.next(_kind_of(item))
        name = scope.path + item.name
        place = _value_or_record(item.record, "name")
        if name in self._names.outputs or name in self._names.given:
            other = self._names.given.get(name)
            owner = "another layer" if other is None else f"the layer on line {other.span.line}"
            message = f"the name `{item.name}` is taken by {owner}"
            self._report(Problem(DUPLICATE_NAME, message), place, scope)
            self._doubled.add(name)
        self._names.given[name] = place
        return name

    def _place(self, item: Item, scope: Scope, name: str, previous: Output, number: int) -> Output:
        """One repetition of an item; returns its output."""
        inputs: tuple[Output, ...] = (previous,)
        if item.inputs is not None:
            number_of_entry = len(self.entries)
            inputs = tuple(self._names.find(name, scope, previous, number_of_entry) for name in item.inputs)
        if isinstance(item, LayerItem):
            return self._add(item.record, scope, name, item.layer, item.activation, inputs)
        if len(inputs) > 1:
            hints = ("merge them first: `{type: concat, from: [...]}`",)
            problem = Problem(
                INPUTS_NOT_ACCEPTED, f"`from` names {len(inputs)} inputs; one is wanted here", hints=hints
            )
            self._report(problem, _value_or_record(item.record, "from"), scope)
            inputs = (None,)
        if isinstance(item, UseItem):
            return self._use(item, scope, name, inputs[0], number)
        if isinstance(item, ParallelItem):
            return self._parallel(item, scope, name, inputs[0])
        assert isinstance(item, HeadItem)
        inner = _within(scope, name)
        output = self._walk(item.layers, inner, inputs[0]) if self._is_shallow(item, inner) else None
        self.heads.append(Head(name, output, item.weight))
        return output

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
            inner = _within(scope, f"{name}.{branch}")
            outputs.append(self._walk(records, inner, source) if self._is_shallow(item, inner) else None)
        result = self._add(item.record, scope, name, item.merge, item.activation, tuple(outputs))
        merge = self.entries[-1 if item.activation is None or item.activation.in_place else -2]
        merge.branches = tuple(
            f"`{name}`" + ("" if records else ", the identity") for name, records in item.branches.items()
        )
        return result

    def _use(self, item: UseItem, scope: Scope, name: str, source: Output, number: int) -> Output:
        block = item.block
        place = _value_or_record(item.record, "use")
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
        blocks = (*scope.blocks, block.name)
        inner = Scope(f"{name}.", arguments, source, scope, scope, uses, blocks, scope.depth + 1)
        return self._walk(block.layers, inner, source) if self._is_shallow(item, inner) else None

    def _is_shallow(self, item: Item, inner: Scope) -> bool:
        if inner.depth <= _MAX_DEPTH:
            return True
        message = f"blocks and branches are nested more than {_MAX_DEPTH} deep"
        self._report(Problem(TOO_MANY_LAYERS, message), item.record, inner)
        return False


def _within(scope: Scope, name: str) -> Scope:
    """The scope of a branch or a head: all is as around it, but for the names."""
    return replace(scope, path=f"{name}.", parent=scope, depth=scope.depth + 1)


def _kind_of(item: Item) -> str:
    """What a name is made of where none is given."""
    if isinstance(item, LayerItem):
        return item.layer.kind
    if isinstance(item, ParallelItem):
        return item.merge.kind
    return item.block.name if isinstance(item, UseItem) else "head"


def _edges(item: Item) -> int:
    """How much one repetition adds: a layer, and as many inputs or branches as it has."""
    return max(len(item.inputs or ()), len(item.branches) if isinstance(item, ParallelItem) else 1, 1)


def _value_or_record(record: Node, key: str) -> Node:
    return record.values.get(key, record) if isinstance(record, Mapping) else record
