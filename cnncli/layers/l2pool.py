"""L2 pooling: of each window, the Euclidean length (Sermanet et al., 2012; Boureau et al., 2010)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory
from cnncli.layers._window import PoolLayer


class L2Pool(PoolLayer, kind="l2pool"):
    """y = sqrt(sum of x^2 over the window); dy/dx = x / y, and 0 where y is 0."""

    example = "{type: l2pool, kernel: 2}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("l2_pool", "lp_pool")

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.pooling.l2_forward(x, y, self.kernel, self.strides, self.corner(x))

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.pooling.l2_backward(x, y, dy, dx, self.kernel, self.strides, self.corner(x))
