"""Adaptive average pooling: an image of any size becomes one of the size given, each number the mean of a bin.

He et al., "Spatial pyramid pooling in deep convolutional networks", 2014; the bins are PyTorch's AdaptiveAvgPool2d's.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._adaptive import AdaptivePool
from cnncli.layers._base import Array, Memory


class AdaptiveAveragePool(AdaptivePool, kind="adaptive_avgpool"):
    """y = mean of the bin; bins overlap where the size does not divide the input's."""

    example = "{type: adaptive_avgpool, size: 2}", (3, 5, 6)
    also_called: ClassVar[tuple[str, ...]] = ("adaptive_avg_pool", "adaptive_average_pool")
    family: ClassVar[str] = "pooling"
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, size_h, size_w]",
        "bins": "bin i of out holds the cells from floor(i H / out) up to, not including, ceil((i + 1) H / out)",
    }

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.resample.forward(x, y, "bins")

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.resample.backward(dy, dx, "bins")
