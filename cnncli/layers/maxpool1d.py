"""Max pooling of a signal [C, W]: of each window, the largest number."""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._pool import SignalPool
from cnncli.layers.maxpool import MaxPooling


class MaxPool1d(SignalPool, MaxPooling, kind="maxpool1d"):
    """y = max of the window; the gradient goes to the cell that won (the first, on a tie)."""

    example = "{type: maxpool1d, kernel: 2}", (4, 12)
    also_called: ClassVar[tuple[str, ...]] = ("max_pool1d", "max_pooling1d")
    for_images: ClassVar[str] = "maxpool"
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, out], out = (W - F + P_before + P_after) / S + 1, S = F where it is left out",
    }
