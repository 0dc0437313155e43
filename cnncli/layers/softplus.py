"""A smooth ReLU (Dugas et al., 2000; Glorot et al., 2011)."""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class Softplus(Activation, kind="softplus"):
    """y = log(1 + exp(x)); dy/dx = 1 - exp(-y)."""

    example = "{type: softplus}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {"value": "log(1 + exp(x))", "gradient": "1 - exp(-y)"}
    also_called: ClassVar[tuple[str, ...]] = ("smooth_relu",)

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, math.inf

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.softplus_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.softplus_backward(y, dy, dx)
