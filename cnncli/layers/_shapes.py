"""What shape a layer takes: the three there are, and what is said where another one reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.errors import SHAPE_NOT_ACCEPTED
from cnncli.spec.problem import Problem

if TYPE_CHECKING:
    from cnncli.layers._base import Layer, Shape

_WORDS = {1: "", 2: "a signal ", 3: "an image "}


def in_words(x: Shape) -> str:
    """`an image [3, 8, 8]`, `a signal [3, 8]`, or `[192]`."""
    return f"{_WORDS[len(x)]}{list(x)}"


def image_shape(layer: Layer, x: Shape, for_signals: str = "") -> tuple[int, int, int]:
    """(C, H, W), or a `Problem` where the input is none. `for_signals`: the kind that does the same for signals."""
    if len(x) == 3:
        return x[0], x[1], x[2]
    if len(x) == 1:
        raise _not_accepted(layer, "an image [C, H, W]", x, "move it before `flatten`")
    reshaped = f"`- {{type: reshape, shape: [{x[0]}, 1, {x[1]}]}}` makes it an image"
    raise _not_accepted(layer, "an image [C, H, W]", x, f"use `{for_signals}`" if for_signals else reshaped)


def signal_shape(layer: Layer, x: Shape, for_images: str) -> tuple[int, int]:
    """(C, W), or a `Problem` where the input is none. `for_images`: the kind that does the same for images."""
    if len(x) == 2:
        return x[0], x[1]
    hint = "move it before `flatten`" if len(x) == 1 else f"use `{for_images}`"
    raise _not_accepted(layer, "a signal [C, W]", x, hint)


def maps_shape(layer: Layer, x: Shape) -> Shape:
    """The shape of an image or a signal, or a `Problem` where the input has been flattened."""
    if len(x) > 1:
        return x
    raise _not_accepted(layer, "an image [C, H, W] or a signal [C, W]", x, "move it before `flatten`")


def _not_accepted(layer: Layer, wanted: str, x: Shape, hint: str) -> Problem:
    message = f"`{layer.kind}` takes {wanted}; what reaches it is {in_words(x)}"
    return Problem(SHAPE_NOT_ACCEPTED, message, hints=(hint,))
