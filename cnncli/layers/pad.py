"""Padding as a layer of its own: a border of one number, of the image mirrored, or of its edge repeated."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.errors import BAD_VALUE, PADDING_TOO_LARGE
from cnncli.layers._axis import image_sides
from cnncli.layers._base import Array, Layer, Memory, Shape, image_shape, option
from cnncli.layers._window import sides_in_words
from cnncli.spec import values
from cnncli.spec.problem import Problem

_LARGEST = 3.4e38  # of a float32


class Pad(Layer, kind="pad"):
    """constant: `value` around the image; reflect: 3 2 [1 2 3] 2 1; replicate: 1 1 [1 2 3] 3 3."""

    example = "{type: pad, padding: 1}", (3, 4, 4)
    also_called: ClassVar[tuple[str, ...]] = ("zero_padding", "zero_pad")
    family: ClassVar[str] = "shape"
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[C, H + P_top + P_bottom, W + P_left + P_right]"}

    padding: tuple[int, int, int, int] = option(image_sides, "P: a number, [v, h], or [top, bottom, left, right]")
    mode: str = option(
        values.one_of("constant", "reflect", "replicate"),
        "what the border holds: `value`, the image mirrored in its edge cells, or those cells repeated",
        "constant",
    )
    value: float = option(values.number_in(-_LARGEST, _LARGEST), "the number in a constant border", 0.0)

    def output_shape(self, x: Shape) -> Shape:
        channels, height, width = image_shape(self, x)
        if self.value and self.mode != "constant":
            hints = ("leave it out, or write `mode: constant`",)
            raise Problem(BAD_VALUE, f"a border in mode {self.mode} has no `value` of its own", "value", hints=hints)
        top, bottom, left, right = self.padding
        for name, size, most in (("height", height, max(top, bottom)), ("width", width, max(left, right))):
            if self.mode == "reflect" and most >= size:
                raise Problem(
                    PADDING_TOO_LARGE,
                    f"`mode: reflect` mirrors {most} cells beside the edge, the {name} has {size - 1} there",
                    "padding",
                    hints=(f"padding {size - 1} or less; or `mode: replicate`",),
                )
        return channels, top + height + bottom, left + width + right

    def does_nothing(self, x: Shape) -> bool:
        return not any(self.padding)

    def settings(self) -> str:
        value = f" {self.value:g}" if self.value else ""
        return f"{sides_in_words((self.padding[:2], self.padding[2:]))}, {self.mode}{value}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.borders.pad(x, y, (self.padding[0], self.padding[2]), self.mode, self.value)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.borders.pad_backward(dy, dx, (self.padding[0], self.padding[2]), self.mode)
