"""What the convolutions share, along however many axes: channels that are split into groups, counts, passes."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

from cnncli import kernels
from cnncli.layers._axis import Axis
from cnncli.layers._base import Array, Memory, Parameter, Shape, option
from cnncli.layers._groups import check_groups
from cnncli.layers._weights import WeightedLayer
from cnncli.layers._window import Pair, SlidingWindow, as_image, one_or_all
from cnncli.spec import values


class ConvolutionLayer(SlidingWindow, WeightedLayer):
    """Filters that slide over an image or a signal; `split` says how many, and what each of them sees."""

    @abstractmethod
    def split(self, channels: int) -> tuple[int, int]:
        """(K, G) for C channels; raises `Problem` where they cannot be split."""

    def output_shape(self, x: Shape) -> Shape:
        self.sizes(x)  # raises where x is no image (or no signal), before x[0] is taken for channels
        filters, _ = self.split(x[0])
        return filters, *self.positions(x)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        filters, groups = self.split(x[0])
        fan_out = filters // groups * math.prod(self.kernel_sizes)
        return self.weight_and_bias((filters, x[0] // groups, *self.kernel_sizes), fan_out)

    def macs(self, x: Shape) -> int:
        _, groups = self.split(x[0])
        return math.prod(self.output_shape(x)) * (x[0] // groups) * math.prod(self.kernel_sizes)

    def adds_gradient(self, x: Shape) -> bool:
        return not self._is_depthwise(x[0])

    def _is_depthwise(self, channels: int) -> bool:
        return self.split(channels)[1] == channels > 1

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        weight, bias = as_filters(memory.weights["weight"]), memory.weights.get("bias")
        passes, settings = self._passes(x)
        passes.forward(as_image(x), weight, bias, as_image(y), *settings, memory.relu)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        self.backward_of_output(memory, y, dy)
        dy, (passes, settings) = as_image(dy), self._passes(x)
        passes.weight_gradient(as_image(x), dy, as_filters(memory.gradients["weight"]), *settings)
        if dx is not None:
            more = {"add": True} if memory.adds else {}  # depthwise kernels know no such thing
            passes.data_gradient(dy, as_filters(memory.weights["weight"]), as_image(dx), *settings, **more)

    def _passes(self, x: Array) -> tuple[Any, tuple[Pair, Pair, Pair, int]]:
        """The kernels, and what they take after the arrays: stride, padding, dilation, groups."""
        window, channels = self.window(x.shape[2:-1]), x.shape[1]
        groups = self.split(channels)[1]
        passes = kernels.depthwise if self._is_depthwise(channels) else kernels.convolution
        return passes, (window.stride, window.before, window.dilation, groups)


class GroupedConvolution(ConvolutionLayer):
    """A convolution of K filters in G groups."""

    filters: int = option(values.positive, "K, the number of filters: the output's channels")
    groups: int = option(values.positive, "G: inputs and filters are split into G parts that do not mix", 1)

    def split(self, channels: int) -> tuple[int, int]:
        check_groups(self.groups, ("input channels", channels), ("filters", self.filters))
        return self.filters, self.groups

    def settings(self) -> str:
        further = further_settings(self.window_axes, self.groups, self.bias)
        return f"{self.filters} of {super().settings()}{further}"


def as_filters(weight: Array) -> Array:
    """[K, C/G, F_h, F_w], of a weight for signals too: its kernels are one column wide, as `as_image` has signals."""
    return weight if weight.ndim == 4 else weight.reshape(*weight.shape, 1)


def further_settings(axes: tuple[Axis, ...], groups: int, bias: bool) -> str:
    """What a table says of a convolution after its window: `, dilation 2, groups 4, no bias`."""
    dilations = [axis.dilation for axis in axes]
    parts = [f"dilation {one_or_all(dilations)}"] if max(dilations) > 1 else []
    parts += [f"groups {groups}"] if groups > 1 else []
    parts += [] if bias else ["no bias"]
    return "".join(f", {part}" for part in parts)
