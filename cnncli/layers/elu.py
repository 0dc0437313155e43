"""The exponential linear unit: as ReLU for positive numbers, and down to -alpha in a curve for negative ones.

Clevert et al., "Fast and accurate deep network learning by exponential linear units", 2015.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory, option
from cnncli.spec import values


class Elu(Activation, kind="elu"):
    """y = x where x > 0, else alpha (exp(x) - 1); dy/dx = 1 where y > 0, else y + alpha."""

    example = "{type: elu}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {
        "value": "x where x > 0, else alpha (exp(x) - 1)",
        "gradient": "1 where y > 0, else y + alpha",
    }

    alpha: float = option(values.number_in(0.001, 1000.0), "the depth: no output is less than -alpha", 1.0)

    @property
    def bounds(self) -> tuple[float, float]:
        return -self.alpha, math.inf

    def settings(self) -> str:
        return "" if self.alpha == 1 else f"alpha {self.alpha:g}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.elu_forward(x, y, self.alpha, 1.0)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.elu_backward(y, dy, dx, self.alpha, 1.0)
