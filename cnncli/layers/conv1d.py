"""Convolution of a signal [C, W]: K filters of F x C/G slide along it, as `conv`'s do over an image.

The time-delay network of Waibel et al., "Phoneme recognition using time-delay neural networks", 1989.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._base import option
from cnncli.layers._convolution import GroupedConvolution
from cnncli.layers._window import SignalWindow
from cnncli.spec import values


class Conv1d(GroupedConvolution, SignalWindow, kind="conv1d"):
    """y[k] = b[k] + sum over c, i of w[k, c, i] x[c, S w + D i - P]."""

    example = "{type: conv1d, filters: 8, kernel: 3, padding: 1, activation: relu}", (3, 16)
    also_called: ClassVar[tuple[str, ...]] = ("convolution1d",)
    for_images: ClassVar[str] = "conv"
    formulas: ClassVar[dict[str, str]] = {
        "output": "[K, out], out = (W - F_eff + P_before + P_after) / S + 1, F_eff = D (F - 1) + 1",
        "parameters": "K C/G F, and K biases",
        "MACs": "K out C/G F",
    }

    stride: int = option(values.positive, "step S", 1)
    dilation: int = option(values.positive, "distance D between the kernel's cells", 1)

    @property
    def step(self) -> int:
        return self.stride

    @property
    def spread(self) -> int:
        return self.dilation
