"""Depthwise convolution: every channel has filters of its own, which see no other channel.

Sifre, "Rigid-motion scattering for image classification", 2014; Howard et al., "MobileNets: efficient
convolutional neural networks for mobile vision applications", 2017, where a 1x1 `conv` mixes channels after it.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._base import option
from cnncli.layers._convolution import ConvolutionLayer, further_settings
from cnncli.layers._window import DilatedImageWindow
from cnncli.spec import values


class DepthwiseConv(DilatedImageWindow, ConvolutionLayer, kind="depthwise_conv"):
    """y[c M + m] = b[c M + m] + sum over i, j of w[c M + m, 0, i, j] x[c, S h + D i - P, S w + D j - P]."""

    example = "{type: depthwise_conv, kernel: 3, padding: 1, activation: relu}", (6, 8, 8)
    also_called: ClassVar[tuple[str, ...]] = ("depthwise", "depthwise_convolution")
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C M, out_h, out_w], out = (W - F_eff + P_before + P_after) / S + 1, F_eff = D (F - 1) + 1",
        "parameters": "C M F_h F_w, and C M biases",
        "MACs": "C M out_h out_w F_h F_w",
        "as a conv": "filters: C M, groups: C",
    }

    multiplier: int = option(values.positive, "M, the number of filters of each channel", 1)

    def split(self, channels: int) -> tuple[int, int]:
        return channels * self.multiplier, channels

    def settings(self) -> str:
        multiplier = f", multiplier {self.multiplier}" if self.multiplier > 1 else ""
        return super().settings() + multiplier + further_settings(self.window_axes, 1, self.bias)
