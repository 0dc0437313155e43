"""L2 pooling: of each window, the Euclidean length (Sermanet et al., 2012; Boureau et al., 2010)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Shape
from cnncli.layers._pool import ImagePool


class L2Pool(ImagePool, kind="l2pool"):
    """y = sqrt(sum of x^2 over the window); dy/dx = x / y, and 0 where y is 0."""

    example = "{type: l2pool, kernel: 2}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("l2_pool", "lp_pool")
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, out_h, out_w], out = (W - F + P_before + P_after) / S + 1, S = F where it is left out",
    }

    def does_nothing(self, x: Shape) -> bool:
        return False  # a window of one cell still drops its sign

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        window = self.window(x.shape[2:-1])
        kernels.pooling.l2_forward(x, y, window.kernel, window.stride, window.before)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            window = self.window(x.shape[2:-1])
            kernels.pooling.l2_backward(x, y, dy, dx, window.kernel, window.stride, window.before)
