"""Swish with a sigmoid of straight lines: a number times relu6(x + 3) / 6 (Howard et al., "MobileNetV3", 2019)."""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class HardSwish(Activation, kind="hard_swish"):
    """y = x min(max(x + 3, 0), 6) / 6; dy/dx = 0 where x <= -3, 1 where x >= 3, else x/3 + 1/2."""

    example = "{type: hard_swish}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("hswish",)
    in_place: ClassVar[bool] = False
    backward_reads_input: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "value": "x min(max(x + 3, 0), 6) / 6",
        "gradient": "0 where x <= -3, 1 where x >= 3, else x/3 + 1/2",
    }

    @property
    def bounds(self) -> tuple[float, float]:
        return -0.375, math.inf

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.hard_swish_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.hard_swish_backward(x, dy, dx)
