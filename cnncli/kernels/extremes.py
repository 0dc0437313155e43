"""Pooling through a window that slides: the largest or the smallest number, forward and backward.

Shapes and settings are as in `pooling`; padding is (top, left). Cells outside the input take no part.
"""

from __future__ import annotations

import math

from numba import float32, int64, prange

from .compile import helper, kernel
from .host import LANES
from .memory import Array, Pair
from .pooling import clear_rows, give, inside, layout, unrolled
from .vector import (
    load,
    load_whole,
    splat,
    splat_whole,
    store,
    store_whole,
    where_less,
    where_nan,
    where_same,
)


def max_forward(
    x: Array, y: Array, winner: Array, kernel: Pair, stride: Pair, padding: Pair, relu: bool = False
) -> None:
    """y = the window's largest value; winner (y's shape) = its cell i * F_w + j, the first of equals.

    A NaN in the window wins, as in PyTorch. With relu, y is at least 0, and where it is 0 no cell is the winner.
    winner is int32, or uint8 where the window has fewer than 256 cells; -1, which is 255, stands for no cell.
    """
    _extreme_forward(x, y, winner.reshape(-1), float32(1), kernel, stride, padding, relu, *unrolled(kernel))


def min_forward(x: Array, y: Array, winner: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """y = the window's smallest value; otherwise as `max_forward`."""
    _extreme_forward(x, y, winner.reshape(-1), float32(-1), kernel, stride, padding, False, *unrolled(kernel))


def backward(winner: Array, dy: Array, dx: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """Adds each dy to the cell of dx that won its window, for `max_forward` and `min_forward`."""
    apart, covered = layout(dy, dx, kernel, stride, padding)
    _backward(winner.reshape(-1), dy, dx, kernel, stride, padding, apart, covered, *unrolled(kernel))


@kernel
def _extreme_forward(x, y, winner, sign, kernel, stride, padding, relu, rows, columns):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for plane in prange(x.shape[0] * x.shape[1]):
        _extreme_plane(
            flat_x, x.shape, flat_y, y.shape, winner, splat(sign), kernel, stride, padding, relu, int64(plane),
            rows, columns,
        )  # fmt: skip


@helper
def _extreme_plane(x, x_shape, y, y_shape, winner, signs, kernel, stride, padding, relu, plane, rows, columns):
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = y_shape
    into = plane * out_height * out_width * LANES
    zero, none = splat(float32(0)), splat_whole(-1)
    for oh in range(out_height):
        top, i_begin, i_end = inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = inside(ow, kernel[1], stride[1], padding[1], width)
            place = ((plane * height + top) * width + left) * LANES
            if i_end - i_begin == len(rows) and j_end - j_begin == len(columns):
                best, cell = _best_of_all(x, place, width, signs, rows, columns)
            else:
                best, cell = _best_inside(x, place, width, signs, kernel, i_begin, i_end, j_begin, j_end)
            best = signs * best
            if relu:
                cell = where_nan(best, cell, where_less(zero, best, cell, none))
                best = where_less(best, zero, zero, best)
            store(y, into, best)
            store_whole(winner, into, cell)
            into += LANES


@helper
def _better(value, here, best, cell):
    """The better of a cell and the best so far; the first of equals, and NaN before all."""
    cell = where_nan(value, here, where_less(best, value, here, cell))
    return where_nan(value, value, where_less(best, value, value, best)), cell


@helper
def _best_of_all(x, place, width, signs, rows, columns):
    best, cell = splat(float32(-math.inf)), splat_whole(0)
    for i in range(len(rows)):
        for j in range(len(columns)):
            value = signs * load(x, place + (i * width + j) * LANES)
            best, cell = _better(value, splat_whole(i * len(columns) + j), best, cell)
    return best, cell


@helper
def _best_inside(x, place, width, signs, kernel, i_begin, i_end, j_begin, j_end):
    best, cell = splat(float32(-math.inf)), splat_whole(i_begin * kernel[1] + j_begin)
    for i in range(i_begin, i_end):
        for j in range(j_begin, j_end):
            value = signs * load(x, place + (i * width + j) * LANES)
            best, cell = _better(value, splat_whole(i * kernel[1] + j), best, cell)
    return best, cell


@kernel
def _backward(winner, dy, dx, kernel, stride, padding, apart, covered, rows, columns):
    flat_dy, flat_dx = dy.reshape(-1), dx.reshape(-1)
    for plane in prange(dx.shape[0] * dx.shape[1]):
        _extreme_gradient(
            winner, flat_dy, dy.shape, flat_dx, dx.shape, kernel, stride, padding, apart, covered, int64(plane),
            rows, columns,
        )  # fmt: skip


@helper
def _extreme_gradient(
    winner, dy, dy_shape, dx, dx_shape, kernel, stride, padding, apart, covered, plane, rows, columns
):
    _, _, height, width, _ = dx_shape
    _, _, out_height, out_width, _ = dy_shape
    cleared = height if covered else 0
    zero = splat(float32(0))
    source = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = inside(oh, kernel[0], stride[0], padding[0], height)
        cleared = clear_rows(dx, plane, height, width, cleared, min(height, top + i_end))
        for ow in range(out_width):
            left, j_begin, j_end = inside(ow, kernel[1], stride[1], padding[1], width)
            cell, gradient = load_whole(winner, source), load(dy, source)
            place = ((plane * height + top) * width + left) * LANES
            if i_end - i_begin == len(rows) and j_end - j_begin == len(columns):
                for i in range(len(rows)):
                    for j in range(len(columns)):
                        won = where_same(cell, splat_whole(i * len(columns) + j), gradient, zero)
                        give(dx, place + (i * width + j) * LANES, won, apart)
            else:
                for i in range(i_begin, i_end):
                    for j in range(j_begin, j_end):
                        won = where_same(cell, splat_whole(i * kernel[1] + j), gradient, zero)
                        give(dx, place + (i * width + j) * LANES, won, apart)
            source += LANES
    clear_rows(dx, plane, height, width, cleared, height)
