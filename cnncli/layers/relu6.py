"""A rectifier with a ceiling: numbers below 0 become 0, numbers above 6 become 6.

Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010; Sandler et al., "MobileNetV2", 2018.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory


class Relu6(Activation, kind="relu6"):
    """y = min(max(x, 0), 6); dy/dx = 1 where 0 < y < 6, else 0."""

    example = "{type: relu6}", (4, 3, 3)
    formulas: ClassVar[dict[str, str]] = {
        "value": "min(max(x, 0), 6)",
        "gradient": "1 where 0 < y < 6, else 0",
    }

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, 6.0

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations.relu6_forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.activations.relu6_backward(y, dy, dx)
