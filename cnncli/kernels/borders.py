"""Images with a border added or cut off, forward and backward.

Shapes: x, dx [B, C, H, W, LANES]; y, dy [B, C, out_h, out_w, LANES]; contiguous float32. `corner` is (top, left):
how far x lies inside y, or y inside x; what lies below and to the right follows from the shapes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import float32, int64, prange

from .compile import helper, kernel
from .fill import clear
from .host import LANES
from .memory import Array, Pair
from .vector import load, splat, store


def pad(x: Array, y: Array, corner: Pair, mode: str = "constant", value: float = 0.0) -> None:
    """y = x in a border of `value` (mode `constant`), of x mirrored in its edge cells (`reflect`), or of those cells
    repeated (`replicate`)."""
    rows, columns = (_sources(x.shape[2 + axis], y.shape[2 + axis], corner[axis], mode) for axis in (0, 1))
    _gather(x, y, rows, columns, float32(value))


def pad_backward(dy: Array, dx: Array, corner: Pair, mode: str = "constant") -> None:
    """dx = the sum of the dy whose value came from it. Overwrites dx."""
    if mode == "constant":
        crop(dy, dx, corner)
        return
    rows, columns = (_sources(dx.shape[2 + axis], dy.shape[2 + axis], corner[axis], mode) for axis in (0, 1))
    _scatter(dy, dx, rows, columns)


def crop(x: Array, y: Array, corner: Pair) -> None:
    """y = the part of x that starts at `corner`."""
    pad(x, y, (-corner[0], -corner[1]))


def crop_backward(dy: Array, dx: Array, corner: Pair) -> None:
    """dx = dy where x was kept, 0 where it was cut off."""
    pad(dy, dx, corner)


@lru_cache(maxsize=256)
def _sources(size: int, out: int, before: int, mode: str) -> Array:
    """Of each output row (or column) the input's, -1 where there is none."""
    source = np.arange(out) - before
    if mode == "replicate":
        return np.clip(source, 0, size - 1)
    if mode == "reflect":
        return (size - 1) - np.abs((size - 1) - np.abs(source))
    return np.where((source >= 0) & (source < size), source, -1)


@kernel
def _gather(x, y, rows, columns, value):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for task in prange(y.shape[0] * y.shape[1] * y.shape[2]):
        plane, row = int64(task) // y.shape[2], int64(task) % y.shape[2]
        source = (plane * x.shape[2] + rows[row]) * x.shape[3]
        _gather_row(flat_x, source, rows[row] < 0, flat_y, int64(task) * y.shape[3], columns, value)


@helper
def _gather_row(x, source, outside, y, into, columns, value):
    filling = splat(value)
    for column in range(columns.size):
        place = (into + column) * LANES
        if outside or columns[column] < 0:
            store(y, place, filling)
        else:
            store(y, place, load(x, (source + columns[column]) * LANES))


@kernel
def _scatter(dy, dx, rows, columns):
    flat_dy, flat_dx = dy.reshape(-1), dx.reshape(-1)
    for plane in prange(dx.shape[0] * dx.shape[1]):
        _scatter_plane(flat_dy, flat_dx, dx.shape[2], dx.shape[3], rows, columns, int64(plane))


@helper
def _scatter_plane(dy, dx, height, width, rows, columns, plane):
    clear(dx, plane * height * width * LANES, height * width * LANES)
    source = plane * rows.size * columns.size * LANES
    for row in rows:
        start = (plane * height + row) * width
        for column in columns:
            into = (start + column) * LANES
            store(dx, into, load(dx, into) + load(dy, source))
            source += LANES
