"""Layer normalisation: each image by its own mean and variance.

Ba, Kiros & Hinton, "Layer normalization", 2016. Over the channels at each place, it is the norm of ConvNeXt (Liu et
al., "A ConvNet for the 2020s", 2022).
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Parameter, Shape, option
from cnncli.layers._norm import RunNorm
from cnncli.spec import values


class LayerNorm(RunNorm, kind="layernorm"):
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, over all numbers of an image or a place's channels."""

    example = "{type: layernorm}", (4, 5, 3)
    also_called: ClassVar[tuple[str, ...]] = ("ln", "layer_normalization")
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "value": "w (x - mean) / sqrt(variance + epsilon) + b, mean and variance (biased) over the C H W numbers of "
        "an image (over: all) or over the C numbers of a place (over: channels)",
        "parameters": "over all 2 C H W: weight and bias of each number; over channels 2 C; 0 without affine",
    }

    over: str = option(
        values.one_of("all", "channels"),
        "what is normalised together: all of an image, a weight for each number, as PyTorch's LayerNorm([C, H, W]); "
        "or the channels at each place, a weight for each channel, as in ConvNeXt",
        "all",
    )

    def output_shape(self, x: Shape) -> Shape:
        if self.over == "channels":
            self.check_more_than_one(x[0], x, "over", "`over: all` normalises over the places too")
        self.check_more_than_one(math.prod(x), x, None, "leave it out")
        return x

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return self.weight_and_bias(x if self.over == "all" else x[:1])

    def settings(self) -> str:
        return ", ".join(filter(None, (f"over {self.over}", super().settings())))

    def runs(self, x: Shape) -> int:
        return 1 if self.over == "all" else math.prod(x[1:])

    def places(self, x: Shape) -> int:
        return 1

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        if self.over == "all":
            super().forward(memory, x, y)
        else:
            weight, bias = memory.weights.get("weight"), memory.weights.get("bias")
            kernels.channel_norm.forward(x, y, weight, bias, memory.scratch["statistics"], self.epsilon)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if self.over == "all":
            super().backward(memory, x, y, dy, dx)
        else:
            gradients = memory.gradients.get("weight"), memory.gradients.get("bias")
            statistics = memory.scratch["statistics"]
            kernels.channel_norm.backward(x, dy, dx, memory.weights.get("weight"), *gradients, statistics)
