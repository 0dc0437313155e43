"""Global average pooling: each feature map becomes its mean (Lin et al., "Network in network", 2013)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, image_shape


class GlobalAveragePool(Layer, kind="global_avgpool"):
    """[C, H, W] -> [C, 1, 1]; `flatten` follows where a dense layer does."""

    example = "{type: global_avgpool}", (4, 6, 6)
    family: ClassVar[str] = "pooling"
    also_called: ClassVar[tuple[str, ...]] = ("gap", "global_avg_pool", "global_average_pool", "global_average_pooling")

    def output_shape(self, x: Shape) -> Shape:
        channels, _, _ = image_shape(self, x)
        return channels, 1, 1

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.pooling.global_average_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.pooling.global_average_backward(dy, dx)
