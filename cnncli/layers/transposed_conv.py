"""Transposed convolution: each input cell lays a filter, weighted, onto a larger image.

The data gradient of a convolution, used as a layer: Dumoulin & Visin, "A guide to convolution arithmetic for deep
learning", 2016; for upsampling in Long et al., "Fully convolutional networks for semantic segmentation", 2015.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.errors import BAD_VALUE, PADDING_TOO_LARGE
from cnncli.layers._axis import Axis
from cnncli.layers._base import Array, Memory, Parameter, Shape, Sight, option
from cnncli.layers._convolution import further_settings
from cnncli.layers._groups import check_groups
from cnncli.layers._weights import WeightedLayer
from cnncli.layers._window import DilatedImageWindow, Pair, one_or_all
from cnncli.spec import values
from cnncli.spec.problem import Problem


class TransposedConv(DilatedImageWindow, WeightedLayer, kind="transposed_conv"):
    """y[k, S h + D i - P, S w + D j - P] gathers w[c, k, i, j] x[c, h, w] over all c, h, w, i, j, and b[k].

    `padding` is cut from the output, as PyTorch's; `same` makes it S times as large as the input, as Keras's. The
    initializers count as both do: a unit's inputs are K/G F_h F_w, its outputs C/G F_h F_w.
    """

    example = "{type: transposed_conv, filters: 4, kernel: 4, stride: 2, padding: 1}", (6, 5, 5)
    also_called: ClassVar[tuple[str, ...]] = ("conv_transpose", "deconv", "deconvolution", "transposed_convolution")
    formulas: ClassVar[dict[str, str]] = {
        "output": "[K, out_h, out_w], out = (H - 1) S - P_before - P_after + D (F - 1) + output_padding + 1, "
        "or H S where padding is same",
        "parameters": "C K/G F_h F_w, and K biases",
        "MACs": "C H W K/G F_h F_w",
    }

    filters: int = option(values.positive, "K, the number of filters: the output's channels")
    groups: int = option(values.positive, "G: inputs and filters are split into G parts that do not mix", 1)
    output_padding: Pair = option(
        values.pair_of(values.non_negative), "rows and columns more, below and to the right: one number or [v, h]",
        (0, 0),
    )  # fmt: skip

    def output_shape(self, x: Shape) -> Shape:
        sizes = self.sizes(x)
        check_groups(self.groups, ("input channels", x[0]), ("filters", self.filters))
        axes = zip(self.window_axes, sizes, self.output_padding, strict=True)
        return self.filters, *(self._size(axis, size, more) for axis, size, more in axes)

    def _size(self, axis: Axis, size: int, more: int) -> int:
        if more and axis.padding is None:
            raise Problem(
                BAD_VALUE,
                f"`padding: same` makes the {axis.name} {size * axis.stride}, with no output padding to choose",
                "output_padding",
                hints=("write the padding as a number, or leave `output_padding` out",),
            )
        if more >= max(axis.stride, axis.dilation):
            raise Problem(
                BAD_VALUE,
                f"output padding {more} along the {axis.name} is not smaller than stride {axis.stride} "
                f"or dilation {axis.dilation}",
                "output_padding",
                hints=(f"{max(axis.stride, axis.dilation) - 1} is the most",),
            )
        if axis.padding is None:
            return size * axis.stride
        before, after = axis.padding
        out = (size - 1) * axis.stride - before - after + axis.effective_kernel + more
        if out < 1:
            raise Problem(
                PADDING_TOO_LARGE,
                f"padding {before} and {after} cuts away the whole {axis.name} of {out + before + after}",
                "padding",
                (
                    f"({size} - 1)*{axis.stride} - {before} - {after} + {axis.dilation}*({axis.kernel} - 1) "
                    f"+ {more} + 1 = {out}",
                ),
                (f"padding that sums to {out + before + after - 1} or less",),
            )
        return out

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        shape = (x[0], self.filters // self.groups, *self.kernel)
        return self.weight_and_bias(shape, x[0] // self.groups * math.prod(self.kernel), self.filters)

    def macs(self, x: Shape) -> int:
        return math.prod(x) * (self.filters // self.groups) * math.prod(self.kernel)

    def sight(self, x: Shape) -> tuple[Sight, ...]:
        return tuple(Sight(axis.effective_kernel - 1, 1, axis.stride) for axis in self.window_axes)

    def settings(self) -> str:
        more = f", output padding {one_or_all(self.output_padding)}" if any(self.output_padding) else ""
        further = further_settings(self.window_axes, self.groups, self.bias)
        return f"{self.filters} of {super().settings()}{more}{further}"

    def outputs_scaled(self, weight: Array, factors: Array) -> Array:
        channels, outputs, *kernel = weight.shape  # of all groups, of one
        grouped = weight.reshape(self.groups, -1, outputs, *kernel) * factors.reshape(self.groups, 1, outputs, 1, 1)
        return grouped.reshape(channels, outputs, *kernel)

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        weight, bias = memory.weights["weight"], memory.weights.get("bias")
        kernels.convolution.data_gradient(x, weight, y, *self._passes(), bias, memory.relu)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        self.backward_of_output(memory, y, dy)
        # What forward gathers, backward slides over: x and dy change places.
        kernels.convolution.weight_gradient(dy, x, memory.gradients["weight"], *self._passes())
        if dx is not None:
            kernels.convolution.forward(dy, memory.weights["weight"], None, dx, *self._passes())

    def _passes(self) -> tuple[Pair, Pair, Pair, int]:
        top, left = (self._cut_before(axis) for axis in self.window_axes)
        return self.stride, (top, left), self.dilation, self.groups

    @staticmethod
    def _cut_before(axis: Axis) -> int:
        """What is cut from the output's start. `same` cuts the odd cell from its end, as Keras and TensorFlow do."""
        return max(axis.effective_kernel - axis.stride, 0) // 2 if axis.padding is None else axis.padding[0]
