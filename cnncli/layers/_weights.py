"""What conv and dense share: a weight and a bias, and how they start."""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Parameter, option
from cnncli.layers._initializers import SCALED, Start, initializer_of, start_of
from cnncli.spec import values


class WeightedLayer(Layer):
    """A layer with a weight and, unless `bias: false`, one bias per output."""

    family: ClassVar[str] = "weights"
    takes_activation: ClassVar[bool] = True
    fuses_relu: ClassVar[bool] = True
    keeps_gradient: ClassVar[bool] = True
    takes_norm: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False

    bias: bool = option(values.boolean, "whether a bias is added to each output", True)
    initializer: str | Start = option(
        initializer_of(*SCALED, "orthogonal", "normal", "uniform", "constant", "zeros"),
        "how the weight starts: a word, or `{type: normal, std: 0.01}`",
        "glorot_uniform",
    )
    bias_initializer: str | Start = option(
        initializer_of("zeros", "constant", "normal", "uniform"),
        "how the bias starts: a word, or `{type: constant, value: 0.1}`",
        "zeros",
    )

    def weight_and_bias(
        self, shape: tuple[int, ...], fan_out: int, outputs: int | None = None
    ) -> tuple[Parameter, ...]:
        """The two parameters: `weight` of the given shape and `bias`; outputs come first, unless they are given."""
        how, number = start_of(self.initializer)
        weight = Parameter("weight", shape, how, math.prod(shape[1:]), fan_out, number)
        if not self.bias:
            return (weight,)
        how, number = start_of(self.bias_initializer)
        return weight, Parameter("bias", (shape[0] if outputs is None else outputs,), how, value=number)

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
