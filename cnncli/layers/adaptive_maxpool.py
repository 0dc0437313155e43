"""Adaptive max pooling: an image of any size becomes one of the size given, each number the largest of a bin.

He et al., "Spatial pyramid pooling in deep convolutional networks", 2014; the bins are PyTorch's AdaptiveMaxPool2d's.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._adaptive import AdaptivePool, MaximumOfBins


class AdaptiveMaxPool(AdaptivePool, MaximumOfBins, kind="adaptive_maxpool"):
    """y = max of the bin; the gradient goes to the cell that won (the first, on a tie)."""

    example = "{type: adaptive_maxpool, size: 2}", (3, 5, 6)
    also_called: ClassVar[tuple[str, ...]] = ("adaptive_max_pool",)
    family: ClassVar[str] = "pooling"
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, size_h, size_w]",
        "bins": "bin i of out holds the cells from floor(i H / out) up to, not including, ceil((i + 1) H / out)",
    }
