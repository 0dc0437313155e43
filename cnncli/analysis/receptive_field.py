"""How much of the input one number can depend on, node by node.

    RF_out = RF_in + (F_eff - 1) jump_in,   jump_out = jump_in S

Araujo et al., "Computing receptive fields of convolutional neural networks", Distill, 2019. `jump` is how many cells of
the input lie between what two neighbours see; after upsampling it may be a fraction. Padding counts as cells, so that
a field may be larger than the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers._base import Sight

if TYPE_CHECKING:
    from fractions import Fraction

    Number = int | Fraction

_ITS_OWN_PLACE = Sight()
_FARTHEST, _FINEST = 10**60, 10**12


@dataclass(frozen=True, slots=True)
class Field:
    """Along one axis: from the first cell seen to the last are `reach`, from one number's field to the next `jump`.

    After upsampling both may be fractions, and the size is a bound: windows may meet the cells' borders by luck.
    """

    reach: Number
    jump: Number

    @property
    def size(self) -> int:
        """RF: how many cells, the first and the last included."""
        return int(self.reach) + 1


Fields = tuple[Field, ...]
"""A field for each axis but the channels; none in a flat list and what is made of it, where places mean nothing."""


def receptive_fields(graph: Graph) -> list[Fields]:
    """By a node's index: the fields of its output's numbers."""
    image = tuple(Field(0, 1) for _ in graph.input_shape[1:])
    found: list[Fields] = []
    for node in graph.nodes:
        sources = [image if source == INPUT else found[source] for source in node.inputs]
        found.append(_merged(node, sources) if node.layer.merges else _seen(node, sources[0]))
    return found


def _seen(node: Node, source: Fields) -> Fields:
    """What the node's output sees, through what its layer sees of its input."""
    sights = node.layer.sight(node.x)
    if not source or len(node.output_shape) != len(node.input_shapes[0]) or node.layer.shares_memory:
        return ()
    if all(sight == _ITS_OWN_PLACE for sight in sights):
        return source
    if source[0] == source[-1] and sights[0] == sights[-1]:
        return (_through(source[0], sights[0]),) * len(source)
    return tuple(_through(field, sight) for field, sight in zip(source, sights, strict=True))


def _through(field: Field, sight: Sight) -> Field:
    reach = field.reach + _share(field.jump * sight.reach, sight.parts)
    return Field(_bounded(reach), _bounded(_share(field.jump * sight.step, sight.parts)))


def _share(number: Number, parts: int) -> Number:
    if parts == 1:
        return number
    from fractions import Fraction

    share = Fraction(number, parts)
    return share if share.denominator > 1 else share.numerator


def _bounded(number: Number) -> Number:
    """What is longer than any axis, or finer than can be meant, is rounded: a long chain would make huge numbers."""
    if number.denominator > _FINEST:
        return _share(-(-number * _FINEST // 1), _FINEST)
    return min(number, _FARTHEST)


def _merged(node: Node, sources: Sequence[Fields]) -> Fields:
    """The largest of the inputs' fields. One that is repeated along an axis has no neighbours there."""
    if any(len(source) < len(node.output_shape) - 1 for source in sources):
        return ()
    merged: list[Field] = []
    for axis, places in enumerate(node.output_shape[1:]):
        fields = [source[axis] for source in sources]
        whole = [field for field, shape in zip(fields, node.input_shapes, strict=True) if shape[axis + 1] == places]
        merged.append(Field(max(field.reach for field in fields), max(field.jump for field in whole)))
    return tuple(merged)
