"""A leaky rectifier whose slope is learned, one per channel or one for all.

He et al., "Delving deep into rectifiers", 2015. The slopes start at 0.25, as in the paper. Of a flat input, each
unit is a channel.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Activation, Array, Memory, Parameter, Shape, option
from cnncli.spec import values


class Prelu(Activation, kind="prelu"):
    """y = x where x > 0, else w[c] x; dy/dw[c] = x where x <= 0, else 0."""

    example = "{type: prelu}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("parametric_relu",)
    in_place: ClassVar[bool] = False
    backward_reads_input: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "value": "x where x > 0, else w[c] x",
        "gradient": "1 where x > 0, else w[c]; of w[c]: x where x <= 0, else 0",
        "parameters": "C slopes, or 1 with `shared: true`; flat [U]: U",
    }

    shared: bool = option(values.boolean, "one slope for all channels instead of one for each", False)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return (Parameter("weight", (1 if self.shared else x[0],), "constant", value=0.25),)

    def settings(self) -> str:
        return "shared" if self.shared else ""

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.activations_prelu.forward(x, memory.weights["weight"], y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        # Where nobody needs dx, it goes where it does no harm: dy may be overwritten.
        into = dy if dx is None else dx
        kernels.activations_prelu.backward(x, memory.weights["weight"], dy, into, memory.gradients["weight"])
