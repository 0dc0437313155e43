"""One item of `layers:` -> a layer with its activation and its name. What does not hold is reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cnncli import layers
from cnncli.errors import BAD_VALUE, MISSING_KEY, UNKNOWN_KIND
from cnncli.graph.architecture import Architecture
from cnncli.layers import Activation, Layer
from cnncli.layers._base import field_readers
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Node, Scalar, describe
from cnncli.spec.problem import Problem, did_you_mean


@dataclass(slots=True)
class Entry:
    """A layer as read: None for `layer` where its record does not hold."""

    record: Node
    layer: Layer | None
    activation: Activation | None = None
    name: str | None = None


class LayerReader:
    """Reads the layers of one spec. `defaults` are the fields that `defaults:` sets for all of them."""

    def __init__(self, architecture: Architecture, defaults: dict[str, Node]) -> None:
        self.architecture = architecture
        self.defaults = defaults

    def read(self, record: Node) -> Entry:
        """The entry of one record. Past the most findings that are kept, records are not looked at."""
        if self.architecture.is_full:
            return Entry(record, None)
        found = len(self.architecture.diagnostics)
        try:
            mapping = values.mapping(record, "a layer such as `{type: conv, filters: 8, kernel: 3}`")
            kind = self._kind_of(mapping)
        except Problem as problem:
            self.architecture.report(problem, record)
            return Entry(record, None)
        own: dict[str, values.Read] = {"name": layer_name}
        if kind.takes_activation:
            own["activation"] = self._read_activation
        layer, common = self._layer(kind, mapping, own)
        sound = len(self.architecture.diagnostics) == found
        return Entry(record, layer if sound else None, common.get("activation"), common.get("name"))

    def _layer(
        self, kind: type[Layer], mapping: Mapping, own: dict[str, values.Read]
    ) -> tuple[Layer | None, dict[str, Any]]:
        """The layer (None where a field is missing or faulty), and the values of the keys in `own`."""
        readers = field_readers(kind)
        required = {name for name, (_, required) in readers.items() if required}
        fields = read_fields(
            mapping,
            own | {name: read for name, (read, _) in readers.items()},
            f"`{kind.kind}`",
            self.architecture.report,
            required=required,
            also=("type",),
            defaults={name: record for name, record in self.defaults.items() if name in readers},
        )
        common = {name: fields.pop(name) for name in own if name in fields}
        return (kind(**fields) if required <= fields.keys() else None), common

    def _kind_of(self, mapping: Mapping) -> type[Layer]:
        record = mapping.values.get("type")
        if record is None:
            kinds = "kinds: " + ", ".join(layers.names())
            raise Problem(MISSING_KEY, "a layer has no `type:`", mapping, hints=(kinds,))
        return _find(values.text(record), record, "layer kind")

    def _read_activation(self, record: Node) -> Activation | None:
        """`relu`, or a mapping where the activation has settings of its own."""
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
        layer, _ = self._layer(kind, mapping, {})
        return layer if isinstance(layer, Activation) else None


def _activations() -> tuple[str, ...]:
    return tuple(name for name in layers.names() if issubclass(layers.find(name), Activation))


def _find(word: str, record: Node, what: Literal["layer kind", "activation"]) -> type[Layer]:
    try:
        return layers.find(word)
    except KeyError:
        hints = did_you_mean(word, layers.names() if what == "layer kind" else _activations())
        raise Problem(UNKNOWN_KIND, f"there is no {what} `{word[:60]}`", record, hints=hints) from None


def layer_name(record: Node) -> str:
    """Letters, digits, `_`, `-` and `.`: a name is also a tensor's, a file's and another tool's."""
    name = values.text(record)
    if not name or len(name) > 80 or not all(c.isalnum() or c in "_-." for c in name):
        hints = ("use letters, digits, `_`, `-` and `.`, 80 at most",)
        raise Problem(BAD_VALUE, f"{describe(record)} is no name", record, hints=hints)
    return name
