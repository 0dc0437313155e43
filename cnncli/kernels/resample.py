"""Images at another size: nearest, bilinear, and the averages of bins; forward and backward.

Each is linear, and the same along rows and columns: y = R x S with a matrix R [out_h, H] for the rows and another
for the columns. Every matrix row holds one run of numbers, and so does every column, so that the backward pass is
the same loop with the matrices transposed: each output is one sum, made by one thread in one order.

Shapes: x, dx [B, C, H, W, LANES]; y, dy [B, C, out_h, out_w, LANES]; contiguous float32.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import float32, int64, prange

from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import fma, load, splat, store


class _Matrix(NamedTuple):
    """Row r holds weights[starts[r] : starts[r + 1]], from column first[r] on, and zeros elsewhere."""

    first: np.ndarray
    starts: np.ndarray
    weights: np.ndarray


def forward(x: Array, y: Array, how: str) -> None:
    """Fills y from x; how: `nearest`, `bilinear` (PyTorch's align_corners=False), or `bins` (their averages)."""
    (rows, _), (columns, _) = (_matrices(how, x.shape[axis], y.shape[axis]) for axis in (2, 3))
    _resample(x, y, rows, columns)


def backward(dy: Array, dx: Array, how: str) -> None:
    """dx = dL/dx from dy = dL/dy. Overwrites dx."""
    (_, rows), (_, columns) = (_matrices(how, dx.shape[axis], dy.shape[axis]) for axis in (2, 3))
    _resample(dy, dx, rows, columns)


@lru_cache(maxsize=256)
def _matrices(how: str, size: int, out: int) -> tuple[_Matrix, _Matrix]:
    """The matrix [out, size] along one axis, and its transpose."""
    row, column, weight = {"nearest": _nearest, "bilinear": _bilinear, "bins": _bins}[how](size, out)
    order = np.lexsort((row, column))
    return _matrix(row, column, weight, out), _matrix(column[order], row[order], weight[order], size)


def _matrix(row, column, weight, rows):
    starts = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=rows))))
    return _Matrix(column[starts[:-1]], starts, weight.astype(np.float32))


def _nearest(size, out):
    row = np.arange(out)
    return row, row * size // out, np.ones(out)


def _bilinear(size, out):
    row = np.arange(out)
    place = np.maximum((row + 0.5) * size / out - 0.5, 0)
    low = np.minimum(place.astype(np.int64), size - 1)
    share = np.where(low + 1 < size, place - low, 0)
    above = share > 0
    rows, columns = np.concatenate((row, row[above])), np.concatenate((low, low[above] + 1))
    order = np.lexsort((columns, rows))
    return rows[order], columns[order], np.concatenate((1 - share, share[above]))[order]


def _bins(size, out):
    number = np.arange(out)
    begin, end = number * size // out, -(-(number + 1) * size // out)
    row = np.repeat(number, end - begin)
    column = np.arange(row.size) - np.repeat(np.cumsum(end - begin) - end, end - begin)
    return row, column, 1 / (end - begin)[row]


@kernel
def _resample(x, y, rows, columns):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for task in prange(y.shape[0] * y.shape[1] * y.shape[2]):
        _row(flat_x, x.shape[2], x.shape[3], flat_y, y.shape[2], y.shape[3], rows, columns, int64(task))


@helper
def _row(x, height, width, y, out_height, out_width, rows, columns, task):
    plane, row = task // out_height, task % out_height
    top = plane * height + rows.first[row] - rows.starts[row]
    into = task * out_width * LANES
    for column in range(out_width):
        total = splat(float32(0))
        for i in range(rows.starts[row], rows.starts[row + 1]):
            place = ((top + i) * width + columns.first[column]) * LANES
            part = splat(float32(0))
            for j in range(columns.starts[column], columns.starts[column + 1]):
                part = fma(splat(columns.weights[j]), load(x, place), part)
                place += LANES
            total = fma(splat(rows.weights[i]), part, total)
        store(y, into, total)
        into += LANES
