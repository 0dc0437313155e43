"""A rectifier that lets a little of the negative numbers through, so that no unit is ever quite dead.

Maas et al., "Rectifier nonlinearities improve neural network acoustic models", 2013. `slope` is PyTorch's
`negative_slope`.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory, Shape, option
from cnncli.spec import values


class LeakyRelu(Activation, kind="leaky_relu"):
    """y = x where x > 0, else slope x; dy/dx = 1 where y > 0, else slope."""

    example = "{type: leaky_relu}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("lrelu",)
    formulas: ClassVar[dict[str, str]] = {
        "value": "x where x > 0, else slope x",
        "gradient": "1 where y > 0, else slope",
    }

    # A negative slope would hide the input's sign from the backward pass, which sees the output.
    slope: float = option(values.number_in(0.0, 1000.0), "the slope where x is negative", 0.01)

    @property
    def bounds(self) -> tuple[float, float]:
        return -math.inf if self.slope else 0.0, math.inf

    def does_nothing(self, x: Shape) -> bool:
        return self.slope == 1

    def settings(self) -> str:
        return f"slope {self.slope:g}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.leaky_relu_forward(x, y, self.slope)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.leaky_relu_backward(y, dy, dx, self.slope)
