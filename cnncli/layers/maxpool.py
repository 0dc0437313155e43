"""Max pooling: of each window, the largest number; it keeps what is there and forgets where exactly."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Shape
from cnncli.layers._pool import ImagePool, PoolLayer, winner_dtype
from cnncli.layers._window import as_image


class MaxPooling(PoolLayer):
    """The passes, over images and signals."""

    takes_relu_over: ClassVar[bool] = True
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    relu_reads_output: ClassVar[bool] = False  # the winner says where it cut

    def scratch(self, x: Shape, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"winner": ((blocks, *y, lanes), winner_dtype(self.kernel_sizes))}

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        winner, window = memory.scratch["winner"][: len(y)], self.window(x.shape[2:-1])
        x, y = as_image(x), as_image(y)
        kernels.extremes.max_forward(x, y, winner, window.kernel, window.stride, window.before, memory.relu)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            winner, window = memory.scratch["winner"][: len(y)], self.window(x.shape[2:-1])
            dy, dx = as_image(dy), as_image(dx)
            kernels.extremes.backward(winner, dy, dx, window.kernel, window.stride, window.before)


class MaxPool(ImagePool, MaxPooling, kind="maxpool"):
    """y = max of the window; the gradient goes to the cell that won (the first, on a tie)."""

    example = "{type: maxpool, kernel: 2}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("max_pool", "max_pooling")
    for_signals: ClassVar[str] = "maxpool1d"
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, out_h, out_w], out = (W - F + P_before + P_after) / S + 1, S = F where it is left out",
    }
