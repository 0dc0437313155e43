"""Convolution with few multiplications: Winograd's F(m x m, r x r), for the forward pass and the data gradient.

An m x m tile of the output needs (m + r - 1)^2 products per channel and filter instead of m^2 r^2: 36 for 144 with
F(4x4, 3x3), 36 for 100 with F(2x2, 5x5). With tiles d of the input and filters g (Lavin & Gray, 2015):

    Y = A^T [ sum over c of (G g G^T) * (B^T d B) ] A

A task is N tiles of one group, in three steps over scratch that stays in a core's own caches: the input
transform of all channels, one small matrix product per point (the register tile of the direct kernel), and the
output transform with bias and ReLU. The weights are transformed first, once for all tasks. The data gradient is the
same sum over dy, with the filters turned by 180 degrees and the roles of K and C exchanged.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32, int64, prange
from numba.np.ufunc.parallel import get_thread_id

from . import memory
from .axes import even_share
from .compile import helper, kernel, threads
from .host import LANES
from .register_tile import load_tile, multiply_add, sizes, spaced_places, store_tile, zero_tile
from .tiles import product_tile
from .vector import load, load_spaced, splat, store
from .winograd_tile import inputs_to_points, load_run, points_to_outputs, store_run, taps_to_points

_NEAR_CACHE = 32 * 1024 // (4 * LANES)  # vectors of a point's inputs that all filters read, a block of channels
_PRODUCT_CACHE = 2048 * 1024 // (4 * LANES)  # vectors of products that wait for the output transform
_TASKS = 8


class Sizes(NamedTuple):
    """What the kernel needs to know of the shapes; all are counts of tiles, cells, filters or channels."""

    groups: int
    filters: int  # per group
    channels: int  # per group
    padded_channels: int
    channel_block: int
    filter_parts: int
    filter_block: int
    filter_stride: int
    channel_stride: int
    turned: bool
    in_width: int
    in_plane: int
    out_width: int
    out_plane: int
    tile: int  # m
    window: int  # r
    side: int  # m + r - 1
    input_step: int  # floats from a point of all channels to the next


class _Plan(NamedTuple):
    sizes: Sizes
    tiles: np.ndarray  # [tiles, 8]: see `tile_table`
    weights_size: int
    scratch_size: int
    form: tuple[tuple[int, ...], ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]


def correlate(x, weight, bias, out, made, relu, add=False):
    """Overwrites out with bias + weight (*) x, then max(0, .) if relu; made: the `plan` of these shapes.

    If `add`, with out + weight (*) x.
    """
    scratch = memory.scratch(made.weights_size + threads() * made.scratch_size)
    _correlate(
        x.reshape(-1), weight.reshape(-1), bias, out.reshape(-1), scratch, made.weights_size, made.scratch_size,
        made.tiles, made.sizes, relu, add, memory.streamed(out) and not add, *made.form, made.rows, made.columns,
    )  # fmt: skip


def plan(x_shape, out_shape, groups, form, padding, strides, turned):
    """How the work is cut. form: (m, r); padding: (top, left); turned: each filter by 180 degrees.

    strides: how far apart two filters and two channels of the weight are, in floats.
    """
    outputs, taps = form
    filters, channels = out_shape[1] // groups, x_shape[1] // groups
    filter_stride, channel_stride = strides
    rows, columns = product_tile()
    points = (outputs + taps - 1) ** 2
    tiles = tile_table(x_shape, out_shape, outputs, taps, padding)
    chunks = -(-len(tiles) // len(columns))
    strips = -(-filters // len(rows))
    block = max(1, min(strips, _PRODUCT_CACHE // (points * len(columns) * len(rows))))
    padded = -(-channels // LANES) * LANES
    # A vector more than the points need: else they are a power of two apart, and fight over few places in the cache.
    input_step = (channels * len(columns) + 1) * LANES
    return _Plan(
        sizes=Sizes(
            groups, filters, channels, padded, even_share(channels, _NEAR_CACHE // len(columns)),
            min(strips, max(1, _TASKS // (2 * chunks * groups))), block * len(rows), filter_stride, channel_stride,
            turned, x_shape[3], x_shape[2] * x_shape[3], out_shape[3], out_shape[2] * out_shape[3], outputs, taps,
            outputs + taps - 1, input_step,
        ),
        tiles=tiles,
        weights_size=points * groups * filters * padded,
        scratch_size=points * (input_step + (block * len(rows) * len(columns) + 1 + taps) * LANES),
        form=(*sizes(outputs, taps), (0,) * (outputs + taps - 1)),
        rows=rows,
        columns=columns,
    )  # fmt: skip


def tile_table(x_shape, out_shape, outputs, taps, padding):
    """A row per tile: where it begins in x, which of its rows and columns are inside, where in out, and how many.

    [tiles, 8] int64: x's place (floats; of the first channel), first row, end of rows, first column, end of columns,
    out's place, rows, columns. Tiles run along the rows, block after block.
    """
    blocks, channels, height, width, _ = x_shape
    _, filters, out_height, out_width, _ = out_shape
    n, r, s = np.meshgrid(
        np.arange(blocks), np.arange(0, out_height, outputs), np.arange(0, out_width, outputs), indexing="ij"
    )
    top, left = r - padding[0], s - padding[1]
    points = outputs + taps - 1
    columns = (
        ((n * channels * height + top) * width + left) * LANES,
        np.maximum(0, -top), np.clip(height - top, 0, points),
        np.maximum(0, -left), np.clip(width - left, 0, points),
        ((n * filters * out_height + r) * out_width + s) * LANES,
        np.minimum(outputs, out_height - r), np.minimum(outputs, out_width - s),
    )  # fmt: skip
    return np.stack([column.reshape(-1) for column in columns], axis=1).astype(np.int64)


@kernel
def _correlate(
    x, weight, bias, out, scratch, weights_size, scratch_size, tiles, sizes, relu, add, streamed, outputs, taps,
    points, rows, columns,
):  # fmt: skip
    chunks = (len(tiles) + len(columns) - 1) // len(columns)
    tasks = (sizes.groups * sizes.filters, chunks * sizes.groups * sizes.filter_parts)
    for stage in range(2):  # one parallel loop for both stages: each such loop takes long to compile
        for task in prange(tasks[stage]):
            start = weights_size + get_thread_id() * scratch_size
            if stage == 0:
                _transform_filter(weight, scratch, start, sizes, int64(task), outputs, taps, points)
            else:
                _chunk(
                    x, bias, out, scratch, start, tiles, sizes, relu, add, streamed, int64(task), outputs, taps, rows,
                    columns,
                )  # fmt: skip


@helper
def _transform_filter(weight, scratch, start, sizes, filter, outputs, taps, points):
    """G g G^T of one filter, for all its channels: [point][filter][channel]. The lanes are channels."""
    group, k = filter // sizes.filters, filter % sizes.filters
    cells = sizes.window * sizes.window
    half = start + cells * LANES
    plane = sizes.groups * sizes.filters * sizes.padded_channels
    source = group * sizes.filters * sizes.filter_stride
    if sizes.turned:
        source = group * sizes.channels * sizes.channel_stride
    source += k * sizes.filter_stride
    for first in range(0, sizes.padded_channels, LANES):
        place, count = source + first * sizes.channel_stride, min(LANES, sizes.channels - first)
        for cell in range(cells):
            tap = cells - 1 - cell if sizes.turned else cell
            store(scratch, start + cell * LANES, load_spaced(weight, place + tap, sizes.channel_stride, count))
        for j in range(sizes.window):
            column = load_run(taps, scratch, start + j * LANES, sizes.window * LANES)
            store_run(taps_to_points(outputs, taps, column), scratch, half + j * LANES, sizes.window * LANES)
        for i in range(sizes.side):
            row = load_run(taps, scratch, half + i * sizes.window * LANES, LANES)
            into = i * sizes.side * plane + filter * sizes.padded_channels + first
            store_run(taps_to_points(outputs, taps, row), scratch, into, plane)


@helper
def _chunk(x, bias, out, scratch, start, tiles, sizes, relu, add, streamed, task, outputs, taps, rows, columns):
    """One task: as many tiles as the register tile has columns, for a part of one group's filters."""
    chunks = (len(tiles) + len(columns) - 1) // len(columns)
    # A part of the filters after the other: they were transformed in this order, so mostly on the same core.
    task, chunk = task // chunks, task % chunks
    group, part = task // sizes.filter_parts, task % sizes.filter_parts
    first = chunk * len(columns)
    count = min(len(columns), len(tiles) - first)
    cells = sizes.side * sizes.side
    transformed = start + cells * LANES
    products = transformed + cells * sizes.input_step
    _transform_inputs(x, scratch, start, transformed, tiles, first, count, sizes, group, outputs, taps, columns)
    strips = (sizes.filters + len(rows) - 1) // len(rows)
    begin = part * strips // sizes.filter_parts * len(rows)
    end = min(sizes.filters, (part + 1) * strips // sizes.filter_parts * len(rows))
    for k in range(begin, end, sizes.filter_block):
        filters = min(sizes.filter_block, end - k)
        _multiply(scratch, transformed, products, sizes, group * sizes.filters + k, filters, rows, columns)
        _transform_outputs(
            scratch, start, products, bias, out, tiles, first, count, sizes, relu, add, streamed,
            group * sizes.filters + k, filters, outputs, taps, columns,
        )  # fmt: skip


@helper
def copy_patch(x, place, width, tiles, tile, scratch, start, side):
    """The square of inputs that a tile at the edge of the image reads, zeros outside it, into scratch."""
    zero = splat(float32(0))
    for i in range(side):
        row_inside = tiles[tile, 1] <= i < tiles[tile, 2]
        for j in range(side):
            inside = row_inside and tiles[tile, 3] <= j < tiles[tile, 4]
            value = load(x, place + (i * width + j) * LANES) if inside else zero
            store(scratch, start + (i * side + j) * LANES, value)


@helper
def is_inside(tiles, tile, side):
    """Whether all inputs of a tile are in the image."""
    return (
        tiles[tile, 1] == 0 and tiles[tile, 2] == side and tiles[tile, 3] == 0 and tiles[tile, 4] == side
    )  # fmt: skip


@helper
def _transform_inputs(x, scratch, start, transformed, tiles, first, count, sizes, group, outputs, taps, columns):
    """B^T d B of every channel and tile: [point][channel][N], as the products read them."""
    width, side = len(columns), sizes.side
    step = sizes.input_step
    place, into = group * sizes.channels * sizes.in_plane * LANES, transformed
    for _ in range(sizes.channels):
        for tile in range(first, first + count):  # neighbours: they share inputs
            inside = is_inside(tiles, tile, side)
            source = tiles[tile, 0] + place
            if not inside:
                copy_patch(x, source, sizes.in_width, tiles, tile, scratch, start, side)
            inputs_to_points(
                outputs, taps, inside, x, source, sizes.in_width * LANES, LANES, scratch, start, scratch,
                into + (tile - first) * LANES, side * step, step,
            )  # fmt: skip
        place += sizes.in_plane * LANES
        into += width * LANES


@helper
def _multiply(scratch, transformed, products, sizes, first, filters, rows, columns):
    """For each point, weights [filters, channels] times inputs [channels, N tiles]: [filter][point][N]."""
    width, cells = len(columns), sizes.side * sizes.side
    places = spaced_places(columns, LANES, width)
    plane = sizes.groups * sizes.filters * sizes.padded_channels
    for point in range(cells):
        for channel in range(0, sizes.channels, sizes.channel_block):
            end = min(sizes.channels, channel + sizes.channel_block)
            for k in range(0, filters, len(rows)):
                valid = min(len(rows), filters - k)
                weight_places = spaced_places(rows, sizes.padded_channels, valid)
                w = point * plane + (first + k) * sizes.padded_channels
                into = products + (k * cells + point) * width * LANES
                if channel == 0:
                    tile = zero_tile(rows, columns)
                else:
                    tile = load_tile(rows, scratch, places, into, cells * width * LANES, valid)
                place = transformed + point * sizes.input_step + channel * width * LANES
                for c in range(channel, end):
                    tile = multiply_add(tile, scratch, places, place, scratch, weight_places, w + c)
                    place += width * LANES
                store_tile(tile, scratch, places, into, cells * width * LANES, valid)


@helper
def _transform_outputs(
    scratch, start, products, bias, out, tiles, first, count, sizes, relu, add, streamed, first_filter, filters,
    outputs, taps, columns,
):  # fmt: skip
    """A^T p A + bias (if `add`, what is there), then max(0, .) if relu: a block of filters, all tiles of the task."""
    width, side = len(columns), sizes.side
    floor = splat(float32(0) if relu else float32(-np.inf))
    for k in range(filters):
        store(scratch, start, splat(bias[first_filter + k]))
        for t in range(count):
            source = products + (k * side * side * width + t) * LANES
            points_to_outputs(
                outputs, taps, scratch, source, side * width * LANES, width * LANES, start, add, floor, out,
                tiles[first + t, 5] + (first_filter + k) * sizes.out_plane * LANES, sizes.out_width * LANES,
                tiles[first + t, 6], tiles[first + t, 7], streamed,
            )  # fmt: skip
