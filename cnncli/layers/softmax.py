"""Softmax: logits become probabilities, p[u] = exp(z[u]) / sum over v of exp(z[v])."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.errors import SHAPE_NOT_ACCEPTED
from cnncli.layers._base import Activation, Array, Memory, Shape
from cnncli.layers._shapes import in_words
from cnncli.spec.problem import Problem


class Softmax(Activation, kind="softmax"):
    """Over the units of a flat input. Training looks at the logits before it, where rounding is kinder."""

    example = "{type: softmax}", (10,)
    formulas: ClassVar[dict[str, str]] = {
        "value": "exp(x[u]) / sum over v of exp(x[v])",
        "gradient": "dx[u] = y[u] (dy[u] - sum over v of y[v] dy[v])",
    }
    also_called: ClassVar[tuple[str, ...]] = ("normalized_exponential",)
    in_place: ClassVar[bool] = False  # a loss on logits looks at what comes before it, others at what comes after
    gives_probabilities: ClassVar[bool] = True

    @property
    def bounds(self) -> tuple[float, float]:
        return 0.0, 1.0

    def output_shape(self, x: Shape) -> Shape:
        if len(x) != 1:
            raise Problem(
                SHAPE_NOT_ACCEPTED,
                f"`softmax` takes a flat list of logits; what reaches it is {in_words(x)}",
                hints=("put `- {type: flatten}` and a dense layer before it",),
            )
        return x

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.softmax.forward(x, y)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.softmax.backward(y, dy, dx)
