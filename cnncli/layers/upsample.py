"""Upsampling: an image made a whole number of times as large, by repeating cells or by straight lines between them.

Odena et al., "Deconvolution and checkerboard artifacts", 2016, put it before a convolution in the place of a
transposed one.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, Sight, image_shape, option
from cnncli.layers._window import Pair, one_or_all
from cnncli.spec import values


class Upsample(Layer, kind="upsample"):
    """nearest: y[h, w] = x[floor(h / s), floor(w / s)]; bilinear: between the four cells around (h + 1/2) / s - 1/2."""

    example = "{type: upsample, scale: 2}", (3, 4, 4)
    also_called: ClassVar[tuple[str, ...]] = ("upsampling", "resize", "interpolate")
    family: ClassVar[str] = "shape"
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[C, s_v H, s_h W]"}

    scale: Pair = option(values.pair_of(values.positive), "how many times as large: a number or [v, h]")
    mode: str = option(
        values.one_of("nearest", "bilinear"),
        "repeat cells, or draw lines between them (align_corners false)",
        "nearest",
    )

    def output_shape(self, x: Shape) -> Shape:
        channels, height, width = image_shape(self, x)
        return channels, height * self.scale[0], width * self.scale[1]

    def does_nothing(self, x: Shape) -> bool:
        return self.scale == (1, 1)

    def sight(self, x: Shape) -> tuple[Sight, ...]:
        # Bilinear: the cells nearer than 1 to (2 h + 1 - s) / 2s; that is a cell's middle for some h if s is odd.
        is_smooth = self.mode == "bilinear"
        return tuple(Sight(2 * s - 1 - s % 2 if is_smooth else s - 1, 1, s) for s in self.scale)

    def settings(self) -> str:
        return f"{one_or_all(self.scale)}, {self.mode}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.resample.forward(x, y, self.mode)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.resample.backward(dy, dx, self.mode)
