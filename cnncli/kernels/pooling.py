"""Pooling through a window that slides: max, min, average and L2, forward and backward.

Shapes: x, dx [B, C, H, W, LANES]; y, dy [B, C, out_h, out_w, LANES]; contiguous float32. kernel and stride are
pairs (vertical, horizontal); padding is (top, left), for averages (top, left, bottom, right). Windows may hang
over any edge: cells outside the input take no part in a maximum, minimum or norm. Every `*_backward` overwrites dx.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, int64, prange

from .compile import helper, kernel
from .fill import clear
from .host import LANES
from .memory import Array, Pair
from .vector import (
    load,
    load_whole,
    splat,
    splat_whole,
    square_root,
    store,
    store_whole,
    where_equal,
    where_less,
    where_nan,
    where_same,
)

_SMALLEST = float32(np.finfo(np.float32).smallest_subnormal)


def max_forward(
    x: Array, y: Array, winner: Array, kernel: Pair, stride: Pair, padding: Pair, relu: bool = False
) -> None:
    """y = the window's largest value; winner (int32, y's shape) = its cell i * F_w + j, the first of equals.

    A NaN in the window wins, as in PyTorch. With relu, y is at least 0.
    """
    _extreme_forward(x, y, winner.reshape(-1), float32(1), kernel, stride, padding, relu)


def min_forward(x: Array, y: Array, winner: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """y = the window's smallest value; otherwise as `max_forward`."""
    _extreme_forward(x, y, winner.reshape(-1), float32(-1), kernel, stride, padding, False)


def max_backward(
    winner: Array, y: Array, dy: Array, dx: Array, kernel: Pair, stride: Pair, padding: Pair, relu: bool = False
) -> None:
    """Adds each dy to the cell of dx that won its window; with relu, only where y is above 0."""
    _extreme_backward(winner.reshape(-1), y, dy, dx, kernel, stride, padding, relu)


