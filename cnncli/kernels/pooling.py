"""Pooling through a window that slides: average and L2, forward and backward; `extremes` has max and min.

Shapes: x, dx [B, C, H, W, LANES]; y, dy [B, C, out_h, out_w, LANES]; contiguous float32. kernel and stride are
pairs (vertical, horizontal); padding is (top, left), for averages (top, left, bottom, right). Windows may hang
over any edge: cells outside the input take no part in a norm. Every `*_backward` overwrites dx.
"""

from __future__ import annotations

from numba import float32, int64, prange

from .compile import helper, kernel
from .fill import clear
from .host import LANES
from .memory import Array, Pair
from .vector import load, splat, square_root, store, where_equal

_FEW = 9  # cells


def average_forward(
    x: Array, y: Array, kernel: Pair, stride: Pair, padding: tuple[int, int, int, int], count_padding: bool = True
) -> None:
    """y = the window's sum / its number of cells, of the padded input or (not count_padding) of the real one.

    Cells beyond the padded input, where the ceil rule lets a window reach, never count (PyTorch's AvgPool2d).
    """
    _average_forward(x, y, kernel, stride, padding, count_padding, *unrolled(kernel))


def average_backward(
    dy: Array, dx: Array, kernel: Pair, stride: Pair, padding: tuple[int, int, int, int], count_padding: bool = True
) -> None:
    """Spreads each dy evenly over its window, with the divisor of `average_forward`."""
    apart, covered = layout(dy, dx, kernel, stride, padding)
    _average_backward(dy, dx, kernel, stride, padding, count_padding, apart, covered, *unrolled(kernel))


