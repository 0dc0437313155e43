"""What the pools share: a stride that follows the kernel, and a real cell in every window."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

from cnncli.errors import PADDING_TOO_LARGE
from cnncli.layers._axis import Axis
from cnncli.layers._base import Shape, option
from cnncli.layers._window import ImageWindow, Pair, SignalWindow, SlidingWindow
from cnncli.spec import values
from cnncli.spec.problem import Problem


class PoolLayer(SlidingWindow):
    """A number for each window, channel by channel."""

    family: ClassVar[str] = "pooling"

    def output_shape(self, x: Shape) -> Shape:
        for axis in self.window_axes:
            if axis.padding is not None and max(axis.padding) >= axis.kernel:
                raise Problem(
                    PADDING_TOO_LARGE,
                    f"padding {max(axis.padding)} with a window of {axis.kernel}: a window would hold padding alone",
                    "padding",
                    hints=(f"padding {axis.kernel // 2} or less is usual",),
                )
        return x[0], *self.positions(x)

    def does_nothing(self, x: Shape) -> bool:
        return all(axis.kernel == axis.stride == 1 for axis in self.window_axes)


class ImagePool(ImageWindow, PoolLayer):
    """A pool over H and W."""

    stride: Pair | None = option(
        values.pair_of(values.positive),
        "step S: one number or [vertical, horizontal]; the kernel if left out",
        None,
    )

    @property
    def strides(self) -> Pair:
        return self.stride or self.kernel

    def axes(self) -> tuple[Axis, ...]:
        return _of_a_pool(super().axes(), self.stride is None)


class SignalPool(SignalWindow, PoolLayer):
    """A pool over W."""

    stride: int | None = option(values.positive, "step S; the kernel if left out", None)

    @property
    def step(self) -> int:
        return self.stride or self.kernel

    def axes(self) -> tuple[Axis, ...]:
        return _of_a_pool(super().axes(), self.stride is None)


def winner_dtype(kernel: Shape) -> str:
    """The smallest numbers that tell a window's cells apart, and no cell from them."""
    return "uint8" if math.prod(kernel) < 256 else "int32"


def _of_a_pool(axes: tuple[Axis, ...], follows: bool) -> tuple[Axis, ...]:
    return tuple(replace(axis, stride_is_kernel=follows, keeps_inside=True) for axis in axes)
