"""A tanh with slower tails (Bergstra et al., 2009)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class Softsign(Activation, kind="softsign"):
    """y = x / (1 + |x|); dy/dx = (1 - |y|)^2."""

    example = "{type: softsign}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {"value": "x / (1 + |x|)", "gradient": "(1 - |y|)^2"}

    @property
    def bounds(self) -> tuple[float, float]:
        return -1.0, 1.0

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.softsign_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.softsign_backward(y, dy, dx)
