"""Convolution: K filters of F x F x C/G slide over the image; each answers with one feature map.

Like every deep-learning library it correlates (the kernel is not flipped): LeCun et al., "Gradient-based
learning applied to document recognition", 1998; groups as in Krizhevsky et al., 2012.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Parameter, Shape, image_shape, option
from cnncli.layers._groups import check_groups
from cnncli.layers._weights import WeightedLayer
from cnncli.layers._window import Pair, WindowLayer, one_or_pair
from cnncli.spec import values


class Conv(WindowLayer, WeightedLayer, kind="conv"):
    """y[k] = b[k] + sum over c, i, j of w[k, c, i, j] x[c, S h + D i - P, S w + D j - P]."""

    example = "{type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}", (3, 8, 8)
    also_called: ClassVar[tuple[str, ...]] = ("conv2d", "convolution")

    filters: int = option(values.positive, "K, the number of filters: the output's channels")
    stride: Pair = option(values.pair_of(values.positive), "step S: one number or [vertical, horizontal]", (1, 1))
    dilation: Pair = option(values.pair_of(values.positive), "distance D between the kernel's cells", (1, 1))
    groups: int = option(values.positive, "G: inputs and filters are split into G parts that do not mix", 1)

    @property
    def strides(self) -> Pair:
        return self.stride

    @property
    def dilations(self) -> Pair:
        return self.dilation

    def output_shape(self, x: Shape) -> Shape:
        channels, _, _ = image_shape(self, x)
        check_groups(self.groups, ("input channels", channels), ("filters", self.filters))
        return self.filters, *self.positions(x)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        shape = (self.filters, x[0] // self.groups, *self.kernel)
        return self.weight_and_bias(shape, self.filters // self.groups * self.kernel[0] * self.kernel[1])

    def macs(self, x: Shape) -> int:
        filters, out_h, out_w = self.output_shape(x)
        return filters * out_h * out_w * (x[0] // self.groups) * self.kernel[0] * self.kernel[1]

    def settings(self) -> str:
        parts = [f"{self.filters} of {super().settings()}"]
        if self.dilation != (1, 1):
            parts.append(f"dilation {one_or_pair(self.dilation)}")
        if self.groups > 1:
            parts.append(f"groups {self.groups}")
        if not self.bias:
            parts.append("no bias")
        return ", ".join(parts)

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        window = self.stride, self.corner(x), self.dilation, self.groups
        kernels.convolution.forward(x, memory.weights["weight"], memory.weights.get("bias"), y, *window, memory.relu)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        self.backward_of_output(memory, y, dy)
        window = self.stride, self.corner(x), self.dilation, self.groups
        kernels.convolution.weight_gradient(x, dy, memory.gradients["weight"], *window)
        if dx is not None:
            kernels.convolution.data_gradient(dy, memory.weights["weight"], dx, *window)
