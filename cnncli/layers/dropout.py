"""Dropout: in training, each number is dropped with probability p and the others are scaled by 1/(1 - p).

Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, in the inverted
form, so that nothing has to be done when the network is used. `p` is the probability of dropping, as in
PyTorch and Keras; the 2012 lectures of its authors mean the same at 0.5.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, option
from cnncli.spec import values


class Dropout(Layer, kind="dropout"):
    """y = x m / (1 - p) with m drawn anew each step; y = x outside training."""

    example = "{type: dropout, p: 0.5}", (100,)
    family: ClassVar[str] = "regularisation"
    keeps_values: ClassVar[bool] = True
    is_random: ClassVar[bool] = True
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "in training": "each number is 0 with probability p, else divided by 1 - p; drawn anew each step",
    }

    p: float = option(values.number_in(0.0, 1.0, high_included=False), "the probability of dropping a number", 0.5)

    def output_shape(self, x: Shape) -> Shape:
        return x

    def does_nothing(self, x: Shape) -> bool:
        return self.p == 0

    def settings(self) -> str:
        return f"p {self.p:g}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        if memory.training:
            kernels.dropout.forward(x, y, self.p, memory.seed, memory.step)
        else:
            y[...] = x

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is None:
            return
        if memory.training:
            kernels.dropout.backward(dy, dx, self.p, memory.seed, memory.step)
        else:
            dx[...] = dy