def min_backward(winner: Array, y: Array, dy: Array, dx: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """Adds each dy to the cell of dx that won its window."""
    _extreme_backward(winner.reshape(-1), y, dy, dx, kernel, stride, padding, False)


def average_forward(
    x: Array, y: Array, kernel: Pair, stride: Pair, padding: tuple[int, int, int, int], count_padding: bool = True
) -> None:
    """y = the window's sum / its number of cells, of the padded input or (not count_padding) of the real one.

    Cells beyond the padded input, where the ceil rule lets a window reach, never count (PyTorch's AvgPool2d).
    """
    _average_forward(x, y, kernel, stride, padding, count_padding)


def average_backward(
    dy: Array, dx: Array, kernel: Pair, stride: Pair, padding: tuple[int, int, int, int], count_padding: bool = True
) -> None:
    """Spreads each dy evenly over its window, with the divisor of `average_forward`."""
    _average_backward(dy, dx, kernel, stride, padding, count_padding)


def l2_forward(x: Array, y: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """y = the square root of the window's sum of squares (PyTorch's LPPool2d with p = 2)."""
    _l2_forward(x, y, kernel, stride, padding)


def l2_backward(x: Array, y: Array, dy: Array, dx: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """dx = the sum over windows of dy x / y; 0 where y is 0."""
    _l2_backward(x, y, dy, dx, kernel, stride, padding)


@helper
def _inside(position, kernel, stride, padding, size):
    """The window's first cell, and which of its cells (begin, end) lie in the input."""
    first = position * stride - padding
    return first, min(kernel, max(0, -first)), max(0, min(kernel, size - first))


@kernel
def _extreme_forward(x, y, winner, sign, kernel, stride, padding, relu):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for plane in prange(x.shape[0] * x.shape[1]):
        _extreme_plane(flat_x, x.shape, flat_y, y.shape, winner, sign, kernel, stride, padding, relu, int64(plane))


@helper
def _extreme_plane(x, x_shape, y, y_shape, winner, sign, kernel, stride, padding, relu, plane):
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = y_shape
    into = plane * out_height * out_width * LANES
    signs, one = splat(sign), splat_whole(1)
    floor = splat(float32(0) if relu else float32(-math.inf))
    for oh in range(out_height):
        top, i_begin, i_end = _inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = _inside(ow, kernel[1], stride[1], padding[1], width)
            best = splat(float32(-math.inf))
            cell = splat_whole(i_begin * kernel[1] + j_begin)
            for i in range(i_begin, i_end):
                place = ((plane * height + top + i) * width + left + j_begin) * LANES
                here = splat_whole(i * kernel[1] + j_begin)
                for _ in range(j_begin, j_end):
                    value = signs * load(x, place)
                    cell = where_nan(value, here, where_less(best, value, here, cell))
                    best = where_nan(value, value, where_less(best, value, value, best))
                    here += one
                    place += LANES
            best = signs * best
            store(y, into, where_less(best, floor, floor, best))
            store_whole(winner, into, cell)
            into += LANES


@kernel
def _extreme_backward(winner, y, dy, dx, kernel, stride, padding, relu):
    flat_y, flat_dy, flat_dx = y.reshape(-1), dy.reshape(-1), dx.reshape(-1)
    floor = _SMALLEST if relu else float32(-math.inf)  # what is less gets no gradient
    for plane in prange(dx.shape[0] * dx.shape[1]):
        _extreme_gradient(
            winner, flat_y, flat_dy, dy.shape, flat_dx, dx.shape, kernel, stride, padding, floor, int64(plane)
        )


@helper
def _extreme_gradient(winner, y, dy, dy_shape, dx, dx_shape, kernel, stride, padding, floor, plane):
    _, _, height, width, _ = dx_shape
    _, _, out_height, out_width, _ = dy_shape
    clear(dx, plane * height * width * LANES, height * width * LANES)
    zero, one = splat(float32(0)), splat_whole(1)
    source = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = _inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = _inside(ow, kernel[1], stride[1], padding[1], width)
            cell, gradient = load_whole(winner, source), load(dy, source)
            gradient = where_less(load(y, source), splat(floor), zero, gradient)
            for i in range(i_begin, i_end):
                place = ((plane * height + top + i) * width + left + j_begin) * LANES
                here = splat_whole(i * kernel[1] + j_begin)
                for _ in range(j_begin, j_end):
                    store(dx, place, load(dx, place) + where_same(cell, here, gradient, zero))
                    here += one
                    place += LANES
            source += LANES


@helper
def _divisor(oh, ow, kernel, stride, padding, height, width, cells, count_padding):
    if count_padding:
        rows = min(kernel[0], height + padding[0] + padding[2] - oh * stride[0])
        columns = min(kernel[1], width + padding[1] + padding[3] - ow * stride[1])
        cells = rows * columns
    return float32(max(1, cells))


@kernel
def _average_forward(x, y, kernel, stride, padding, count_padding):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for plane in prange(x.shape[0] * x.shape[1]):
        _average_plane(flat_x, x.shape, flat_y, y.shape, kernel, stride, padding, count_padding, int64(plane))


@helper
def _average_plane(x, x_shape, y, y_shape, kernel, stride, padding, count_padding, plane):
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = y_shape
    into = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = _inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = _inside(ow, kernel[1], stride[1], padding[1], width)
            total = splat(float32(0))
            for i in range(i_begin, i_end):
                place = ((plane * height + top + i) * width + left + j_begin) * LANES
                for _ in range(j_begin, j_end):
                    total += load(x, place)
                    place += LANES
            cells = (i_end - i_begin) * (j_end - j_begin)
            divisor = _divisor(oh, ow, kernel, stride, padding, height, width, cells, count_padding)
            store(y, into, total / splat(divisor))
            into += LANES


@kernel
def _average_backward(dy, dx, kernel, stride, padding, count_padding):
    flat_dy, flat_dx = dy.reshape(-1), dx.reshape(-1)
    for plane in prange(dx.shape[0] * dx.shape[1]):
        _average_gradient(flat_dy, dy.shape, flat_dx, dx.shape, kernel, stride, padding, count_padding, int64(plane))


@helper
def _average_gradient(dy, dy_shape, dx, dx_shape, kernel, stride, padding, count_padding, plane):
    _, _, height, width, _ = dx_shape
    _, _, out_height, out_width, _ = dy_shape
    clear(dx, plane * height * width * LANES, height * width * LANES)
    source = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = _inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = _inside(ow, kernel[1], stride[1], padding[1], width)
            cells = (i_end - i_begin) * (j_end - j_begin)
            divisor = _divisor(oh, ow, kernel, stride, padding, height, width, cells, count_padding)
            share = load(dy, source) / splat(divisor)
            for i in range(i_begin, i_end):
                place = ((plane * height + top + i) * width + left + j_begin) * LANES
                for _ in range(j_begin, j_end):
                    store(dx, place, load(dx, place) + share)
                    place += LANES
            source += LANES


@kernel
def _l2_forward(x, y, kernel, stride, padding):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for plane in prange(x.shape[0] * x.shape[1]):
        _l2_plane(flat_x, x.shape, flat_y, y.shape, kernel, stride, padding, int64(plane))


@helper
def _l2_plane(x, x_shape, y, y_shape, kernel, stride, padding, plane):
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = y_shape
    into = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = _inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = _inside(ow, kernel[1], stride[1], padding[1], width)
            total = splat(float32(0))
            for i in range(i_begin, i_end):
                place = ((plane * height + top + i) * width + left + j_begin) * LANES
                for _ in range(j_begin, j_end):
                    value = load(x, place)
                    total += value * value
                    place += LANES
            store(y, into, square_root(total))
            into += LANES


@kernel
def _l2_backward(x, y, dy, dx, kernel, stride, padding):
    flat_x, flat_y, flat_dy, flat_dx = x.reshape(-1), y.reshape(-1), dy.reshape(-1), dx.reshape(-1)
    for plane in prange(x.shape[0] * x.shape[1]):
        _l2_gradient(flat_x, x.shape, flat_y, y.shape, flat_dy, flat_dx, kernel, stride, padding, int64(plane))


@helper
def _l2_gradient(x, x_shape, y, y_shape, dy, dx, kernel, stride, padding, plane):
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = y_shape
    clear(dx, plane * height * width * LANES, height * width * LANES)
    zero = splat(float32(0))
    source = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = _inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = _inside(ow, kernel[1], stride[1], padding[1], width)
            norm = load(y, source)
            share = where_equal(norm, zero, zero, load(dy, source) / norm)
            for i in range(i_begin, i_end):
                place = ((plane * height + top + i) * width + left + j_begin) * LANES
                for _ in range(j_begin, j_end):
                    store(dx, place, load(dx, place) + share * load(x, place))
                    place += LANES
            source += LANES
