"""Concatenation along the channels: the end of an inception module (Szegedy et al., 2014), DenseNet's memory."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncli import kernels
from cnncli.errors import MERGE_MISMATCH
from cnncli.layers._base import Array, Memory, Shape
from cnncli.layers._merge import Merge, listed
from cnncli.spec.problem import Problem


class Concat(Merge, kind="concat"):
    """The inputs' channels one after the other, in the order of the inputs; height and width must agree."""

    example = "{type: concat, from: [input, previous]}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("concatenate", "cat", "depth_concat", "join")
    backward_reads_input: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[C1 + C2 + ..., H, W]"}

    def output_shape(self, x: Any) -> Shape:
        if len({shape[1:] for shape in x}) > 1:
            hints = ("only the channels may differ: look at strides, paddings and roundings",)
            raise Problem(
                MERGE_MISMATCH, f"`concat` takes inputs of one height and width, not {listed(x)}", hints=hints
            )
        return (sum(shape[0] for shape in x), *x[0][1:])

    def forward(self, memory: Memory, x: Any, y: Array) -> None:
        first = 0
        for part in x:
            kernels.merge.copy_channels(part, 0, y, first, part.shape[1])
            first += part.shape[1]

    def backward(self, memory: Memory, x: Any, y: Array, dy: Array, dx: Any) -> None:
        first = 0
        for part, gradient in zip(x, dx, strict=True):
            if gradient is not None:
                kernels.merge.copy_channels(dy, first, gradient, 0, part.shape[1])
            first += part.shape[1]
