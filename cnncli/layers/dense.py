"""Fully connected: every output is a weighted sum of all inputs, y = W x + b."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.errors import SHAPE_NOT_ACCEPTED
from cnncli.layers._base import Array, Memory, Parameter, Shape, option
from cnncli.layers._shapes import in_words
from cnncli.layers._weights import WeightedLayer
from cnncli.spec import values
from cnncli.spec.problem import Problem


class Dense(WeightedLayer, kind="dense"):
    """y[u] = b[u] + sum over i of w[u, i] x[i]."""

    example = "{type: dense, units: 10}", (84,)
    also_called: ClassVar[tuple[str, ...]] = ("fc", "fully_connected", "linear_layer", "inner_product")
    formulas: ClassVar[dict[str, str]] = {
        "output": "[U], U units",
        "parameters": "U I, I inputs, and U biases",
        "MACs": "U I",
    }

    units: int = option(values.positive, "the number of outputs")

    def output_shape(self, x: Shape) -> Shape:
        if len(x) != 1:
            raise Problem(
                SHAPE_NOT_ACCEPTED,
                f"`dense` takes a flat list of numbers; what reaches it is {in_words(x)}",
                hints=("put `- {type: flatten}` before it",),
            )
        return (self.units,)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return self.weight_and_bias((self.units, x[0]), self.units)

    def macs(self, x: Shape) -> int:
        return self.units * x[0]

    def settings(self) -> str:
        return f"{self.units} units" + ("" if self.bias else ", no bias")

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.dense.forward(x, memory.weights["weight"], memory.weights.get("bias"), y, memory.relu)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        self.backward_of_output(memory, y, dy)
        kernels.dense.weight_gradient(x, dy, memory.gradients["weight"])
        if dx is not None:
            kernels.dense.data_gradient(dy, memory.weights["weight"], dx)
