"""The convolution's weight gradient: sums over images and positions of dy times x.

    dw[k, c, i, j] = sum over b, r, s and the lanes of dy[b, k, r, s] x[b, c, r S + i D - P, s S + j D - P]

A tile holds M filters x N pairs of a channel and a tap, each pair with its own place in a padded copy of some
input rows; it runs over a *chunk* of positions (rows of one block, or several small blocks), then the lanes are
summed. The images are cut into a number of parts that depends on the shapes alone, and the parts are added in
order: the result has the same bits whatever the number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32, int64, prange, uint64
from numba.np.ufunc.parallel import get_thread_id

from . import axes, memory
from .compile import helper, kernel, threads
from .host import LANES
from .padded import copy_padded, plane_size
from .register_tile import add_tile_sums, multiply_add_lanes, spaced_places, tile_places, zero_tile
from .tiles import tile_for

_POSITIONS = 1024 // LANES  # per chunk: a strip of dy and the rows of x it meets stay in the nearest cache
_BLOCK_CACHE = 512 * 1024 // (4 * LANES)  # vectors of x copied at a time
_TASKS = 8


class _Sizes(NamedTuple):
    """What the kernel needs to know of the shapes; all are counts of blocks, cells, rows, filters or channels."""

    groups: int
    filters: int  # per group
    channels: int  # per group
    channel_block: int
    filter_parts: int
    image_parts: int
    chunk_blocks: int
    chunk_rows: int
    row_start: int
    row_step: int
    column_start: int
    scratch_rows: int
    scratch_row_step: int
    scratch_columns: int
    scratch_column_step: int
    scratch_plane: int
    taps: int


class _Plan(NamedTuple):
    sizes: _Sizes
    places_x: np.ndarray  # [positions of a chunk] -> scratch, floats
    places_dy: np.ndarray  # [positions of a chunk] -> dy, floats from the chunk's first
    tap_places: np.ndarray  # [channel_block * taps] -> scratch, floats
    partial_size: int
    scratch_size: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]


def correlate_weights(x, dy, dw, made):
    """Overwrites dw [K, C/G, F_h, F_w]; made: the `weight_plan` of these shapes."""
    scratch = memory.scratch(made.partial_size * made.sizes.image_parts + threads() * made.scratch_size)
    _correlate_weights(
        x, dy, dw, scratch, made.partial_size, made.scratch_size, made.places_x, made.places_dy, made.tap_places,
        made.sizes, made.rows, made.columns,
    )  # fmt: skip


def weight_plan(dy_shape, dw_shape, groups, vertical, horizontal):
    """How the work is cut. vertical, horizontal: the forward pass's `axes.Axis`."""
    blocks, K, out_rows, out_columns, _ = dy_shape
    channels, taps = dw_shape[1], dw_shape[2] * dw_shape[3]
    filters = K // groups
    rows, columns = tile_for(filters, most=6)
    plane = out_rows * out_columns
    chunk_blocks = max(1, min(blocks, _POSITIONS // plane))
    chunk_rows = axes.even_share(out_rows, max(1, _POSITIONS // out_columns))
    chunks = -(-blocks // chunk_blocks) * -(-out_rows // chunk_rows)
    down, across = axes.span(vertical, chunk_rows), axes.span(horizontal, out_columns)
    plane_x = plane_size(down.cells, across.cells)
    cells = chunk_blocks * plane_x
    block = axes.even_share(channels, max(1, _BLOCK_CACHE // cells))
    shares = groups * -(-channels // block)
    image_parts = min(chunks, -(-_TASKS // shares))
    strips = -(-filters // len(rows))
    filter_parts = min(strips, -(-_TASKS // (shares * image_parts)))
    n, r, s = np.meshgrid(np.arange(chunk_blocks), np.arange(chunk_rows), np.arange(out_columns), indexing="ij")
    place_x = n * block * plane_x + r * down.stride * across.cells + s * across.stride
    place_dy = n * K * plane + r * out_columns + s
    c, i, j = np.meshgrid(
        np.arange(block), [tap.offset - vertical.first for tap in vertical.taps],
        [tap.offset - horizontal.first for tap in horizontal.taps], indexing="ij",
    )  # fmt: skip
    tap_place = c * plane_x + i * across.cells + j
    return _Plan(
        sizes=_Sizes(
            groups, filters, channels, block, filter_parts, image_parts, chunk_blocks, chunk_rows,
            vertical.first, vertical.in_step, horizontal.first, down.cells, down.step, across.cells, across.step,
            plane_x, taps,
        ),
        places_x=(place_x * LANES).astype(np.int64).reshape(-1),
        places_dy=(place_dy * LANES).astype(np.int64).reshape(-1),
        tap_places=(tap_place * LANES).astype(np.int64).reshape(-1),
        partial_size=-(-K * channels * taps // LANES) * LANES,
        scratch_size=cells * block * LANES,
        rows=rows,
        columns=columns,
    )  # fmt: skip


@kernel
def _correlate_weights(
    x, dy, dw, scratch, partial_size, scratch_size, places_x, places_dy, tap_places, sizes, rows, columns
):
    flat_x, flat_dy, flat_dw = x.reshape(-1), dy.reshape(-1), dw.reshape(-1)
    channel_blocks = (sizes.channels + sizes.channel_block - 1) // sizes.channel_block
    tasks = (sizes.groups * channel_blocks * sizes.filter_parts * sizes.image_parts, _TASKS)
    for stage in range(2):  # one parallel loop for both stages: each such loop takes long to compile
        for task in prange(tasks[stage]):
            if stage == 0:
                start = sizes.image_parts * partial_size + get_thread_id() * scratch_size
                _share(
                    flat_x, x.shape, flat_dy, dy.shape, scratch, partial_size, start, places_x, places_dy, tap_places,
                    sizes, channel_blocks, int64(task), rows, columns,
                )  # fmt: skip
            else:
                _add_parts(scratch, partial_size, sizes.image_parts, flat_dw, int64(task))


@helper
def _add_parts(partial, partial_size, parts, dw, share):
    for place in range(share * dw.size // _TASKS, (share + 1) * dw.size // _TASKS):
        total = partial[place]
        for part in range(1, parts):
            total += partial[part * partial_size + place]
        dw[place] = total


@helper
def _share(
    x, x_shape, dy, dy_shape, scratch, partial_size, start, places_x, places_dy, tap_places, sizes, channel_blocks,
    task, rows, columns,
):  # fmt: skip
    """One task: some filters' weights for a block of channels, over one part of the images."""
    task, part = task // sizes.image_parts, task % sizes.image_parts
    task, filter_part = task // sizes.filter_parts, task % sizes.filter_parts
    group, channel_block = task // channel_blocks, task % channel_blocks
    strips = (sizes.filters + len(rows) - 1) // len(rows)
    first_strip = filter_part * strips // sizes.filter_parts
    last_strip = (filter_part + 1) * strips // sizes.filter_parts
    channel = channel_block * sizes.channel_block
    channels = min(sizes.channel_block, sizes.channels - channel)
    row_size = sizes.channels * sizes.taps
    into = part * partial_size + group * sizes.filters * row_size + channel * sizes.taps
    for k in range(first_strip * len(rows), min(sizes.filters, last_strip * len(rows))):
        for place in range(into + k * row_size, into + k * row_size + channels * sizes.taps):
            scratch[place] = float32(0)
    blocks, K, out_rows, out_columns, _ = dy_shape
    bands = (out_rows + sizes.chunk_rows - 1) // sizes.chunk_rows
    chunks = (blocks + sizes.chunk_blocks - 1) // sizes.chunk_blocks * bands
    for chunk in range(part * chunks // sizes.image_parts, (part + 1) * chunks // sizes.image_parts):
        block, row = chunk // bands * sizes.chunk_blocks, chunk % bands * sizes.chunk_rows
        chunk_blocks = min(sizes.chunk_blocks, blocks - block)
        positions = chunk_blocks * min(sizes.chunk_rows, out_rows - row) * out_columns
        for n in range(chunk_blocks):
            copy_padded(
                x, (block + n) * x_shape[1] + group * sizes.channels + channel, channels, x_shape[2], x_shape[3],
                row * sizes.row_step + sizes.row_start, sizes.column_start, sizes.scratch_row_step,
                sizes.scratch_column_step, scratch, start + n * sizes.channel_block * sizes.scratch_plane * LANES,
                sizes.scratch_rows, sizes.scratch_columns, sizes.scratch_plane,
            )  # fmt: skip
        from_dy = (((block * K + group * sizes.filters) * out_rows + row) * out_columns) * LANES
        _tiles(
            scratch, start, dy, from_dy, out_rows * out_columns * LANES, places_x, places_dy, tap_places, positions,
            channels * sizes.taps, into, row_size, sizes.filters, first_strip, last_strip, rows, columns,
        )  # fmt: skip


@helper
def _tiles(
    scratch, start, dy, from_dy, plane, places_x, places_dy, tap_places, positions, pairs, into, row_size, filters,
    first_strip, last_strip, rows, columns,
):  # fmt: skip
    """Adds a chunk of positions to the weights of some strips: M filters x N (channel, tap) pairs at a time."""
    for strip in range(first_strip, last_strip):
        first = strip * len(rows)
        valid = min(len(rows), filters - first)
        planes = spaced_places(rows, plane, valid)
        for pair in range(0, pairs, len(columns)):
            cells = tile_places(columns, tap_places, pair, pairs)
            tile = zero_tile(rows, columns)
            for each in range(positions):
                position = uint64(each)  # signed, it would first be asked whether it is negative
                tile = multiply_add_lanes(
                    tile, scratch, cells, start + places_x[position],
                    dy, planes, from_dy + first * plane + places_dy[position],
                )  # fmt: skip
            add_tile_sums(tile, scratch, into + first * row_size + pair, row_size, valid, pairs - pair)
