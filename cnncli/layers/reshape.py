"""The same numbers in another shape: an image, a signal, or a flat list, in the order of `flatten`."""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.errors import BAD_VALUE, WRONG_TYPE
from cnncli.layers._base import Array, Layer, Memory, Shape, option
from cnncli.spec import values
from cnncli.spec.nodes import Node
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, schema_of


@accepts({"type": "array", "items": schema_of(values.positive), "minItems": 1, "maxItems": 3})
def _shape(node: Node) -> Shape:
    """One to three sizes."""
    sizes = values.items(node, "a list such as [16, 7, 7]")
    if not 1 <= len(sizes) <= 3:
        hints = ("write [channels, height, width], [channels, width] for a signal, or [features] for a flat list",)
        raise Problem(WRONG_TYPE, f"`shape` has {len(sizes)} numbers", node, hints=hints)
    return tuple(values.positive(size) for size in sizes)


class Reshape(Layer, kind="reshape"):
    """Changes the shape, not the numbers: in memory input and output are the same."""

    example = "{type: reshape, shape: [2, 3, 4]}", (24,)
    also_called: ClassVar[tuple[str, ...]] = ("view", "unflatten")
    family: ClassVar[str] = "shape"
    shares_memory: ClassVar[bool] = True
    keeps_values: ClassVar[bool] = True
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "`shape`, whose sizes multiply to the input's count of numbers"}

    shape: Shape = option(_shape, "[channels, height, width], [channels, width], or [features]")

    def output_shape(self, x: Shape) -> Shape:
        have, want = math.prod(x), math.prod(self.shape)
        if have != want:
            raise Problem(
                BAD_VALUE,
                f"{have:,} numbers do not make a shape of {want:,}",
                "shape",
                (_product(x), _product(self.shape)),
                _one_size_changed(self.shape, have),
            )
        return self.shape

    def does_nothing(self, x: Shape) -> bool:
        return self.shape == x

    def settings(self) -> str:
        return f"to {list(self.shape)}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        pass  # y is x

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:  # else it is dy: where nothing else takes the input, they share memory
            kernels.merge.copy(dy, dx)


def _product(shape: Shape) -> str:
    return f"{' * '.join(str(size) for size in shape)} = {math.prod(shape)}" if len(shape) > 1 else str(shape[0])


def _one_size_changed(shape: Shape, count: int) -> tuple[str, ...]:
    """The shapes of `count` numbers that differ from `shape` in one size."""
    fitting = []
    for axis, size in enumerate(shape):
        others = math.prod(shape) // size
        if count % others == 0:
            fitting.append(str([*shape[:axis], count // others, *shape[axis + 1 :]]))
    return (f"fits: {' or '.join(fitting)}",) if fitting else ()
