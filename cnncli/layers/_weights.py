"""What conv and dense share: a weight and a bias, and how their initial values are named.

The names are the field's: `he` scales by the inputs of a unit (He et al., 2015), `glorot` by inputs and outputs
(Glorot & Bengio, 2010), `lecun` as `he` without ReLU's factor of two (LeCun et al., 1998).
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Parameter, option
from cnncli.spec import values

INITIALIZERS = (
    "he_normal",
    "he_uniform",
    "glorot_normal",
    "glorot_uniform",
    "lecun_normal",
    "lecun_uniform",
    "zeros",
)


class WeightedLayer(Layer):
    """A layer with a weight and, unless `bias: false`, one bias per output."""

    family: ClassVar[str] = "weights"
    takes_activation: ClassVar[bool] = True
    fuses_relu: ClassVar[bool] = True
    takes_norm: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False

    bias: bool = option(values.boolean, "whether a bias is added to each output", True)
    initializer: str = option(
        values.one_of(*INITIALIZERS), "how the weight starts; a bias starts at 0", "glorot_uniform"
    )

    def weight_and_bias(
        self, shape: tuple[int, ...], fan_out: int, outputs: int | None = None
    ) -> tuple[Parameter, ...]:
        """The two parameters: `weight` of the given shape and `bias`; outputs come first, unless they are given."""
        weight = Parameter("weight", shape, self.initializer, math.prod(shape[1:]), fan_out)
        biases = shape[0] if outputs is None else outputs
        return (weight, Parameter("bias", (biases,), "zeros")) if self.bias else (weight,)

    def outputs_scaled(self, weight: Array, factors: Array) -> Array:
        """The weight with which each output is as many times as large as `factors` says; a new array."""
        return weight * factors.reshape(-1, *(1 for _ in weight.shape[1:]))

    def backward_of_output(self, memory: Memory, y: Array, dy: Array) -> None:
        """The fused ReLU's mask, in place in dy, and the bias's gradient: the sum of dy over images and places."""
        db = memory.gradients.get("bias")
        if memory.relu and db is not None:
            kernels.bias.relu_backward_bias(y, dy, db)
        elif memory.relu:
            kernels.activations.relu_backward(y, dy, dy)
        elif db is not None:
            kernels.bias.bias_gradient(dy, db)
