"""A scaled ELU whose two constants drive the outputs of many dense layers to mean 0 and variance 1.

Klambauer et al., "Self-normalizing neural networks", 2017. The paper asks for `initializer: lecun_normal` before it.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory

ALPHA = 1.6732632423543772848170429916717
SCALE = 1.0507009873554804934193349852946


class Selu(Activation, kind="selu"):
    """y = lambda x where x > 0, else lambda alpha (exp(x) - 1); dy/dx = lambda where y > 0, else y + lambda alpha."""

    example = "{type: selu}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {
        "value": "lambda x where x > 0, else lambda alpha (exp(x) - 1)",
        "gradient": "lambda where y > 0, else y + lambda alpha",
        "constants": "alpha = 1.67326324, lambda = 1.05070099",
    }

    @property
    def bounds(self) -> tuple[float, float]:
        return -SCALE * ALPHA, math.inf

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.elu_forward(x, y, ALPHA, SCALE)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.elu_backward(y, dy, dx, ALPHA, SCALE)
