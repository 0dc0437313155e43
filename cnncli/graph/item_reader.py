"""Reads a list's records with the arguments of the block they stand in. What does not hold is reported."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable
from functools import partial
from itertools import islice
from typing import Any

from cnncli.errors import BAD_VALUE, MISSING_KEY, UNKNOWN_BLOCK
from cnncli.graph.architecture import Architecture
from cnncli.graph.blocks import RESERVED, Block, Scope, bind, layer_list
from cnncli.graph.items import (
    HeadItem,
    Item,
    LayerItem,
    ParallelItem,
    UseItem,
    branches_of,
    common_keys,
    common_readers,
    head_weight,
    is_known,
    resolved,
)
from cnncli.graph.kinds import fields_of, known_fields, read_activation, read_kind, read_merge, what_is_no_type
from cnncli.layers import Activation, Layer
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.fields import misspelt, read_fields
from cnncli.spec.nodes import Mapping, Node, Scalar, Span, Unknown
from cnncli.spec.problem import MOST_KNOWN, Problem, Report, did_you_mean


class ItemReader:
    """Reads items.

    `defaults` are the fields that `defaults:` sets for all layers, `outermost` the spec's own parameters, which every
    block sees, `kinds` the kinds met so far. `defaults` and `blocks` are None where the spec's do not hold.
    """

    def __init__(
        self,
        architecture: Architecture,
        defaults: dict[str, Node] | None,
        blocks: dict[str, Block] | None,
        outermost: Arguments,
    ) -> None:
        self.architecture = architecture
        self.defaults = defaults
        self.blocks = blocks
        self.outermost = outermost
        self.kinds: set[type[Layer]] = set()
        # One record read with the same arguments gives the same item: a repeated block is read once. What the
        # keys identify is kept alive beside the item.
        self._items: dict[tuple[int, int], tuple[Item, Node, Arguments]] = {}

    def read(self, record: Node, scope: Scope) -> Item:
        """The item, as far as it holds. Past the most findings that are kept, nothing is looked at."""
        key = id(record), id(scope.arguments)
        if key in self._items:
            return self._items[key][0]
        if self.architecture.is_full:
            return LayerItem(record=record, holds=False)
        found = self.architecture.findings
        scope.arguments.work.grant()

        def report(problem: Problem, where: Node | Span) -> bool:
            return self.architecture.report(problem, where, scope.uses)

        try:
            item = self._item(record, scope.arguments, report)
        except Problem as problem:
            report(problem, record)
            item = LayerItem(record=record)
        item.holds = self.architecture.findings == found
        self._items[key] = item, record, scope.arguments
        return item

    def _item(self, record: Node, arguments: Arguments, report: Report) -> Item:
        wanted = "a layer such as `{type: conv, filters: 8, kernel: 3}`"
        mapping = values.mapping(resolved(record, arguments, report), wanted)
        if "use" in mapping.values:
            return self._use(mapping, arguments, report)
        try:
            if "type" not in mapping.values:
                hints = partial(what_is_no_type, mapping)
                raise Problem(MISSING_KEY, "a layer has no `type:`", mapping, hints=hints)
            kind = read_kind(substitute(mapping.values["type"], arguments, report))
        except Problem as problem:
            report(problem, mapping)
            return self._of_unknown_kind(mapping, arguments, report)
        if isinstance(kind, str):
            read = self._parallel if kind == "parallel" else self._head
            return read(mapping, arguments, report)
        return self._layer_item(mapping, kind, arguments, report)

    def _layer_item(self, mapping: Mapping, kind: type[Layer], arguments: Arguments, report: Report) -> LayerItem:
        own: dict[str, values.Read] = common_readers(arguments, report)
        if kind.takes_activation:
            own["activation"] = self._activation_reader(arguments, report)
        layer, fields = self._layer(kind, mapping, own, arguments, report)
        activation = fields.get("activation")
        return LayerItem(kind=kind.kind, layer=layer, activation=activation, **common_keys(mapping, fields))

    def _layer(
        self, kind: type[Layer], mapping: Mapping, own: dict[str, values.Read], arguments: Arguments, report: Report
    ) -> tuple[Layer | None, dict[str, Any]]:
        """The layer (None where a field is missing or faulty), and the values of the keys in `own`."""
        self.kinds.add(kind)
        found = self.architecture.findings
        readers, required = fields_of(kind)
        defaults = self._defaults(mapping, readers, required)
        fields = read_fields(
            mapping,
            own | readers,
            f"`{kind.kind}`",
            report,
            required=required,
            also=("type",),
            defaults=defaults,
            arguments=arguments,
            as_is=("from",),
        )
        faulty = self.architecture.findings != found
        if faulty and self.defaults:
            # Said once: the next layer, of another kind, may have other words for it.
            self.defaults |= {
                key: Unknown(defaults[key].span) for key in defaults.keys() - mapping.values.keys() - fields.keys()
            }
        known = not faulty or (required | defaults.keys() <= fields.keys() and is_known(mapping, fields))
        common = {name: fields.pop(name) for name in own if name in fields}
        return (kind(**fields) if known else None), common

    def _defaults(self, mapping: Mapping, readers: Iterable[str], required: frozenset[str]) -> dict[str, Node]:
        """The defaults for a layer's fields.

        Where `defaults:` does not hold they are unknown; where one of its keys is no field, it may have been meant for
        a required one that the layer lacks.
        """
        if self.defaults is None:
            return {name: Unknown(mapping.span) for name in readers}
        if not self.defaults:
            return {}
        found = {name: self.defaults[name] for name in readers if name in self.defaults}
        lacking = required - mapping.values.keys() - found.keys()
        if lacking and not known_fields() >= self.defaults.keys():
            found |= {name: Unknown(mapping.span) for name in lacking}
        return found

    def _parallel(self, mapping: Mapping, arguments: Arguments, report: Report) -> ParallelItem:
        readers = {
            "merge": read_merge,
            "branches": lambda record: branches_of(record, arguments, report),
            "activation": self._activation_reader(arguments, report),
        }
        required = ("merge", "branches")
        fields = self._fields(mapping, readers, "`parallel`", arguments, report, required, ("type",), ("branches",))
        merge: Layer | None = fields.get("merge")
        known = fields.keys() >= set(required) and is_known(mapping, fields)
        return ParallelItem(
            kind=merge.kind if merge else "",
            merge=merge if known else None,
            branches=fields.get("branches", {}),
            activation=fields.get("activation"),
            **common_keys(mapping, fields),
        )

    def _head(self, mapping: Mapping, arguments: Arguments, report: Report) -> HeadItem:
        readers = {
            "layers": lambda record: layer_list(resolved(record, arguments, report)),
            "weight": head_weight,
        }
        fields = self._fields(mapping, readers, "`head`", arguments, report, tuple(readers), ("type",), ("layers",))
        own = {"layers": fields.get("layers"), "weight": fields.get("weight", 0.0)}
        return HeadItem(kind="head", **own, **common_keys(mapping, fields))

    def _of_unknown_kind(self, mapping: Mapping, arguments: Arguments, report: Report) -> Item:
        """What every item has, and the layers in it where there are any: `paralel` and `haed` have them too."""
        readers = {
            "branches": lambda record: branches_of(record, arguments, report),
            "layers": lambda record: layer_list(resolved(record, arguments, report)),
        }
        also, as_is = mapping.values, tuple(readers)
        fields = self._fields(mapping, readers, "a layer", arguments, report, also=also, as_is=as_is)
        common = common_keys(mapping, fields)
        if "branches" in fields:
            return ParallelItem(branches=fields["branches"], merge=None, **common)
        if "layers" in fields:
            return HeadItem(layers=fields["layers"], weight=0.0, **common)
        return LayerItem(**common)

    def _fields(
        self, mapping: Mapping, own: dict[str, values.Read], owner: str, arguments: Arguments, report: Report,
        required: Collection[str] = (), also: Collection[str] = (), as_is: Collection[str] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """The values of the keys that every item has, and of `own`."""
        return read_fields(
            mapping, common_readers(arguments, report) | own, owner, report,
            required=required, also=also, arguments=arguments, as_is=("from", *as_is),
        )  # fmt: skip

    def _use(self, mapping: Mapping, arguments: Arguments, report: Report) -> Item:
        if not arguments.work.may_go_on(len(mapping.values), mapping.span, report):
            return LayerItem(record=mapping)
        found = self.architecture.findings
        block = self._block(mapping, arguments, report)
        params = block.params if block else Arguments(is_whole=False)
        owner = f"block `{block.name[:60]}`" if block else "the block"
        own = params.values if params.is_whole else mapping.values
        readers = {"first": lambda record: values.mapping(record, "a mapping such as `{stride: 2}`")}
        also: ChainMap[str, Node] = ChainMap({"use": mapping}, own)
        fields = self._fields(mapping, readers, owner, arguments, report, also=also)
        given = {
            key: substitute(value, arguments, report)
            for key, value in mapping.values.items()
            if key in own and key not in RESERVED
        }
        special: Mapping = fields.get("first", Mapping({}, {}, mapping.span))
        strange = [scalar for key, scalar in special.keys.items() if key not in own]
        for scalar in strange:
            hints = partial(did_you_mean, scalar.text, tuple(islice(params.values, MOST_KNOWN)))
            if not report(Problem(BAD_VALUE, f"{owner} has no parameter `{scalar.text[:60]}`", hints=hints), scalar):
                break
        known = self.architecture.findings == found
        if not known:
            known = not strange and is_known(mapping, fields, given, ("repeat",))
            meant = misspelt(mapping, {**dict.fromkeys(RESERVED), **params.values}) - given.keys()
            given |= {name: Unknown(mapping.span) for name in meant}
        place = mapping.keys["use"]
        usual = bind(params, given, self.outermost, report, place, owner)
        first = usual
        if special.values:
            first = bind(params, given | special.values, self.outermost, report, place, owner)
        return UseItem(
            kind=block.name if block else "", block=block, arguments=usual, first=first, is_known=known,
            **common_keys(mapping, fields),
        )  # fmt: skip

    def _block(self, mapping: Mapping, arguments: Arguments, report: Report) -> Block | None:
        """The block that is used; None where there is none, or nobody knows."""
        record = substitute(mapping.values["use"], arguments, report)
        try:
            word = values.text(record)
            if self.blocks is None:
                return None
            if word not in self.blocks:
                raise Problem(UNKNOWN_BLOCK, f"there is no block `{word[:60]}`", hints=partial(self._other_block, word))
        except Problem as problem:
            report(problem, record)
            return None
        return self.blocks[word]

    def _other_block(self, word: str) -> tuple[str, ...]:
        known = tuple(islice(self.blocks or (), MOST_KNOWN))
        return did_you_mean(word, known) if known else ("`blocks:` defines them",)

    def _activation_reader(self, arguments: Arguments, report: Report) -> values.Read:
        """Reads `relu`, or a mapping where the activation has settings of its own."""

        def read(record: Node) -> Activation | None:
            if isinstance(record, Scalar) and record.is_null:
                return None
            kind, settings = read_activation(record)
            layer, _ = self._layer(kind, settings, {}, arguments, report)
            return layer if isinstance(layer, Activation) else None

        return read
