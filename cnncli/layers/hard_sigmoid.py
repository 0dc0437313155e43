"""A sigmoid of three straight lines, as the lectures' Keras has it: slope 0.2, offset 0.5."""

from __future__ import annotations

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class HardSigmoid(Activation, kind="hard_sigmoid"):
    """y = clip(0.2 x + 0.5, 0, 1); dy/dx = 0.2 where 0 < y < 1, else 0."""

    example = "{type: hard_sigmoid}", (4, 3, 3)

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.hard_sigmoid_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.hard_sigmoid_backward(y, dy, dx)
