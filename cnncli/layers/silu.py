"""The sigmoid linear unit, also called swish: a number times its own sigmoid.

Elfwing et al., "Sigmoid-weighted linear units for neural network function approximation in reinforcement learning",
2017; Ramachandran et al., "Searching for activation functions", 2017.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class Silu(Activation, kind="silu"):
    """y = x s, s = 1 / (1 + exp(-x)); dy/dx = s (1 + x (1 - s))."""

    example = "{type: silu}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("swish",)
    in_place: ClassVar[bool] = False
    backward_reads_input: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "value": "x s, s = 1 / (1 + exp(-x))",
        "gradient": "s (1 + x (1 - s))",
    }

    @property
    def bounds(self) -> tuple[float, float]:
        return -0.2785, math.inf

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.silu_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.silu_backward(x, dy, dx)
