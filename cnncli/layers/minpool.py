"""Min pooling: of each window, the smallest number."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Shape
from cnncli.layers._pool import ImagePool, winner_dtype


class MinPool(ImagePool, kind="minpool"):
    """y = min of the window; the gradient goes to the cell that won (the first, on a tie)."""

    example = "{type: minpool, kernel: 2}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("min_pool", "min_pooling")
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, out_h, out_w], out = (W - F + P_before + P_after) / S + 1, S = F where it is left out",
    }

    def scratch(self, x: Shape, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"winner": ((blocks, *y, lanes), winner_dtype(self.kernel_sizes))}

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        winner, window = memory.scratch["winner"][: len(y)], self.window(x.shape[2:-1])
        kernels.extremes.min_forward(x, y, winner, window.kernel, window.stride, window.before)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            winner, window = memory.scratch["winner"][: len(y)], self.window(x.shape[2:-1])
            kernels.extremes.backward(winner, dy, dx, window.kernel, window.stride, window.before)
