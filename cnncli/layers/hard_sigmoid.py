"""A sigmoid of three straight lines: 0, a slope through 1/2 at 0, and 1.

`reach: 2.5` is that of the lectures' Keras (1 and 2), 0.2 x + 0.5; `reach: 3` is PyTorch's and MobileNetV3's, x/6 + 0.5
(Howard et al., 2019); `reach: 1` is that of Courbariaux et al., "BinaryConnect", 2015, (x + 1)/2.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory, option
from cnncli.spec import values


class HardSigmoid(Activation, kind="hard_sigmoid"):
    """y = clip(x / (2 reach) + 0.5, 0, 1); dy/dx = 1 / (2 reach) where 0 < y < 1, else 0."""

    example = "{type: hard_sigmoid}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {
        "value": "x / (2 reach) + 0.5, cut off below 0 and above 1; reach 2.5: 0.2 x + 0.5",
        "gradient": "1 / (2 reach) where 0 < y < 1, else 0",
    }

    reach: float = option(
        values.number_in(0.001, 1000.0), "where |x| >= reach, the output is 0 or 1: 2.5 in Keras, 3 in PyTorch", 2.5
    )

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, 1.0

    def settings(self) -> str:
        return "" if self.reach == 2.5 else f"reach {self.reach:g}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.hard_sigmoid_forward(x, y, self.reach)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.hard_sigmoid_backward(y, dy, dx, self.reach)
