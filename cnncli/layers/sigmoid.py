"""The logistic function: squashes a number into (0, 1)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class Sigmoid(Activation, kind="sigmoid"):
    """y = 1 / (1 + exp(-x)); dy/dx = y (1 - y)."""

    example = "{type: sigmoid}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {"value": "1 / (1 + exp(-x))", "gradient": "y (1 - y)"}
    also_called: ClassVar[tuple[str, ...]] = ("logistic", "logsig")

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, 1.0

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.sigmoid_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.sigmoid_backward(y, dy, dx)
