"""Channels of zeros beside those there are: the shortcut without parameters.

Option A of He et al., "Deep residual learning for image recognition", 2015, section 3.3.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, option
from cnncli.spec import values


class PadChannels(Layer, kind="pad_channels"):
    """y[c] = x[c - before], and 0 for the channels added."""

    example = "{type: pad_channels, after: 2}", (4, 3, 3)
    family: ClassVar[str] = "shape"
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[before + C + after, H, W]"}

    before: int = option(values.non_negative, "channels of zeros before the others", 0)
    after: int = option(values.non_negative, "channels of zeros after the others", 0)

    def output_shape(self, x: Shape) -> Shape:
        return (self.before + x[0] + self.after, *x[1:])

    def does_nothing(self, x: Shape) -> bool:
        return not self.before and not self.after

    def settings(self) -> str:
        return f"{self.before} before, {self.after} after"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        y.fill(0)
        kernels.merge.copy_channels(x, 0, y, self.before, x.shape[1])

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.merge.copy_channels(dy, self.before, dx, 0, x.shape[1])
