"""Min pooling: of each window, the smallest number."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Shape
from cnncli.layers._window import PoolLayer


class MinPool(PoolLayer, kind="minpool"):
    """y = min of the window; the gradient goes to the cell that won (the first, on a tie)."""

    example = "{type: minpool, kernel: 2}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("min_pool", "min_pooling")

    def scratch(self, x: Shape, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"winner": ((blocks, *y, lanes), "int32")}

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        winner = memory.scratch["winner"][: len(y)]
        kernels.pooling.min_forward(x, y, winner, self.kernel, self.strides, self.corner(x))

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            winner = memory.scratch["winner"][: len(y)]
            kernels.pooling.min_backward(winner, dy, dx, self.kernel, self.strides, self.corner(x))
