"""Reads a list's records with the arguments of the block they stand in. What does not hold is reported."""

from __future__ import annotations

from typing import Any, Literal

from cnncli import layers
from cnncli.errors import BAD_VALUE, MISSING_KEY, UNKNOWN_BLOCK, UNKNOWN_KIND
from cnncli.graph.architecture import Architecture
from cnncli.graph.blocks import Block, Scope, bind, layer_list
from cnncli.graph.items import (
    HeadItem,
    Item,
    LayerItem,
    ParallelItem,
    UseItem,
    branches_of,
    common_readers,
    head_weight,
    resolved,
)
from cnncli.graph.structure import meant_kind, suggest
from cnncli.layers import Activation, Layer
from cnncli.layers._base import field_readers
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.edits import rename
from cnncli.spec.fields import Report, read_fields
from cnncli.spec.nodes import Mapping, Node, Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean


class ItemReader:
    """Reads items.

    `defaults` are the fields that `defaults:` sets for all layers, `outermost` the spec's own parameters, which every
    block sees, `kinds` the kinds met so far.
    """

    def __init__(
        self, architecture: Architecture, defaults: Arguments, blocks: dict[str, Block | None], outermost: Arguments
    ) -> None:
        self.architecture = architecture
        self.defaults = defaults
        self.blocks = blocks
        self.outermost = outermost
        self.kinds: set[type[Layer]] = set()
        # One record read with the same arguments gives the same item: a repeated block is read once. What the
        # keys identify is kept alive beside the item.
        self._items: dict[tuple[int, int], tuple[Item | None, Node, Arguments]] = {}

    def read(self, record: Node, scope: Scope) -> Item | None:
        """The item, or None where it does not hold. Past the most findings that are kept, nothing is looked at."""
        key = id(record), id(scope.arguments)
        if key in self._items:
            return self._items[key][0]
        if self.architecture.is_full:
            return None
        found = self.architecture.findings

        def report(problem: Problem, where: Node | Span) -> bool:
            return self.architecture.report(problem, where, scope.uses)

        item = None
        try:
            item = self._item(record, scope.arguments, report)
        except Problem as problem:
            report(problem, record)
        if self.architecture.findings != found:
            item = None
        self._items[key] = item, record, scope.arguments
        return item

    def _item(self, record: Node, arguments: Arguments, report: Report) -> Item | None:
        wanted = "a layer such as `{type: conv, filters: 8, kernel: 3}`"
        mapping = values.mapping(resolved(record, arguments), wanted)
        if "use" in mapping.values:
            return self._use(mapping, arguments, report)
        if "type" not in mapping.values:
            raise Problem(MISSING_KEY, "a layer has no `type:`", mapping, hints=("`cnncli layers` lists the kinds",))
        record = substitute(mapping.values["type"], arguments)
        word = values.text(record)
        if word == "parallel":
            return self._parallel(mapping, arguments, report)
        if word == "head":
            return self._head(mapping, arguments, report)
        return self._layer_item(mapping, _find(word, record, "layer kind"), arguments, report)

    def _layer_item(
        self, mapping: Mapping, kind: type[Layer], arguments: Arguments, report: Report
    ) -> LayerItem | None:
        own: dict[str, values.Read] = common_readers(arguments)
        if kind.takes_activation:
            own["activation"] = self._activation_reader(arguments, report)
        layer, common = self._layer(kind, mapping, own, arguments, report)
        if layer is None:
            return None
        return LayerItem(record=mapping, layer=layer, activation=common.pop("activation", None), **_renamed(common))

    def _layer(
        self, kind: type[Layer], mapping: Mapping, own: dict[str, values.Read], arguments: Arguments, report: Report
    ) -> tuple[Layer | None, dict[str, Any]]:
        """The layer (None where a field is missing or faulty), and the values of the keys in `own`."""
        self.kinds.add(kind)
        readers = field_readers(kind)
        required = {name for name, (_, required) in readers.items() if required}
        fields = read_fields(
            mapping,
            own | {name: read for name, (read, _) in readers.items()},
            f"`{kind.kind}`",
            report,
            required=required,
            also=("type",),
            defaults={name: record for name, record in self.defaults.items() if name in readers},
            arguments=arguments,
            as_is=("from",),
        )
        common = {name: fields.pop(name) for name in own if name in fields}
        return (kind(**fields) if required <= fields.keys() else None), common

    def _parallel(self, mapping: Mapping, arguments: Arguments, report: Report) -> ParallelItem | None:
        readers = {
            **common_readers(arguments),
            "merge": _merge,
            "branches": lambda record: branches_of(record, arguments),
            "activation": self._activation_reader(arguments, report),
        }
        required = ("merge", "branches")
        fields = read_fields(
            mapping, readers, "`parallel`", report,
            required=required, also=("type",), arguments=arguments, as_is=("from", "branches"),
        )  # fmt: skip
        if not fields.keys() >= set(required):
            return None
        return ParallelItem(record=mapping, **_renamed(fields))

    def _head(self, mapping: Mapping, arguments: Arguments, report: Report) -> HeadItem | None:
        readers = {
            **common_readers(arguments),
            "layers": lambda record: layer_list(resolved(record, arguments)),
            "weight": head_weight,
        }
        required = ("layers", "weight")
        fields = read_fields(
            mapping, readers, "`head`", report,
            required=required, also=("type",), arguments=arguments, as_is=("from", "layers"),
        )  # fmt: skip
        if not fields.keys() >= set(required):
            return None
        return HeadItem(record=mapping, **_renamed(fields))

    def _use(self, mapping: Mapping, arguments: Arguments, report: Report) -> UseItem | None:
        record = substitute(mapping.values["use"], arguments)
        word = values.text(record)
        if word not in self.blocks:
            hints = did_you_mean(word, tuple(self.blocks)) if self.blocks else ("`blocks:` defines them",)
            raise Problem(UNKNOWN_BLOCK, f"there is no block `{word[:60]}`", record, hints=hints)
        block = self.blocks[word]
        if block is None:
            return None  # its own fault has been reported
        fields = read_fields(
            mapping,
            {
                **common_readers(arguments),
                "first": lambda record: values.mapping(record, "a mapping such as `{stride: 2}`"),
            },
            f"block `{word}`",
            report,
            also=("use", *block.params),
            arguments=arguments,
            as_is=("from",),
        )
        given = {key: substitute(value, arguments) for key, value in mapping.values.items() if key in block.params}
        special: Mapping | None = fields.pop("first", None)
        for key, scalar in special.keys.items() if special else ():
            if key not in block.params:
                hints = did_you_mean(key, tuple(block.params))
                raise Problem(BAD_VALUE, f"block `{word}` has no parameter `{key[:60]}`", scalar, hints=hints)
        place = mapping.keys["use"]
        outside = self.outermost
        usual = bind(block.params, given, outside, report, place, f"block `{word}`")
        first = usual
        if special:
            first = bind(block.params, given | special.values, outside, report, place, f"block `{word}`")
        if usual is None or first is None:
            return None
        return UseItem(record=mapping, block=block, arguments=usual, first=first, **_renamed(fields))

    def _activation_reader(self, arguments: Arguments, report: Report) -> values.Read:
        """Reads `relu`, or a mapping where the activation has settings of its own."""

        def read(record: Node) -> Activation | None:
            if isinstance(record, Scalar) and record.is_null:
                return None
            if isinstance(record, Scalar):
                kind, mapping = _find(record.text, record, "activation"), Mapping({}, {}, record.span)
            else:
                mapping = values.mapping(record, "an activation's name")
                if "type" not in mapping.values:
                    hints = ("activations: " + ", ".join(_activations()),)
                    raise Problem(MISSING_KEY, "an activation has no `type:`", mapping, hints=hints)
                kind = _find(values.text(mapping.values["type"]), mapping.values["type"], "activation")
            if not issubclass(kind, Activation):
                hints = ("activations: " + ", ".join(_activations()),)
                raise Problem(UNKNOWN_KIND, f"`{kind.kind}` is no activation", record, hints=hints)
            layer, _ = self._layer(kind, mapping, {}, arguments, report)
            return layer if isinstance(layer, Activation) else None

        return read


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    """`from` is a word of Python's."""
    if "from" in fields:
        fields["inputs"] = fields.pop("from")
    return fields


def _kinds() -> tuple[str, ...]:
    return (*layers.names(), "parallel", "head")


def _activations() -> tuple[str, ...]:
    return tuple(name for name in layers.names() if issubclass(layers.find(name), Activation))


def _merges() -> tuple[str, ...]:
    return tuple(name for name in layers.names() if layers.find(name).merges)


def _find(word: str, record: Node, what: Literal["layer kind", "activation"]) -> type[Layer]:
    try:
        return layers.find(word)
    except KeyError:
        known = _kinds() if what == "layer kind" else _activations()
        meant = meant_kind(word, known)
        fix = rename(record, meant) if meant and isinstance(record, Scalar) else None
        message = f"there is no {what} `{word[:60]}`"
        raise Problem(UNKNOWN_KIND, message, record, hints=suggest(word, known), fix=fix) from None


def _merge(record: Node) -> Layer:
    """A kind that takes several inputs."""
    word = values.text(record)
    kind = layers.find(word) if word in layers.names() else None
    if kind is None or not kind.merges:
        raise Problem(BAD_VALUE, f"there is no merge `{word[:60]}`", record, hints=suggest(word, _merges()))
    return kind()
