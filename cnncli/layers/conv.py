"""Convolution: K filters of F x F x C/G slide over the image; each answers with one feature map.

Like every deep-learning library it correlates (the kernel is not flipped): LeCun et al., "Gradient-based
learning applied to document recognition", 1998; groups as in Krizhevsky et al., 2012.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._convolution import GroupedConvolution
from cnncli.layers._window import DilatedImageWindow


class Conv(GroupedConvolution, DilatedImageWindow, kind="conv"):
    """y[k] = b[k] + sum over c, i, j of w[k, c, i, j] x[c, S h + D i - P, S w + D j - P]."""

    example = "{type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}", (3, 8, 8)
    also_called: ClassVar[tuple[str, ...]] = ("conv2d", "convolution")
    for_signals: ClassVar[str] = "conv1d"
    formulas: ClassVar[dict[str, str]] = {
        "output": "[K, out_h, out_w], out = (W - F_eff + P_before + P_after) / S + 1, F_eff = D (F - 1) + 1",
        "parameters": "K C/G F_h F_w, and K biases",
        "MACs": "K out_h out_w C/G F_h F_w",
    }
