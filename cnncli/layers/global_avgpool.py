"""Global average pooling: each feature map becomes its mean (Lin et al., "Network in network", 2013)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, Sight
from cnncli.layers._shapes import maps_shape


class GlobalAveragePool(Layer, kind="global_avgpool"):
    """[C, H, W] -> [C, 1, 1], or [C, W] -> [C, 1]; `flatten` follows where a dense layer does."""

    example = "{type: global_avgpool}", (4, 6, 6)
    family: ClassVar[str] = "pooling"
    also_called: ClassVar[tuple[str, ...]] = ("gap", "global_avg_pool", "global_average_pool", "global_average_pooling")
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[C, 1, 1], of a signal [C, 1]"}

    def output_shape(self, x: Shape) -> Shape:
        channels, *sizes = maps_shape(self, x)
        return channels, *(1 for _ in sizes)

    def sight(self, x: Shape) -> tuple[Sight, ...]:
        return tuple(Sight(size - 1, size) for size in x[1:])

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.adaptive_pooling.global_average_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.adaptive_pooling.global_average_backward(dy, dx)
