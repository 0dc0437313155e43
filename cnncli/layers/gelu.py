"""The Gaussian error linear unit: a number times the chance that a normal one is less.

Hendrycks & Gimpel, "Gaussian error linear units", 2016. `approximate: tanh` is the paper's own shortcut, for networks
that were trained with it.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory, option
from cnncli.spec import values


class Gelu(Activation, kind="gelu"):
    """y = x Phi(x) = x (1 + erf(x / sqrt(2))) / 2; dy/dx = Phi(x) + x phi(x), phi the normal density."""

    example = "{type: gelu}", (4, 3, 3)
    in_place: ClassVar[bool] = False
    backward_reads_input: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "value": "x Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2",
        "gradient": "Phi(x) + x phi(x), phi(x) = exp(-x^2 / 2) / sqrt(2 pi)",
        "value with `approximate: tanh`": "x (1 + tanh(u)) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)",
        "gradient with `approximate: tanh`": "s (1 + x (1 - s) 2 u'), s = (1 + tanh(u)) / 2",
    }

    approximate: str = option(values.one_of("none", "tanh"), "none: by erf; tanh: by the paper's shortcut", "none")

    @property
    def bounds(self) -> tuple[float, float]:
        return -0.1701, math.inf

    def settings(self) -> str:
        return "" if self.approximate == "none" else "by tanh"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        if self.approximate == "tanh":
            kernels.activations.gelu_tanh_forward(x, y)
        else:
            kernels.activations.gelu_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is None:
            return
        if self.approximate == "tanh":
            kernels.activations.gelu_tanh_backward(x, dy, dx)
        else:
            kernels.activations.gelu_backward(x, dy, dx)
