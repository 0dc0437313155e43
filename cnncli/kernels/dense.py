"""The dense (fully connected) layer: y = weight x + bias for every image.

Shapes: x, dx [B, in, LANES]; weight, dw [out, in]; bias [out]; y, dy [B, out, LANES]; all contiguous float32.
Forward and data gradient are one loop, over the weight's rows or columns: tiles of M units x N blocks. The
weight gradient sums over images, so it turns x and dy image-major first and puts the inputs into the lanes.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, prange
from numba.np.ufunc.parallel import get_thread_id

from . import memory
from .axes import even_share
from .compile import helper, kernel, threads
from .host import LANES, VECTOR_REGISTERS
from .memory import Array
from .register_tile import (
    load_tile,
    multiply_add,
    relu_tile,
    sizes,
    spaced_places,
    splat_tile,
    store_tile,
    write_tile,
    zero_tile,
)
from .transpose import transpose
from .vector import load, store

_ROWS = 6
_COLUMNS = 4 if VECTOR_REGISTERS >= 32 else 2
_DEPTH = 96  # terms between two visits of a tile: N blocks of them fit the nearest cache
_STRIPS = 8  # per task: their weights stay near while the depth goes by
_TASKS = 8


def forward(x: Array, weight: Array, bias: Array | None, y: Array, relu: bool = False) -> None:
    """y = weight x + bias (None: without one), then max(0, .) if relu. Overwrites y."""
    rows, columns = _tile(x.shape[0])
    bias = memory.no_bias(len(weight)) if bias is None else bias
    _matrix_times_blocks(x, weight.reshape(-1), bias, y, relu, rows, columns)


def data_gradient(dy: Array, weight: Array, dx: Array) -> None:
    """dx = weight^T dy. Overwrites dx."""
    rows, columns = _tile(dy.shape[0])
    scratch = memory.scratch(threads() * _DEPTH * _STRIPS * _ROWS)
    _transposed_times_blocks(dy, weight.reshape(-1), dx, scratch, rows, columns)


def weight_gradient(x: Array, dy: Array, dw: Array) -> None:
    """dw = sum over the images of dy x^T. Overwrites dw; one order of summation for any number of threads."""
    outputs, inputs = dw.shape
    images = x.shape[0] * LANES
    rows, columns = sizes(_ROWS, _COLUMNS)
    width = len(columns) * LANES
    panels, strips = -(-inputs // width), -(-outputs // len(rows))
    scratch = memory.scratch(images * (panels * width + strips * len(rows)))
    streamed = inputs % LANES == 0 and memory.streamed(dw)  # each row has to begin on a whole vector
    _outer_products(x, dy, dw.reshape(-1), scratch, streamed, rows, columns)


def _tile(blocks):
    return sizes(_ROWS, even_share(blocks, _COLUMNS))


@kernel
def _matrix_times_blocks(x, weight, bias, y, relu, rows, columns):
    """y[b, r] = bias[r] + sum over t of weight[r, t] x[b, t]."""
    blocks, terms, _ = x.shape
    strips = (y.shape[1] + len(rows) - 1) // len(rows)
    groups = (blocks + len(columns) - 1) // len(columns)
    share = max(1, min(_STRIPS, strips * groups // _TASKS))
    parts = (strips + share - 1) // share
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for each in prange(groups * parts):
        task = int64(each)
        block, part = task // parts * len(columns), task % parts
        for begin in range(0, terms, _DEPTH):
            for strip in range(part * share, min(strips, part * share + share)):
                first = strip * len(rows)
                valid = min(len(rows), y.shape[1] - first)
                if begin == 0:
                    tile = splat_tile(rows, columns, bias, first, valid)
                else:
                    tile = _tile_of(flat_y, blocks, y.shape[1], block, first, valid, rows, columns)
                _add_terms(
                    tile, flat_x, terms, begin, weight, first * terms + begin, terms, 1, flat_y, blocks, y.shape[1],
                    block, first, valid, relu, rows, columns,
                )  # fmt: skip


@kernel
def _transposed_times_blocks(x, weight, y, scratch, rows, columns):
    """y[b, r] = sum over t of weight[t, r] x[b, t].

    A task is some rows of y. What it needs of the weights lies far apart, on a page of memory for every term: it is
    copied to scratch first, `_DEPTH` terms at a time, for all blocks.
    """
    blocks, terms, _ = x.shape
    outputs = y.shape[1]
    strips = (outputs + len(rows) - 1) // len(rows)
    width = max(1, min(_STRIPS, strips // _TASKS)) * len(rows)
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for each in prange((outputs + width - 1) // width):
        start, first_row = get_thread_id() * _DEPTH * width, int64(each) * width
        last_row = min(outputs, first_row + width)
        for begin in range(0, terms, _DEPTH):
            _copy_columns(weight, begin * outputs + first_row, outputs, scratch, start, width, last_row - first_row,
                          min(terms, begin + _DEPTH) - begin)  # fmt: skip
            for block in range(0, blocks, len(columns)):
                for first in range(first_row, last_row, len(rows)):
                    valid = min(len(rows), outputs - first)
                    if begin == 0:
                        tile = zero_tile(rows, columns)
                    else:
                        tile = _tile_of(flat_y, blocks, outputs, block, first, valid, rows, columns)
                    _add_terms(
                        tile, flat_x, terms, begin, scratch, start + first - first_row, 1, width, flat_y, blocks,
                        outputs, block, first, valid, False, rows, columns,
                    )  # fmt: skip


@helper
def _copy_columns(weight, place, step, scratch, into, width, count, terms):
    """The first `count` of `width` columns of some rows of the weight, side by side."""
    whole = count - count % LANES
    for _ in range(terms):
        for column in range(0, whole, LANES):
            store(scratch, into + column, load(weight, place + column))
        for column in range(whole, count):
            scratch[into + column] = weight[place + column]
        place += step
        into += width


@helper
def _tile_of(y, blocks, outputs, block, first, valid, rows, columns):
    """What is in y so far."""
    places = spaced_places(columns, outputs * LANES, blocks - block)
    return load_tile(rows, y, places, (block * outputs + first) * LANES, LANES, valid)


@helper
def _add_terms(
    tile, x, terms, begin, weight, w, row_stride, term_stride, y, blocks, outputs, block, first, valid, relu, rows,
    columns,
):  # fmt: skip
    """Adds the `_DEPTH` terms from `begin` to a tile of y, with the weights from place w on, and stores it."""
    end = min(terms, begin + _DEPTH)
    x_places = spaced_places(columns, terms * LANES, blocks - block)
    weight_places = spaced_places(rows, row_stride, valid)
    place = (block * terms + begin) * LANES
    for _ in range(begin, end):
        tile = multiply_add(tile, x, x_places, place, weight, weight_places, w)
        place += LANES
        w += term_stride
    if relu and end == terms:
        tile = relu_tile(tile)
    places = spaced_places(columns, outputs * LANES, blocks - block)
    store_tile(tile, y, places, (block * outputs + first) * LANES, LANES, valid)


@kernel
def _outer_products(x, dy, dw, scratch, streamed, rows, columns):
    blocks, inputs, _ = x.shape
    outputs = dy.shape[1]
    width = len(columns) * LANES
    panels = (inputs + width - 1) // width
    strips = (outputs + len(rows) - 1) // len(rows)
    flat_x, flat_dy = x.reshape(-1), dy.reshape(-1)
    strips_start = blocks * LANES * panels * width
    parts = min(strips, (_TASKS + panels - 1) // panels)
    tasks = (panels + strips, panels * parts)
    for stage in range(2):  # one parallel loop for both stages: each such loop takes long to compile
        for each in prange(tasks[stage]):
            task = int64(each)
            if stage == 0 and task < panels:
                _image_major(flat_x, blocks, inputs, scratch, 0, task, width)
            elif stage == 0:
                _image_major(flat_dy, blocks, outputs, scratch, strips_start, task - panels, len(rows))
            else:
                panel, part = task // parts, task % parts
                _panel(
                    scratch, strips_start, dw, blocks * LANES, inputs, outputs, panel,
                    part * strips // parts, (part + 1) * strips // parts, streamed, rows, columns,
                )  # fmt: skip


@helper
def _image_major(source, blocks, features, target, start, panel, width):
    """Copies `width` features of [B, features, LANES] as [image][feature]; zeros beyond the last feature."""
    first = panel * width
    start += blocks * LANES * first
    whole = min(width, features - first) // LANES * LANES
    for block in range(blocks):
        into = start + block * LANES * width
        place = (block * features + first) * LANES
        for feature in range(0, whole, LANES):
            transpose(source, place + feature * LANES, LANES, target, into + feature, width)
        for feature in range(whole, width):
            inside = first + feature < features
            for lane in range(LANES):
                target[into + feature + lane * width] = source[place + feature * LANES + lane] if inside else float32(0)


@helper
def _panel(scratch, strips_start, dw, images, inputs, outputs, panel, first_strip, last_strip, streamed, rows, columns):
    """dw[u, i] for the inputs of one panel and the units of some strips."""
    width = len(columns) * LANES
    places = spaced_places(columns, LANES, len(columns))
    row = spaced_places(rows, 1, len(rows))
    edge = np.empty(len(rows) * width, np.float32)
    for strip in range(first_strip, last_strip):
        tile = zero_tile(rows, columns)
        place = panel * images * width
        other = strips_start + strip * images * len(rows)
        for _ in range(images):
            tile = multiply_add(tile, scratch, places, place, scratch, row, other)
            place += width
            other += len(rows)
        first, valid = strip * len(rows), min(len(rows), outputs - strip * len(rows))
        if (panel + 1) * width <= inputs:
            write_tile(tile, dw, places, first * inputs + panel * width, inputs, valid, streamed)
        else:
            store_tile(tile, edge, places, 0, width, valid)
            for m in range(valid):
                for i in range(inputs - panel * width):
                    dw[(first + m) * inputs + panel * width + i] = edge[m * width + i]
