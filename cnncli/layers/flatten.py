"""An image [C, H, W] as one list of C H W numbers, channel by channel, row by row."""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape


class Flatten(Layer, kind="flatten"):
    """Changes the shape, not the numbers: in memory input and output are the same."""

    example = "{type: flatten}", (16, 5, 5)
    family: ClassVar[str] = "shape"
    also_called: ClassVar[tuple[str, ...]] = ("ravel",)
    shares_memory: ClassVar[bool] = True
    keeps_values: ClassVar[bool] = True
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[C H W]"}

    def output_shape(self, x: Shape) -> Shape:
        return (math.prod(x),)

    def does_nothing(self, x: Shape) -> bool:
        return len(x) == 1

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        pass  # y is x

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:  # else it is dy: where nothing else takes the input, they share memory
            kernels.merge.copy(dy, dx)
