"""The hyperbolic tangent: squashes a number into (-1, 1)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class Tanh(Activation, kind="tanh"):
    """y = tanh(x); dy/dx = 1 - y^2."""

    example = "{type: tanh}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {"value": "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "gradient": "1 - y^2"}
    also_called: ClassVar[tuple[str, ...]] = ("hyperbolic_tangent",)

    @property
    def bounds(self) -> tuple[float, float]:
        return -1.0, 1.0

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.tanh_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.tanh_backward(y, dy, dx)
