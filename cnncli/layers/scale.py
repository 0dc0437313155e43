"""A learned factor for each channel: ConvNeXt's layer scale (Liu et al., 2022), Caffe's Scale layer."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Parameter, Shape, option
from cnncli.spec import values


class Scale(Layer, kind="scale"):
    """y[c] = w[c] x[c] + b[c]."""

    example = "{type: scale}", (4, 3, 3)
    family: ClassVar[str] = "normalisation"
    also_called: ClassVar[tuple[str, ...]] = ("layer_scale",)
    takes_activation: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "parameters": "C, and C biases if any",
    }

    bias: bool = option(values.boolean, "whether a number is added to each channel", False)
    initial: float = option(values.number_in(-1e6, 1e6), "what every factor starts at; ConvNeXt's 1e-6", 1.0)

    def output_shape(self, x: Shape) -> Shape:
        return x

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        weight = Parameter("weight", x[:1], "constant", value=self.initial)
        return (weight, Parameter("bias", x[:1], "zeros")) if self.bias else (weight,)

    def settings(self) -> str:
        parts = [f"from {self.initial:g}"] if self.initial != 1 else []
        return ", ".join(parts + (["bias"] if self.bias else []))

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.scale.forward(x, memory.weights["weight"], memory.weights.get("bias"), y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        kernels.scale.weight_gradient(x, dy, memory.gradients["weight"])
        if self.bias:
            kernels.bias.bias_gradient(dy, memory.gradients["bias"])
        if dx is not None:
            kernels.scale.forward(dy, memory.weights["weight"], None, dx)
