"""Layers that look through a window: the fields that say what it is, for images and for signals.

How many positions a window has is `Axis`'s to say, one axis at a time. The kernels know images alone: to them a
signal [C, W] is an image of W rows and one column, so that a long one is cut into bands that stay in cache.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar, NamedTuple

from cnncli.layers._axis import Axis, ImagePadding, SignalPadding, image_padding, signal_padding
from cnncli.layers._base import Array, Layer, Shape, Sight, option
from cnncli.layers._shapes import image_shape, signal_shape
from cnncli.spec import values

Pair = tuple[int, int]


class Window(NamedTuple):
    """A window as the kernels take it: (vertical, horizontal) pairs. `before` and `after` are the padding."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    before: Pair
    after: Pair


def as_image(array: Array) -> Array:
    """[B, C, H, W, L], of a signal's [B, C, W, L] too."""
    return array if array.ndim == 5 else array.reshape(*array.shape[:3], 1, array.shape[3])


def _pair(numbers: Iterable[int], missing: int) -> Pair:
    """(vertical, horizontal): a signal's one number is the vertical one."""
    first, *others = numbers
    return first, others[0] if others else missing


class WindowLayer(Layer):
    """A layer with a window along every axis but the channels; `ImageWindow` and `SignalWindow` give the fields."""

    @abstractmethod
    def axes(self) -> tuple[Axis, ...]:
        """The window along each axis."""

    @abstractmethod
    def sizes(self, x: Shape) -> Shape:
        """The axes' sizes; raises `Problem` where the input has not as many axes as the window."""

    @cached_property
    def window_axes(self) -> tuple[Axis, ...]:
        """What `axes` makes, made once: a chain of 10,000 layers asks for it often."""
        return self.axes()

    @property
    def kernel_sizes(self) -> Shape:
        """F along each axis."""
        return tuple(axis.kernel for axis in self.window_axes)

    def sight(self, x: Shape) -> tuple[Sight, ...]:
        return tuple(Sight(axis.effective_kernel - 1, axis.stride) for axis in self.window_axes)

    @cached_property
    def _windows(self) -> dict[Shape, Window]:
        """What `window` has found: each step of a training asks for the same again."""
        return {}

    def window(self, sizes: Shape) -> Window:
        """For the kernels, `same` resolved: `sizes` are those of the axes along which it slides."""
        if sizes not in self._windows:
            axes = self.window_axes
            padding = [axis.padding_for(size) for axis, size in zip(axes, sizes, strict=True)]
            self._windows[sizes] = Window(
                kernel=_pair((axis.kernel for axis in axes), 1),
                stride=_pair((axis.stride for axis in axes), 1),
                dilation=_pair((axis.dilation for axis in axes), 1),
                before=_pair((before for before, _ in padding), 0),
                after=_pair((after for _, after in padding), 0),
            )
        return self._windows[sizes]

    def settings(self) -> str:
        axes = self.window_axes
        parts = [by(self.kernel_sizes)]
        if any(axis.stride > 1 for axis in axes):
            parts.append(f"stride {one_or_all(axis.stride for axis in axes)}")
        padding = [axis.padding for axis in axes if axis.padding is not None]
        if not padding:
            parts.append("same")
        elif any(map(any, padding)):
            parts.append(f"padding {sides_in_words(padding)}")
        return ", ".join(parts)


class SlidingWindow(WindowLayer):
    """What convolutions and pools share: an output for every position of the window."""

    rounding: str = option(
        values.one_of("exact", "floor", "ceil"),
        "what to do with a remainder; exact makes it a fault",
        "exact",
    )

    def positions(self, x: Shape) -> Shape:
        """How many positions the window has along each axis, for an input of shape x."""
        axes = zip(self.window_axes, self.sizes(x), strict=True)
        return tuple(axis.positions(size, self.rounding) for axis, size in axes)

    def settings(self) -> str:
        return super().settings() + (f", {self.rounding}" if self.rounding != "exact" else "")


class ImageWindow(WindowLayer):
    """A window over H and W. `for_signals` is the kind that does the same along W alone, if there is one."""

    for_signals: ClassVar[str] = ""

    kernel: Pair = option(values.pair_of(values.positive), "window size F: one number or [vertical, horizontal]")
    padding: ImagePadding = option(
        image_padding, "P: a number, [v, h], [top, bottom, left, right], same, valid", (0, 0, 0, 0)
    )

    @property
    @abstractmethod
    def strides(self) -> Pair:
        """S along H and W."""

    @property
    def dilations(self) -> Pair:
        """D along H and W."""
        return 1, 1

    def axes(self) -> tuple[Axis, ...]:
        vertical = horizontal = None
        if self.padding != "same":
            top, bottom, left, right = self.padding
            vertical, horizontal = (top, bottom), (left, right)
        return (
            Axis("height", self.kernel[0], self.strides[0], self.dilations[0], vertical),
            Axis("width", self.kernel[1], self.strides[1], self.dilations[1], horizontal),
        )

    def sizes(self, x: Shape) -> Shape:
        return image_shape(self, x, self.for_signals)[1:]


class SignalWindow(WindowLayer):
    """A window over W. `for_images` is the kind that does the same over H and W."""

    for_images: ClassVar[str] = ""

    kernel: int = option(values.positive, "window size F")
    padding: SignalPadding = option(signal_padding, "P: a number, [before, after], same, valid", (0, 0))

    @property
    @abstractmethod
    def step(self) -> int:
        """S."""

    @property
    def spread(self) -> int:
        """D."""
        return 1

    def axes(self) -> tuple[Axis, ...]:
        return (Axis("width", self.kernel, self.step, self.spread, None if self.padding == "same" else self.padding),)

    def sizes(self, x: Shape) -> Shape:
        return signal_shape(self, x, self.for_images)[1:]


class DilatedImageWindow(ImageWindow):
    """A convolution's window over H and W."""

    stride: Pair = option(values.pair_of(values.positive), "step S: one number or [vertical, horizontal]", (1, 1))
    dilation: Pair = option(values.pair_of(values.positive), "distance D between the kernel's cells", (1, 1))

    @property
    def strides(self) -> Pair:
        return self.stride

    @property
    def dilations(self) -> Pair:
        return self.dilation


def by(numbers: Iterable[int]) -> str:
    """`5x5`."""
    return "x".join(str(number) for number in numbers)


def one_or_all(numbers: Iterable[int]) -> str:
    """`2`, or `2x1` where the two differ."""
    numbers = tuple(numbers)
    return str(numbers[0]) if len(set(numbers)) == 1 else by(numbers)


def sides_in_words(sides: Iterable[Pair]) -> str:
    """`1`, or `1x0` where the axes differ, or every side's: `[0, 1, 0, 1]`."""
    pairs = list(sides)
    if all(before == after for before, after in pairs):
        return one_or_all(before for before, _ in pairs)
    return str([side for pair in pairs for side in pair])
