"""Cropping: rows and columns cut off an image's edges.

Ronneberger et al., "U-Net", 2015, whose convolutions do not pad, crop what goes around them to what comes through.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.errors import BAD_VALUE
from cnncli.layers._axis import image_sides
from cnncli.layers._base import Array, Layer, Memory, Shape, image_shape, option
from cnncli.layers._window import sides_in_words
from cnncli.spec.nodes import Node
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, schema_of


@accepts(schema_of(image_sides))
def _sides(node: Node) -> tuple[int, int, int, int]:
    return image_sides(node, "`by`")


class Crop(Layer, kind="crop"):
    """y[h, w] = x[h + top, w + left]; what is cut off has no gradient."""

    example = "{type: crop, by: 1}", (3, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("cropping", "center_crop")
    family: ClassVar[str] = "shape"
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[C, H - top - bottom, W - left - right]"}

    by: tuple[int, int, int, int] = option(_sides, "what is cut off: a number, [v, h], or [top, bottom, left, right]")

    def output_shape(self, x: Shape) -> Shape:
        channels, height, width = image_shape(self, x)
        return channels, self._rest("height", height, *self.by[:2]), self._rest("width", width, *self.by[2:])

    @staticmethod
    def _rest(name: str, size: int, before: int, after: int) -> int:
        rest = size - before - after
        if rest < 1:
            message = f"nothing is left of the {name}"
            arithmetic = (f"{size} - {before} - {after} = {rest}",)
            hints = (f"{size - 1} at most can be cut off",)
            raise Problem(BAD_VALUE, message, "by", arithmetic, hints)
        return rest

    def does_nothing(self, x: Shape) -> bool:
        return not any(self.by)

    def settings(self) -> str:
        return f"by {sides_in_words((self.by[:2], self.by[2:]))}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.borders.crop(x, y, (self.by[0], self.by[2]))

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.borders.crop_backward(dy, dx, (self.by[0], self.by[2]))
