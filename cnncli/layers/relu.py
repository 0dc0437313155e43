"""The rectifier: negative numbers become 0 (Nair & Hinton, 2010)."""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class Relu(Activation, kind="relu"):
    """y = max(x, 0); dy/dx = 1 where y > 0, else 0."""

    example = "{type: relu}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {"value": "max(x, 0)", "gradient": "1 where y > 0, else 0"}
    also_called: ClassVar[tuple[str, ...]] = ("rectifier", "rectified_linear_unit")
    fused_as_relu: ClassVar[bool] = True

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, math.inf

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.relu_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.relu_backward(y, dy, dx)
