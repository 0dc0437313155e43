"""Depthwise convolution: M filters for each channel, which see no other (Sifre, 2014; Howard et al., 2017).

Shapes, strides, paddings and dilations are as in `convolution`, with groups = C: weight [C M, 1, F_h, F_w]. A channel
has so little work for what it reads and writes that memory sets the pace. A task is a plane of output. It keeps the
F_h rows of input it is at in a *ring*: rows of scratch with zeros around them, in the nearest cache. A tile of
neighbouring outputs then runs over its taps, all unrolled, without a test. Kernels are compiled per F_h x F_w and
stride; what is rare (dilation, large strides, large kernels, long rows) takes the general way of `convolution`.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, prange
from numba.np.ufunc.parallel import get_thread_id

from . import convolution, memory
from .compile import helper, kernel, threads
from .host import LANES, VECTOR_REGISTERS
from .memory import Array, Pair, no_bias
from .register_tile import relu_tile, sizes, spaced_places, splat_tile, store_tile, tile_places, zero_tile
from .vector import horizontal_sum, load, splat, store
from .window_tile import add_taps, add_tile, add_windows, splat_all

# Cells of a tile; 7 because images of 7, 14, 28, 56, ... cells are usual.
_WIDTHS = (8, 7, 4) if VECTOR_REGISTERS >= 32 else (4,)
_LARGEST = 7  # rows or columns of a filter
_FEW, _MANY = 2, 8  # filters of a channel: with more, `convolution` is faster forward, and backward
_LONGEST = 512  # cells of a row
_ROW, _ = sizes(1, 1)


def forward(
    x: Array, weight: Array, bias: Array | None, y: Array,
    stride: Pair, padding: Pair, dilation: Pair, groups: int, relu: bool = False,
) -> None:  # fmt: skip
    """y[b, k] = bias[k] + x[b, k // M] (*) weight[k], then max(0, .) if relu. Overwrites y."""
    if not _fits(weight, y, stride, padding, dilation) or len(weight) > _FEW * groups:
        convolution.forward(x, weight, bias, y, stride, padding, dilation, groups, relu)
        return
    bias = no_bias(y.shape[1]) if bias is None else bias
    _run(x, weight, bias, y, (y.shape[1] // groups, 1), padding, stride, (1, 1), 1, relu)


def data_gradient(
    dy: Array, weight: Array, dx: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int,
    bias: Array | None = None, relu: bool = False,
) -> None:  # fmt: skip
    """dx = dL/dx from dy = dL/dy. Overwrites dx. With a bias [C] it is added, then max(0, .) taken if relu."""
    if not _fits(weight, dx, stride, padding, dilation) or len(weight) > _MANY * groups:
        convolution.data_gradient(dy, weight, dx, stride, padding, dilation, groups, bias, relu)
        return
    # The same sum, of the filter turned by 180 degrees over dy with S - 1 zeros between its cells.
    padding = weight.shape[2] - 1 - padding[0], weight.shape[3] - 1 - padding[1]
    bias = no_bias(dx.shape[1]) if bias is None else bias
    _run(dy, weight, bias, dx, (1, dy.shape[1] // groups), padding, (1, 1), stride, -1, relu)


def weight_gradient(x: Array, dy: Array, dw: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int) -> None:
    """dw = dL/dweight from x and dy = dL/dy. Overwrites dw; sums in one order whatever the number of threads."""
    if not _fits(dw, dy, stride, padding, dilation) or len(dw) > _FEW * groups:
        convolution.weight_gradient(x, dy, dw, stride, padding, dilation, groups)
        return
    rows, columns = dw.shape[2:]
    # A tile holds all taps where there are registers for them, else those of one row of the filter.
    tile_rows = rows if rows * columns + 2 <= VECTOR_REGISTERS else 1
    row_size = ((dy.shape[3] - 1) * stride[1] + columns) * LANES
    sums_size = rows * columns * LANES
    scratch_size = (rows + 1) * row_size + sums_size
    scratch, places = memory.scratch(threads() * scratch_size), np.empty((threads(), rows), np.int64)
    _weight_gradient(
        x, dy, dw.reshape(-1), dy.shape[1] // groups, scratch, scratch_size, row_size, places, padding, stride,
        (0,) * rows, *sizes(tile_rows, tile_rows * columns),
    )  # fmt: skip


def _fits(weight, out, stride, padding, dilation):
    """Whether these kernels take the shapes."""
    rows, columns = weight.shape[2:]
    return (
        max(rows, columns) <= _LARGEST
        and dilation == (1, 1)
        and max(stride) <= 2
        and padding[0] < rows
        and padding[1] < columns
        and min(_WIDTHS) <= out.shape[3] <= _LONGEST
    )


def _run(x, weight, bias, y, shares, padding, stride, spread, order, relu):
    rows, columns = weight.shape[2:]
    width = min((cells for cells in _WIDTHS if cells <= y.shape[3]), key=lambda cells: -(-y.shape[3] // cells) * cells)
    row_size = ((y.shape[3] - 1) * stride[1] + columns) * LANES
    ring_size = (rows + 1) * row_size
    scratch = memory.scratch(threads() * shares[1] * ring_size)
    places = np.empty((threads(), shares[1], rows), np.int64)
    _correlate(
        x, weight.reshape(-1), bias, y, shares, scratch, ring_size, row_size, places, padding, stride[0], spread,
        order, relu, *sizes(rows, width), (0,) * (rows * columns), (0,) * stride[1],
    )  # fmt: skip


@kernel
def _correlate(
    x, weight, bias, y, shares, scratch, ring_size, row_size, places, padding, stride, spread, order, relu,
    rows, columns, taps, strided,
):  # fmt: skip
    """A plane of x is for shares[0] planes of y in turn, a plane of y the sum over shares[1] planes of x.

    order: 1, or -1 for filters turned by 180 degrees.
    """
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for each in prange(y.shape[0] * y.shape[1]):
        plane, thread = int64(each), get_thread_id()
        source, filters = plane // shares[0] * shares[1], plane % y.shape[1] * shares[1]
        _plane(
            flat_x, x.shape, source, shares[1], weight, filters, order, bias, plane % y.shape[1], relu,
            flat_y, y.shape, plane, scratch, thread * shares[1] * ring_size, ring_size, row_size, places[thread],
            padding, stride, spread, rows, columns, taps, strided,
        )  # fmt: skip


@helper
def _plane(
    x, x_shape, source, sources, weight, filters, order, bias, channel, relu, y, y_shape, plane, scratch, rings,
    ring_size, row_size, places, padding, stride, spread, rows, columns, taps, strided,
):  # fmt: skip
    height, width = y_shape[2:4]
    steps = spaced_places(columns, LANES, len(columns))
    first_tap = filters * len(taps) if order > 0 else (filters + 1) * len(taps) - 1
    _empty(scratch, rings, sources * ring_size)
    for row in range(height):
        first = row * stride - padding[0]
        begin = first if row == 0 else first + max(0, len(rows) - stride)
        for part in range(sources):
            ring = rings + part * ring_size
            _read_rows(
                x, x_shape, source + part, first, begin, scratch, ring, row_size, places[part], padding[1], spread, rows
            )
        into = (plane * height + row) * width * LANES
        for start in range(0, width, len(columns)):
            cell = min(start, width - len(columns))  # the last tile overlaps the one before it
            tile = splat_tile(_ROW, columns, bias, channel, 1)
            for part in range(sources):
                window = tile_places(rows, places[part], 0, len(rows))
                weights = splat_all(taps, weight, first_tap + part * len(taps), order)
                tile = add_windows(tile, scratch, window, cell * len(strided) * LANES, weights, strided)
            store_tile(relu_tile(tile) if relu else tile, y, steps, into + cell * LANES, 0, 1)


@helper
def _empty(scratch, start, size):
    for place in range(start, start + size, LANES):
        store(scratch, place, splat(float32(0)))


@helper
def _read_rows(x, x_shape, source, first, begin, scratch, ring, row_size, places, left, spread, rows):
    """Moves the ring on: the window's rows are those from `first`, those before `begin` are there already.

    Sets places to where they are; the row of zeros after the ring stands in for those outside the input, and for
    those between its rows where it is spread: that is by 1 or 2, and a shift divides by it.
    """
    down, across = spread[0] - 1, spread[1] - 1
    cells = min(x_shape[3], (row_size // LANES - left + across) >> across)
    for i in range(len(rows)):
        row = first + i
        inside = 0 <= row < x_shape[2] << down and row & down == 0
        places[i] = ring + (row % len(rows) if inside else len(rows)) * row_size
        if inside and row >= begin:
            cell, into = (source * x_shape[2] + (row >> down)) * x_shape[3] * LANES, places[i] + left * LANES
            for _ in range(cells):
                store(scratch, into, load(x, cell))
                cell += LANES
                into += LANES << across


@kernel
def _weight_gradient(
    x, dy, dw, readers, scratch, scratch_size, row_size, places, padding, stride, all_rows, rows, taps
):
    size = dw.size // dy.shape[1]
    flat_x, flat_dy = x.reshape(-1), dy.reshape(-1)
    for each in prange(dy.shape[1]):
        k, thread = int64(each), get_thread_id()
        ring = thread * scratch_size
        sums = ring + (len(all_rows) + 1) * row_size
        _empty(scratch, sums, size * LANES)
        for block in range(len(x)):
            source, plane = block * x.shape[1] + k // readers, block * dy.shape[1] + k
            _add_plane(
                flat_x, x.shape, source, flat_dy, dy.shape, plane, scratch, ring, row_size, places[thread], padding,
                stride, sums, all_rows, rows, taps,
            )  # fmt: skip
        for tap in range(size):
            dw[k * size + tap] = horizontal_sum(load(scratch, sums + tap * LANES))


@helper
def _add_plane(
    x, x_shape, source, dy, dy_shape, plane, scratch, ring, row_size, places, padding, stride, sums, all_rows, rows,
    taps,
):  # fmt: skip
    """Adds a plane's sums to those of its filter, row by row and lane by lane: short sums lose no digits."""
    height, width = dy_shape[2:4]
    _empty(scratch, ring, (len(all_rows) + 1) * row_size)
    for row in range(height):
        first = row * stride[0] - padding[0]
        begin = first if row == 0 else first + max(0, len(all_rows) - stride[0])
        _read_rows(x, x_shape, source, first, begin, scratch, ring, row_size, places, padding[1], (1, 1), all_rows)
        start = (plane * height + row) * width * LANES
        for i in range(0, len(all_rows), len(rows)):
            window, tile, cell = tile_places(rows, places, i, len(all_rows)), zero_tile(_ROW, taps), int64(0)
            for place in range(start, start + width * LANES, LANES):
                tile = add_taps(tile, scratch, window, cell, load(dy, place))
                cell += stride[1] * LANES
            add_tile(tile, scratch, sums + i // len(rows) * len(taps) * LANES)
