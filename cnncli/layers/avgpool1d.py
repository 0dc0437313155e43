"""Average pooling of a signal [C, W]: of each window, the mean."""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._pool import SignalPool
from cnncli.layers.avgpool import AveragePooling


class AveragePool1d(SignalPool, AveragePooling, kind="avgpool1d"):
    """y = mean of the window. Padding counts as zeros (PyTorch, Caffe), but not `padding: same` (Keras)."""

    example = "{type: avgpool1d, kernel: 2}", (4, 12)
    also_called: ClassVar[tuple[str, ...]] = ("avg_pool1d", "average_pooling1d")
    for_images: ClassVar[str] = "avgpool"
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, out], out = (W - F + P_before + P_after) / S + 1, S = F where it is left out",
    }
