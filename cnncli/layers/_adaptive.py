"""What the adaptive pools share: the size is given, the windows follow; and the winner's passes of the largest."""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, Sight, image_shape, option
from cnncli.layers._window import Pair, as_image, by
from cnncli.spec import values


class AdaptivePool(Layer):
    """Bin i along an axis holds the cells from floor(i H / out) up to, not including, ceil((i + 1) H / out)."""

    size: Pair = option(values.pair_of(values.positive), "the output's size: one number or [height, width]")

    def output_shape(self, x: Shape) -> Shape:
        channels, _, _ = image_shape(self, x)
        return channels, *self.size

    def sight(self, x: Shape) -> tuple[Sight, ...]:
        return tuple(_bin(cells, out) for cells, out in zip(x[1:], self.size, strict=True))

    def settings(self) -> str:
        return by(self.size)


def _bin(cells: int, out: int) -> Sight:
    """From floor(i H / out) to ceil((i + 1) H / out) - 1: each is rounded by less than a cell, by whole g/out."""
    common = math.gcd(cells, out)
    return Sight(cells - common + out - common, cells, out)


class MaximumOfBins(Layer):
    """The largest number of each bin; the gradient goes to the cell that won (the first, on a tie)."""

    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False

    def scratch(self, x: Shape, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"winner": ((blocks, *y, lanes), "int32")}

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        winner = memory.scratch["winner"][: len(y)]
        kernels.adaptive_pooling.max_forward(as_image(x), as_image(y), winner)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            winner = memory.scratch["winner"][: len(y)]
            kernels.adaptive_pooling.max_backward(winner, as_image(dy), as_image(dx))