def l2_forward(x: Array, y: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """y = the square root of the window's sum of squares (PyTorch's LPPool2d with p = 2)."""
    _l2_forward(x, y, kernel, stride, padding)


def l2_backward(x: Array, y: Array, dy: Array, dx: Array, kernel: Pair, stride: Pair, padding: Pair) -> None:
    """dx = the sum over windows of dy x / y; 0 where y is 0."""
    _l2_backward(x, y, dy, dx, kernel, stride, padding)


def layout(dy, dx, kernel, stride, padding):
    """Whether no two windows share a cell, and whether they are tiles that between them cover all cells."""
    apart = stride[0] >= kernel[0] and stride[1] >= kernel[1]
    tiled = dy.shape[2] * stride[0], dy.shape[3] * stride[1]
    return apart, kernel == stride and padding[:2] == (0, 0) and dx.shape[2:4] == tiled


def unrolled(kernel):
    """Tuples as long as the window is high and wide, for the compiler to count, if it is small; else empty ones."""
    rows, columns = kernel
    return ((0,) * rows, (0,) * columns) if rows * columns <= _FEW else ((), ())


@helper
def inside(position, kernel, stride, padding, size):
    """The window's first cell, and which of its cells (begin, end) lie in the input."""
    first = position * stride - padding
    return first, min(kernel, max(0, -first)), max(0, min(kernel, size - first))


@helper
def clear_rows(dx, plane, height, width, begin, end):
    """Clears the rows that windows reach for the first time, while they are at hand; returns how many are clear."""
    if begin < end:
        clear(dx, (plane * height + begin) * width * LANES, (end - begin) * width * LANES)
    return max(begin, end)


@helper
def give(dx, place, gradient, alone):
    """Gives a cell its gradient of one window; `alone`: it is in no other."""
    store(dx, place, gradient if alone else load(dx, place) + gradient)


@helper
def _divisor(oh, ow, kernel, stride, padding, height, width, cells, count_padding):
    if count_padding:
        rows = min(kernel[0], height + padding[0] + padding[2] - oh * stride[0])
        columns = min(kernel[1], width + padding[1] + padding[3] - ow * stride[1])
        cells = rows * columns
    return float32(max(1, cells))


@kernel
def _average_forward(x, y, kernel, stride, padding, count_padding, rows, columns):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for plane in prange(x.shape[0] * x.shape[1]):
        _average_plane(
            flat_x, x.shape, flat_y, y.shape, kernel, stride, padding, count_padding, int64(plane), rows, columns
        )


@helper
def _average_plane(x, x_shape, y, y_shape, kernel, stride, padding, count_padding, plane, rows, columns):
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = y_shape
    into = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = inside(ow, kernel[1], stride[1], padding[1], width)
            place, total = ((plane * height + top) * width + left) * LANES, splat(float32(0))
            if i_end - i_begin == len(rows) and j_end - j_begin == len(columns):
                for i in range(len(rows)):
                    for j in range(len(columns)):
                        total += load(x, place + (i * width + j) * LANES)
            else:
                for i in range(i_begin, i_end):
                    for j in range(j_begin, j_end):
                        total += load(x, place + (i * width + j) * LANES)
            cells = (i_end - i_begin) * (j_end - j_begin)
            divisor = _divisor(oh, ow, kernel, stride, padding, height, width, cells, count_padding)
            store(y, into, total / splat(divisor))
            into += LANES


@kernel
def _average_backward(dy, dx, kernel, stride, padding, count_padding, apart, covered, rows, columns):
    flat_dy, flat_dx = dy.reshape(-1), dx.reshape(-1)
    for plane in prange(dx.shape[0] * dx.shape[1]):
        _average_gradient(
            flat_dy, dy.shape, flat_dx, dx.shape, kernel, stride, padding, count_padding, apart, covered,
            int64(plane), rows, columns,
        )  # fmt: skip


@helper
def _average_gradient(
    dy, dy_shape, dx, dx_shape, kernel, stride, padding, count_padding, apart, covered, plane, rows, columns
):
    _, _, height, width, _ = dx_shape
    _, _, out_height, out_width, _ = dy_shape
    cleared = height if covered else 0
    source = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = inside(oh, kernel[0], stride[0], padding[0], height)
        cleared = clear_rows(dx, plane, height, width, cleared, min(height, top + i_end))
        for ow in range(out_width):
            left, j_begin, j_end = inside(ow, kernel[1], stride[1], padding[1], width)
            place = ((plane * height + top) * width + left) * LANES
            cells = (i_end - i_begin) * (j_end - j_begin)
            divisor = _divisor(oh, ow, kernel, stride, padding, height, width, cells, count_padding)
            share = load(dy, source) / splat(divisor)
            if i_end - i_begin == len(rows) and j_end - j_begin == len(columns):
                for i in range(len(rows)):
                    for j in range(len(columns)):
                        give(dx, place + (i * width + j) * LANES, share, apart)
            else:
                for i in range(i_begin, i_end):
                    for j in range(j_begin, j_end):
                        give(dx, place + (i * width + j) * LANES, share, apart)
            source += LANES
    clear_rows(dx, plane, height, width, cleared, height)


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
        top, i_begin, i_end = inside(oh, kernel[0], stride[0], padding[0], height)
        for ow in range(out_width):
            left, j_begin, j_end = inside(ow, kernel[1], stride[1], padding[1], width)
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
    zero, cleared = splat(float32(0)), 0
    source = plane * out_height * out_width * LANES
    for oh in range(out_height):
        top, i_begin, i_end = inside(oh, kernel[0], stride[0], padding[0], height)
        cleared = clear_rows(dx, plane, height, width, cleared, min(height, top + i_end))
        for ow in range(out_width):
            left, j_begin, j_end = inside(ow, kernel[1], stride[1], padding[1], width)
            norm = load(y, source)
            share = where_equal(norm, zero, zero, load(dy, source) / norm)
            for i in range(i_begin, i_end):
                place = ((plane * height + top + i) * width + left + j_begin) * LANES
                for _ in range(j_begin, j_end):
                    store(dx, place, load(dx, place) + share * load(x, place))
                    place += LANES
            source += LANES
    clear_rows(dx, plane, height, width, cleared, height)
