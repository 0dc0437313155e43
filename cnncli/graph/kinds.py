"""Words of a spec -> kinds of layers; a word that is none is answered with the one that is meant."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from cnncli import layers
from cnncli.errors import BAD_VALUE, MISSING_KEY, UNKNOWN_KIND
from cnncli.graph.structure import meant_kind, suggest
from cnncli.layers import Activation, Layer
from cnncli.layers._base import field_readers
from cnncli.spec import values
from cnncli.spec.edits import rename
from cnncli.spec.nodes import Mapping, Node, Scalar
from cnncli.spec.problem import Problem

_STRUCTURES = ("parallel", "head")


def read_kind(record: Node) -> type[Layer] | str:
    """A layer's kind; `parallel` and `head` stand for themselves."""
    word = values.text(record)
    return word if word in _STRUCTURES else _find(word, record, "layer kind", _kinds)


def read_activation(record: Node) -> tuple[type[Activation], Mapping]:
    """The kind of `relu`, or of a mapping where the activation has settings of its own; and those settings."""
    if isinstance(record, Scalar):
        word, settings = record.text, Mapping({}, {}, record.span)
        place: Node = record
    else:
        settings = values.mapping(record, "an activation's name")
        if "type" not in settings.values:
            raise Problem(MISSING_KEY, "an activation has no `type:`", settings, hints=_activations_there_are)
        place = settings.values["type"]
        word = values.text(place)
    kind = _find(word, place, "activation", _activations)
    if not issubclass(kind, Activation):
        raise Problem(UNKNOWN_KIND, f"`{kind.kind}` is no activation", record, hints=_activations_there_are)
    return kind, settings


def read_merge(record: Node) -> Layer:
    """A layer that takes several inputs."""
    word = values.text(record)
    kind = layers.find(word) if word in layers.names() else None
    if kind is None or not kind.merges:
        hints = partial(_suggest, word, _merges)
        raise Problem(BAD_VALUE, f"there is no merge `{word[:60]}`", record, hints=hints)
    return kind()


@cache
def fields_of(kind: type[Layer]) -> tuple[dict[str, values.Read], frozenset[str]]:
    """How each field of a kind is read, and which are required."""
    fields = field_readers(kind)
    required = frozenset(name for name, (_, required) in fields.items() if required)
    return {name: read for name, (read, _) in fields.items()}, required


@cache
def known_fields() -> set[str]:
    """The fields of all kinds. It loads all kinds, which takes time only where there is a fault."""
    return {name for kind in layers.names() for name in field_readers(layers.find(kind))}


def what_is_no_type(mapping: Mapping) -> tuple[str, ...]:
    """A hint for an item without `type:`: what its first key may be meant for."""
    key = next(iter(mapping.keys), "")
    word, colon, rest = key.partition(":")
    if colon and word in ("type", "use"):
        return (f"write `{word}: {rest[:60]}`, with a space after the colon",)
    if key in _kinds():
        return (f"write `{{type: {key}, ...}}`",)
    return (f"is `{key}` meant for `type`?",) if key in ("kind", "layer") else ("`cnncli layers` lists the kinds",)


def _find(word: str, record: Node, what: str, known: Callable[[], tuple[str, ...]]) -> type[Layer]:
    try:
        return layers.find(word)
    except KeyError:
        hints = partial(_suggest, word, known)
        meant = meant_kind(word, known())
        fix = rename(record, meant) if meant and isinstance(record, Scalar) else None
        raise Problem(UNKNOWN_KIND, f"there is no {what} `{word[:60]}`", record, hints=hints, fix=fix) from None


def _suggest(word: str, known: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    return suggest(word, known())


def _kinds() -> tuple[str, ...]:
    return (*layers.names(), *_STRUCTURES)


def _activations() -> tuple[str, ...]:
    return tuple(name for name in layers.names() if issubclass(layers.find(name), Activation))


def _activations_there_are() -> tuple[str, ...]:
    return ("activations: " + ", ".join(_activations()),)


def _merges() -> tuple[str, ...]:
    return tuple(name for name in layers.names() if layers.find(name).merges)
