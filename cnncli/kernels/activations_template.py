"""The loops that all element-wise functions share: a function of vectors becomes one of whole arrays.

Numba compiles the vector function into the loop, so that nothing is called per vector. `settings` are numbers that
the function takes after its vectors, such as a slope.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int64, prange

from .chunks import chunks, places
from .compile import helper, kernel
from .memory import Array
from .vector import load, store


def forward(function: Callable[..., Any]) -> Callable[..., None]:
    """From `function(x, *settings)`, the value at a vector, makes `run(x, y, *settings)`, which fills y."""
    value = helper(function)

    def loop(x, y, settings):
        for chunk in prange(chunks(x.size)):
            for place in places(x.size, int64(chunk)):
                store(y, place, value(load(x, place), *settings))

    compiled = kernel(_named_as(function, loop))

    def run(x: Array, y: Array, *settings: float) -> None:
        compiled(x.reshape(-1), y.reshape(-1), _of_float32(settings))

    return _named_as(function, run)


def backward(function: Callable[..., Any]) -> Callable[..., None]:
    """From `function(kept, dy, *settings)`, the gradient at a vector, makes `run(kept, dy, dx, *settings)`.

    That fills dx. `kept` is an array of the forward pass: its input or its output, as the function says.
    """
    gradient = helper(function)

    def loop(kept, dy, dx, settings):
        for chunk in prange(chunks(kept.size)):
            for place in places(kept.size, int64(chunk)):
                store(dx, place, gradient(load(kept, place), load(dy, place), *settings))

    compiled = kernel(_named_as(function, loop))

    def run(kept: Array, dy: Array, dx: Array, *settings: float) -> None:
        compiled(kept.reshape(-1), dy.reshape(-1), dx.reshape(-1), _of_float32(settings))

    return _named_as(function, run)


def _of_float32(settings):
    return tuple(float32(setting) for setting in settings)


def _named_as(function, made):
    """`made` under the function's name, which is what a kernel is kept on disk by."""
    made.__module__, made.__name__, made.__qualname__ = function.__module__, function.__name__, function.__qualname__
    made.__doc__ = function.__doc__
    return made
