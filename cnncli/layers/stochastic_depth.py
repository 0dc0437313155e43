"""Stochastic depth: in training, a branch is dropped for whole images with probability p.

Huang et al., "Deep networks with stochastic depth", 2016, in the inverted form of torchvision's StochasticDepth: what
is kept is scaled by 1/(1 - p), so that nothing has to be done when the network is used. It stands at the end of a
residual branch, before the sum.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, option
from cnncli.spec import values


class StochasticDepth(Layer, kind="stochastic_depth"):
    """y = x m / (1 - p), m drawn anew each step for each image, or for all together; y = x outside training."""

    example = "{type: stochastic_depth, p: 0.2}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("drop_path",)
    family: ClassVar[str] = "regularisation"
    keeps_values: ClassVar[bool] = True
    is_random: ClassVar[bool] = True
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "in training": "an image is 0 with probability p, else divided by 1 - p; drawn anew each step",
    }

    p: float = option(values.number_in(0.0, 1.0, high_included=False), "the probability of dropping an image")
    mode: str = option(values.one_of("row", "batch"), "row: each image on its own; batch: all or none", "row")

    def output_shape(self, x: Shape) -> Shape:
        return x

    def does_nothing(self, x: Shape) -> bool:
        return self.p == 0

    def settings(self) -> str:
        return f"p {self.p:g}" + ("" if self.mode == "row" else f", {self.mode}")

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        if memory.training:
            together = self.mode == "batch"
            kernels.stochastic_depth.forward(x, y, self.p, together, memory.seed, memory.step)
        else:
            y[...] = x

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is None:
            return
        if memory.training:
            together = self.mode == "batch"
            kernels.stochastic_depth.backward(dy, dx, self.p, together, memory.seed, memory.step)
        else:
            dx[...] = dy
