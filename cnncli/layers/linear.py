"""The identity, for where an activation has to be named and none is meant."""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._base import Activation, Array, Memory


class Linear(Activation, kind="linear"):
    """y = x; dy/dx = 1."""

    example = "{type: linear}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {"value": "x", "gradient": "1"}
    also_called: ClassVar[tuple[str, ...]] = ("identity", "none", "noop")
    keeps_values: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        if y is not x:
            y[...] = x

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None and dx is not dy:
            dx[...] = dy
