"""Items -> entries: blocks, repetitions and branches unfolded into one list, each entry knowing where its input is.

An entry's inputs are the numbers of earlier entries (`INPUT` is the image), so the list is in topological order
by construction; a name that is not there yet is looked at again once all are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cnncli.errors import DUPLICATE_NAME, INPUTS_NOT_ACCEPTED, RECURSIVE_BLOCK, TOO_MANY_LAYERS
from cnncli.graph.architecture import Architecture
from cnncli.graph.blocks import Block, Scope, bind, required_of
from cnncli.graph.entries import Entry, Head, Output
from cnncli.graph.item_reader import ItemReader
from cnncli.graph.items import MAX_LAYERS, HeadItem, Item, LayerItem, ParallelItem, UseItem
from cnncli.graph.names import ListNames, NamedOutputs
from cnncli.layers import Activation, Layer
from cnncli.spec.nodes import Mapping, Node, Unknown
from cnncli.spec.problem import Problem

_MAX_DEPTH = 64
"""Of blocks and branches in one another."""
_MOST_ASIDE = 20_000
"""Layers and connections that are no part of the network but looked at all the same."""


@dataclass
class Unfolder:
    """Walks lists of records, and gathers `entries` and `heads`.

    What is no part of the network is walked last, for the faults in it (`_is_aside`), and its entries are dropped:
    items that are left out, and blocks that nothing uses.
    """

    architecture: Architecture
    reader: ItemReader
    entries: list[Entry] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    _names: NamedOutputs = field(default_factory=NamedOutputs)
    _taken: set[str] = field(default_factory=set)
    _doubles: set[str] = field(default_factory=set)
    _within_doubles: int = 0
    _in_heads: list[str] = field(default_factory=list)
    _steps: int = 0
    _left_out: dict[int, tuple[Item, Scope, str]] = field(default_factory=dict)
    _walked: set[str] = field(default_factory=set)
    _is_aside: bool = False

    def unfold(self, records: list[Node] | None, scope: Scope) -> Output:
        """All entries of the spec, or none where they are too many; returns the network's output.

        `records` are None where the spec's layers do not hold: they may have any name.
        """
        output: Output = None
        if records is None:
            self._names.hidden.add(scope.path)
        else:
            output = self._walk(records, scope, scope.given)
        if self._steps > MAX_LAYERS:
            self.entries, self.heads = [], []
            return None
        self._report_not_found()
        if not self.architecture.is_full:
            self._walk_aside(scope)
        return output

    def _walk_aside(self, scope: Scope) -> None:
        count, heads = len(self.entries), len(self.heads)
        self._is_aside, self._within_doubles, self._steps = True, 1, MAX_LAYERS - _MOST_ASIDE
        for item, around, name in self._left_out.values():
            if self._steps <= MAX_LAYERS:
                self._place(item, around, name, None, 1)
        for block in (self.reader.blocks or {}).values():
            if block.name not in self._walked and block.layers is not None and self._steps <= MAX_LAYERS:
                self._walk_unused(block, block.layers, scope)
        self._report_not_found()
        del self.entries[count:], self.heads[heads:]

    def _walk_unused(self, block: Block, layers: list[Node], scope: Scope) -> None:
        """The parameters without a default are unknown. No layer can have the names that are made here."""
        self._walked.add(block.name)
        given: dict[str, Node] = {name: Unknown(default.span) for name, default in required_of(block.params).items()}
        place, owner = layers[0], f"block `{block.name}`"
        arguments = bind(block.params, given, self.reader.outermost, self.architecture.report, place, owner)
        inner = Scope(f"blocks:{block.name}.", arguments, None, scope, blocks=(block.name,), depth=1)
        self._walk(layers, inner, None)

    def _report_not_found(self) -> None:
        for problem, name, place in self._names.not_found(self.entries):
            if not self._report(problem, name, place):
                break

    def _walk(self, records: list[Node], scope: Scope, source: Output) -> Output:
        names = ListNames(scope.path, records, self._names.outputs)
        for record in records:
            item = self.reader.read(record, scope)
            name = self._name_of(item, scope, names)
            if not item.holds:
                self._names.hide(item, scope, name)
            if item.repeat == 1:
                if not self._may_go_on(item, scope):
                    return None
                output = self._once(item, scope, name, source, 1)
                if not isinstance(item, HeadItem):
                    source = output
            else:
                source = self._repeated(item, scope, name, source)
                if self._steps > MAX_LAYERS:
                    return None
        return source

    def _repeated(self, item: Item, scope: Scope, name: str, source: Output) -> Output:
        """All repetitions of an item, one after the other; returns what the item after them takes."""
        if item.repeat == 0 and not self._is_aside:
            if self._may_go_on(item, scope):
                self._leave_out(item, scope, name, source)
            return source
        times = 1 if self._is_aside else item.repeat or 1
        output: Output = None
        for number in range(1, times + 1):
            if not self._may_go_on(item, scope):
                return None
            output = self._once(item, scope, name, source, number, f".{number}" if times > 1 else "")
            if not isinstance(item, HeadItem):
                source = output
        if times != item.repeat:
            output = None
        self._names.outputs[name] = output
        return source if isinstance(item, HeadItem) else output

    def _once(self, item: Item, scope: Scope, name: str, source: Output, number: int, suffix: str = "") -> Output:
        """One repetition of an item; returns its output."""
        outputs, own = self._names.outputs, name + suffix
        if own not in outputs:
            output = outputs[own] = self._place(item, scope, own, source, number)
            return output
        if name not in self._doubles:
            self._report_double(own, item.record, scope)
        self._within_doubles += 1
        output = outputs[own] = self._place(item, scope, own, source, number)
        self._within_doubles -= 1
        return output

    def _leave_out(self, item: Item, scope: Scope, name: str, source: Output) -> None:
        """Its name stands for its input, as that of an empty branch would."""
        inputs = self._inputs(item, scope, source, entry=-1)
        self._names.outputs[name] = inputs[0] if len(inputs) == 1 else source
        if not isinstance(item, LayerItem):
            self._left_out.setdefault(id(item), (item, scope, name))  # one item for all uses that do not differ

    def _may_go_on(self, item: Item, scope: Scope) -> bool:
        """Counts what is unfolded, inputs and branches too, and refuses what has no end; says so once."""
        went_on = self._steps <= MAX_LAYERS
        self._steps += _edges(item)
        if self._steps > MAX_LAYERS and went_on and not self._is_aside:
            message = f"the network unfolds to more than {MAX_LAYERS:,} layers and connections, the most it may have"
            self._report(Problem(TOO_MANY_LAYERS, message), _value_or_record(item.record, "repeat"), scope)
        return self._steps <= MAX_LAYERS

    def _report(self, problem: Problem, where: Node, scope: Scope) -> bool:
        return self.architecture.report(problem, where, scope.uses)

    def _report_double(self, name: str, record: Node, scope: Scope) -> None:
        """Once: whatever is within two items of one name has the same names too."""
        if not self._within_doubles:
            problem = Problem(DUPLICATE_NAME, f"two layers would be called `{name}`", hints=("rename one",))
            self._report(problem, record, scope)

    def _name_of(self, item: Item, scope: Scope, names: ListNames) -> str:
        """The item's whole name; reported if another item has been given it."""
        if item.name is None:
            is_second_head = isinstance(item, HeadItem) and scope.path in self._in_heads
            return names.next(item.kind or "layer", may_stand_alone=not is_second_head)
        name = scope.path + item.name
        place = _value_or_record(item.record, "name")
        if name in self._names.outputs or name in self._names.given:
            other = self._names.given.get(name)
            owner = "another layer" if other is None else f"the layer on line {other.span.line}"
            message = f"the name `{item.name}` is taken by {owner}"
            self._report(Problem(DUPLICATE_NAME, message), place, scope)
            self._doubles.add(name)
        self._names.given[name] = place
        return name

    def _inputs(self, item: Item, scope: Scope, previous: Output, entry: int) -> tuple[Output, ...]:
        """The outputs that an item takes, to be the entry of this number."""
        if item.inputs is None:
            return (previous,)
        return tuple(self._names.find(name, scope, previous, entry) for name in item.inputs) or (None,)

    def _place(self, item: Item, scope: Scope, name: str, previous: Output, number: int) -> Output:
        """One repetition of an item; returns its output."""
        inputs = self._inputs(item, scope, previous, len(self.entries))
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
        self._in_heads.append(f"{name}.")
        output = self._within(item, item.layers, scope, name, inputs[0])
        self._in_heads.pop()
        if item.holds:
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
        if entry.name in self._taken:
            self._report_double(entry.name, entry.record, entry.scope)
        self._taken.add(entry.name)
        self.entries.append(entry)

    def _within(self, item: Item, records: list[Node] | None, scope: Scope, name: str, source: Output) -> Output:
        """The output of a branch or a head: all is as around it, but for the names."""
        inner = replace(scope, path=f"{name}.", parent=scope, depth=scope.depth + 1)
        if records is not None and self._is_shallow(item, inner):
            return self._walk(records, inner, source)
        self._names.hidden.add(inner.path)
        return None

    def _parallel(self, item: ParallelItem, scope: Scope, name: str, source: Output) -> Output:
        outputs: list[Output] = []
        for branch, records in item.branches.items():
            outputs.append(self._within(item, records, scope, f"{name}.{branch}", source))
        result = self._add(item.record, scope, name, item.merge, item.activation, tuple(outputs))
        merge = self.entries[-1 if item.activation is None or item.activation.in_place else -2]
        merge.branches = tuple(
            f"`{name}`" + ("" if records else ", the identity") for name, records in item.branches.items()
        )
        return result

    def _use(self, item: UseItem, scope: Scope, name: str, source: Output, number: int) -> Output:
        block = item.block
        if block is None or block.layers is None:
            return self._unseen(item, scope, name)
        place = _value_or_record(item.record, "use")
        if block.name in scope.blocks:
            chain = " -> ".join((*scope.blocks[scope.blocks.index(block.name) :], block.name))
            problem = Problem(RECURSIVE_BLOCK, f"block `{block.name}` uses itself", arithmetic=(chain,))
            self._report(problem, place, scope)
            return self._unseen(item, scope, name)
        if self._is_aside and block.name in self._walked:
            return self._unseen(item, scope, name)
        label = f"block `{block.name}` is used here"
        if item.repeat is not None and item.repeat > 1:
            label += f", repetition {number} of {item.repeat}"
        uses = (self.architecture.source.relate(place, label), *scope.uses)
        arguments = item.first if number == 1 else item.arguments
        blocks = (*scope.blocks, block.name)
        given = source if item.is_known else None
        inner = Scope(f"{name}.", arguments, given, scope, scope, uses, blocks, scope.depth + 1)
        if not self._is_shallow(item, inner):
            return self._unseen(item, scope, name)
        self._walked.add(block.name)
        return self._walk(block.layers, inner, given)

    def _unseen(self, item: UseItem, scope: Scope, name: str) -> Output:
        """The use of a block whose layers are not looked at, or not again."""
        self._names.hidden.add(f"{name}.")
        return self._add(item.record, scope, name, None, None, (None,))

    def _is_shallow(self, item: Item, inner: Scope) -> bool:
        if inner.depth <= _MAX_DEPTH:
            return True
        message = f"blocks and branches are nested more than {_MAX_DEPTH} deep"
        self._report(Problem(TOO_MANY_LAYERS, message), item.record, inner)
        return False


def _edges(item: Item) -> int:
    """How much one repetition adds: a layer, and as many inputs or branches as it has."""
    return max(len(item.inputs or ()), len(item.branches) if isinstance(item, ParallelItem) else 1, 1)


def _value_or_record(record: Node, key: str) -> Node:
    return record.values.get(key, record) if isinstance(record, Mapping) else record
