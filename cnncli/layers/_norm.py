"""What the norms share: numbers are shifted and scaled to mean 0 and variance 1, then by a weight and a bias.

    y = weight (x - mean) / sqrt(variance + epsilon) + bias

Over which numbers mean and variance are taken is what tells the norms apart.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

from cnncli import kernels
from cnncli.errors import BAD_VALUE, SHAPE_NOT_ACCEPTED
from cnncli.layers._base import Array, Layer, Memory, Parameter, Shape, option
from cnncli.spec import values
from cnncli.spec.problem import Problem

_EPSILON = 1e-5


class NormLayer(Layer):
    """A norm with its epsilon and, unless `affine: false`, a weight and a bias."""

    family: ClassVar[str] = "normalisation"
    takes_activation: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False

    epsilon: float = option(
        values.number_in(1e-12, 1.0), "added to the variance, so that nothing is divided by 0", _EPSILON
    )
    affine: bool = option(values.boolean, "whether a weight (1 at first) and a bias (0) follow", True)

    def output_shape(self, x: Shape) -> Shape:
        return x

    def weight_and_bias(self, shape: Shape) -> tuple[Parameter, ...]:
        """The two parameters, where the layer has them."""
        if not self.affine:
            return ()
        return Parameter("weight", shape, "constant", value=1.0), Parameter("bias", shape, "constant", value=0.0)

    def settings(self) -> str:
        parts = [] if self.epsilon == _EPSILON else [f"epsilon {self.epsilon:g}"]
        if self.affine != type(self).affine:  # the kind's default
            parts.append("affine" if self.affine else "not affine")
        return ", ".join(parts)

    def check_more_than_one(self, numbers: int, x: Shape, where: str | None, hint: str) -> None:
        """A single number less its mean is 0, whatever it was: raises `Problem` where that is all there is."""
        if numbers == 1:
            raise Problem(
                BAD_VALUE if where else SHAPE_NOT_ACCEPTED,
                f"`{self.kind}` would normalise each number by itself, which makes all of them 0",
                where,
                (f"what reaches it is {list(x)}",),
                (hint,),
            )


class RunNorm(NormLayer):
    """A norm over runs of consecutive numbers of one image: groups of channels, or all of it."""

    @abstractmethod
    def runs(self, x: Shape) -> int:
        """How many runs an image of shape x has."""

    def places(self, x: Shape) -> int:
        """How many consecutive numbers share a weight: those of a channel."""
        return math.prod(x[1:])

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return self.weight_and_bias(x[:1])

    def scratch(self, x: Shape, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"statistics": ((blocks, self.runs(x), 3, lanes), "float32")}

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        weight, bias = memory.weights.get("weight"), memory.weights.get("bias")
        places = self.places(x.shape[1:-1])
        kernels.group_norm.forward(x, y, weight, bias, memory.scratch["statistics"], places, self.epsilon)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        gradients = memory.gradients.get("weight"), memory.gradients.get("bias")
        statistics, places = memory.scratch["statistics"], self.places(x.shape[1:-1])
        kernels.group_norm.backward(x, dy, dx, memory.weights.get("weight"), *gradients, statistics, places)
