"""The dense (fully connected) layer: y = weight x + bias for every image.

Shapes: x, dx [B, in, LANES]; weight, dw [out, in]; bias [out]; y, dy [B, out, LANES]; all contiguous float32.
Forward and data gradient are one loop, over the weight's rows or columns: tiles of M units x N blocks. The
weight gradient sums over images, so it turns x and dy image-major first and puts the inputs into the lanes.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, prange

from . import memory
from .axes import even_share
from .compile import helper, kernel
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
    zero_tile,
)

_ROWS = 6
_COLUMNS = 4 if VECTOR_REGISTERS >= 32 else 2
_DEPTH = 96  # terms between two visits of a tile: N blocks of them fit the nearest cache
_STRIPS = 8  # per task: their weights stay near while the depth goes by
_TASKS = 8


def forward(x: Array, weight: Array, bias: Array | None, y: Array, relu: bool = False) -> None:
    """y = weight x + bias (None: without one), then max(0, .) if relu. Overwrites y."""
    rows, columns = _tile(x.shape[0])
    bias = memory.no_bias(len(weight)) if bias is None else bias
    _matrix_times_blocks(x, weight.reshape(-1), bias, y, weight.shape[1], 1, relu, rows, columns)


def data_gradient(dy: Array, weight: Array, dx: Array) -> None:
    """dx = weight^T dy. Overwrites dx."""
    inputs = weight.shape[1]
    rows, columns = _tile(dy.shape[0])
    _matrix_times_blocks(dy, weight.reshape(-1), memory.no_bias(inputs), dx, 1, inputs, False, rows, columns)


def weight_gradient(x: Array, dy: Array, dw: Array) -> None:
    """dw = sum over the images of dy x^T. Overwrites dw; one order of summation for any number of threads."""
    outputs, inputs = dw.shape
    images = x.shape[0] * LANES
    rows, columns = sizes(_ROWS, _COLUMNS)
    width = len(columns) * LANES
    panels, strips = -(-inputs // width), -(-outputs // len(rows))
    scratch = memory.scratch(images * (panels * width + strips * len(rows)))
    _outer_products(x, dy, dw.reshape(-1), scratch, rows, columns)


def _tile(blocks):
    return sizes(_ROWS, even_share(blocks, _COLUMNS))


@kernel
def _matrix_times_blocks(x, weight, bias, y, row_stride, term_stride, relu, rows, columns):
    """y[b, r] = bias[r] + sum over t of weight[r * row_stride + t * term_stride] x[b, t]."""
    blocks, terms, _ = x.shape
    strips = (y.shape[1] + len(rows) - 1) // len(rows)
    groups = (blocks + len(columns) - 1) // len(columns)
    share = max(1, min(_STRIPS, strips * groups // _TASKS))
    parts = (strips + share - 1) // share
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for each in prange(groups * parts):
        task = int64(each)
        block, part = task // parts * len(columns), task % parts
        _strips(
            flat_x, weight, bias, flat_y, blocks, terms, y.shape[1], row_stride, term_stride, relu,
            block, part * share, min(strips, part * share + share), rows, columns,
        )  # fmt: skip


@helper
def _strips(
    x, weight, bias, y, blocks, terms, outputs, row_stride, term_stride, relu, block, first_strip, last_strip, rows,
    columns,
):  # fmt: skip
    x_places = spaced_places(columns, terms * LANES, blocks - block)
    y_places = spaced_places(columns, outputs * LANES, blocks - block)
    for begin in range(0, terms, _DEPTH):
        end = min(terms, begin + _DEPTH)
        for strip in range(first_strip, last_strip):
            first = strip * len(rows)
            valid = min(len(rows), outputs - first)
            weight_places = spaced_places(rows, row_stride, valid)
            into = (block * outputs + first) * LANES
            if begin == 0:
                tile = splat_tile(rows, columns, bias, first, valid)
            else:
                tile = load_tile(rows, y, y_places, into, LANES, valid)
            place = (block * terms + begin) * LANES
            w = first * row_stride + begin * term_stride
            for _ in range(begin, end):
                tile = multiply_add(tile, x, x_places, place, weight, weight_places, w)
                place += LANES
                w += term_stride
            if relu and end == terms:
                tile = relu_tile(tile)
            store_tile(tile, y, y_places, into, LANES, valid)


@kernel
def _outer_products(x, dy, dw, scratch, rows, columns):
    blocks, inputs, _ = x.shape
    outputs = dy.shape[1]
    width = len(columns) * LANES
    panels = (inputs + width - 1) // width
    strips = (outputs + len(rows) - 1) // len(rows)
    flat_x, flat_dy = x.reshape(-1), dy.reshape(-1)
    strips_start = blocks * LANES * panels * width
    parts = min(strips, (_TASKS + panels - 1) // panels)
    tasks = (panels, strips, panels * parts)
    for stage in range(3):  # one parallel loop for all stages: each such loop takes long to compile
        for each in prange(tasks[stage]):
            task = int64(each)
            if stage == 0:
                _image_major(flat_x, blocks, inputs, scratch, 0, task, width)
            elif stage == 1:
                _image_major(flat_dy, blocks, outputs, scratch, strips_start, task, len(rows))
            else:
                panel, part = task // parts, task % parts
                _panel(
                    scratch, strips_start, dw, blocks * LANES, inputs, outputs, panel,
                    part * strips // parts, (part + 1) * strips // parts, rows, columns,
                )  # fmt: skip


@helper
def _image_major(source, blocks, features, target, start, panel, width):
    """Copies `width` features of [B, features, LANES] as [image][feature]; zeros beyond the last feature."""
    first = panel * width
    start += blocks * LANES * first
    for block in range(blocks):
        for feature in range(width):
            into = start + block * LANES * width + feature
            place = (block * features + first + feature) * LANES
            inside = first + feature < features
            for lane in range(LANES):
                target[into + lane * width] = source[place + lane] if inside else float32(0)


@helper
def _panel(scratch, strips_start, dw, images, inputs, outputs, panel, first_strip, last_strip, rows, columns):
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
            store_tile(tile, dw, places, first * inputs + panel * width, inputs, valid)
        else:
            store_tile(tile, edge, places, 0, width, valid)
            for m in range(valid):
                for i in range(inputs - panel * width):
                    dw[(first + m) * inputs + panel * width + i] = edge[m * width + i]
