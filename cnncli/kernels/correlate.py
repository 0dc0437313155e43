"""The one convolution loop: sums of input cells times weights, for the forward pass and the data gradient.

    out[b, f, r, s] = bias[f] + sum over c and the taps (i, j) of weight[f, c, i, j] x[b, c, row, column],
    row = r * step + offset(i), column = s * step + offset(j), and zero outside the input.

Forward, offset(i) = i D - P. The data gradient is the same sum over dy: with stride 1 its offset is P - i D;
with stride S the input rows of one residue mod S see only the taps with (row + P - i D) % S == 0, each a
small correlation of its own (a *phase*), so no zero is ever multiplied. `axes.py` lists the taps.

Work is blocked as in a matrix product (Goto & van de Geijn, "Anatomy of High-Performance Matrix
Multiplication", 2008): weights are packed strip by strip in the order the tile reads them; a task copies a
band of input rows for a block of channels into scratch; tiles of M filters x N output positions (anywhere in
the band: each has its own place) run over channels and taps with nothing but loads and multiply-adds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import int64, prange, uint64
from numba.np.ufunc.parallel import get_thread_id

from . import axes, memory
from .compile import helper, kernel, threads
from .host import LANES
from .padded import copy_padded, plane_size
from .register_tile import (
    load_tile,
    multiply_add,
    relu_tile,
    spaced_places,
    splat_tile,
    store_tile,
    tile_places,
)
from .tiles import tile_for

_NEAR_CACHE = 24 * 1024 // (4 * LANES)  # vectors of input one tile reads over a block of channels
_BAND_CACHE = 384 * 1024 // (4 * LANES)  # vectors of output, or of input, of one band
_TASKS = 8  # at least so many where the shapes allow, so that threads end together


class _Sizes(NamedTuple):
    """What the kernel needs to know of one phase; all are counts of cells, rows, filters or channels."""

    groups: int
    filters: int  # per group
    channels: int  # per group
    channel_block: int
    bands: int
    band_rows: int
    filter_parts: int
    out_rows: int
    out_columns: int
    out_row_start: int
    out_row_step: int
    out_column_start: int
    in_row_start: int
    in_row_step: int
    in_column_start: int
    scratch_rows: int
    scratch_row_step: int
    scratch_columns: int
    scratch_column_step: int
    scratch_plane: int
    taps: int
    group_stride: int
    filter_stride: int
    channel_stride: int


class _Phase(NamedTuple):
    sizes: _Sizes
    places_in: np.ndarray  # [positions of a band] -> scratch, floats
    places_out: np.ndarray  # [positions of a band] -> output, floats from the band's first
    tap_places: np.ndarray  # [channel_block * taps] -> scratch, floats
    tap_weights: np.ndarray  # [taps] -> weight[f, c], floats
    tap_rows: np.ndarray  # [rows of taps] -> how far below p * in_row_step the input row is that position p meets
    packed_size: int
    scratch_size: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]


def correlate(x, weight, bias, out, phases, relu, add=False):
    """Fills the output cells of every phase. x, out: [B, C, H, W, LANES]; bias: [filters of out].

    If `add`, the sums are added to what is there, and there is no bias.
    """
    for phase in phases:
        scratch = memory.scratch(phase.packed_size + threads() * phase.scratch_size)
        _correlate(
            x, weight, bias, out, scratch, phase.packed_size, phase.scratch_size, phase.places_in,
            phase.places_out, phase.tap_places, phase.tap_weights, phase.tap_rows, phase.sizes, relu, add,
            phase.rows, phase.columns,
        )  # fmt: skip


def plan(out_shape, groups, filters, channels, strides, vertical, horizontal):
    """The phases of a correlation: every pair of a vertical and a horizontal `axes.Axis`.

    strides: how far apart two groups, two filters and two channels of the weight are, in floats.
    """
    return tuple(
        _phase(out_shape, groups, filters, channels, strides, rows, columns)
        for rows in vertical
        for columns in horizontal
    )


def _phase(out_shape, groups, filters, channels, strides, vertical, horizontal):
    blocks, _, _, out_width, _ = out_shape
    rows, columns = tile_for(filters)
    taps = len(vertical.taps) * len(horizontal.taps)
    across = axes.span(horizontal, horizontal.positions)
    touched = len(vertical.taps) * axes.span(horizontal, len(columns)).cells
    block = axes.even_share(channels, max(1, _NEAR_CACHE // max(1, touched)))
    most = min(
        _BAND_CACHE // (filters * horizontal.positions),
        (_BAND_CACHE // max(1, block * across.cells) - vertical.extent) // vertical.in_step + 1,
        vertical.positions * blocks * groups // _TASKS,
    )
    band_rows = axes.even_share(vertical.positions, max(1, most))
    bands = -(-vertical.positions // band_rows)
    strips = -(-filters // len(rows))
    down = axes.span(vertical, band_rows)
    plane = plane_size(down.cells, across.cells)
    r, s = np.divmod(np.arange(band_rows * horizontal.positions), horizontal.positions)
    c, i, j = np.meshgrid(
        np.arange(block), [tap.offset - vertical.first for tap in vertical.taps],
        [tap.offset - horizontal.first for tap in horizontal.taps], indexing="ij",
    )  # fmt: skip
    in_place = (r * down.stride * across.cells + s * across.stride) * LANES
    out_place = (r * vertical.out_step * out_width + s * horizontal.out_step) * LANES
    tap_place = (c * plane + i * across.cells + j) * LANES
    tap_weight = [u.place * horizontal.kernel + v.place for u in vertical.taps for v in horizontal.taps]
    return _Phase(
        sizes=_Sizes(
            groups, filters, channels, block, bands, band_rows,
            min(strips, max(1, _TASKS // 2 // (blocks * groups * bands))),
            vertical.positions, horizontal.positions, vertical.out_start, vertical.out_step, horizontal.out_start,
            vertical.first, vertical.in_step, horizontal.first, down.cells, down.step, across.cells, across.step,
            plane, taps, *strides,
        ),
        places_in=in_place.astype(np.int64),
        places_out=out_place.astype(np.int64),
        tap_places=tap_place.astype(np.int64).reshape(-1),
        tap_weights=np.array(tap_weight, np.int64),
        tap_rows=np.array([tap.offset for tap in vertical.taps], np.int64),
        packed_size=-(-groups * strips * len(rows) * channels * taps // LANES) * LANES,
        scratch_size=block * plane * LANES,
        rows=rows,
        columns=columns,
    )  # fmt: skip


@kernel
def _correlate(
    x, weight, bias, out, scratch, packed_size, scratch_size, places_in, places_out, tap_places, tap_weights,
    tap_rows, sizes, relu, add, rows, columns,
):  # fmt: skip
    strips = (sizes.filters + len(rows) - 1) // len(rows)
    flat_x, flat_weight, flat_out = x.reshape(-1), weight.reshape(-1), out.reshape(-1)
    tasks = (sizes.groups * strips, x.shape[0] * sizes.groups * sizes.bands * sizes.filter_parts)
    for stage in range(2):  # one parallel loop for both stages: each such loop takes long to compile
        for task in prange(tasks[stage]):
            if stage == 0:
                _pack(flat_weight, scratch, tap_weights, sizes, strips, int64(task), rows)
            else:
                _band(
                    flat_x, x.shape, scratch, packed_size + get_thread_id() * scratch_size, bias, flat_out,
                    out.shape, places_in, places_out, tap_places, tap_rows, sizes, relu, add, int64(task), rows,
                    columns,
                )  # fmt: skip


@helper
def _pack(weight, packed, tap_weights, sizes, strips, strip, rows):
    """Packs one strip's weights as [channel][tap][M], the order the tile reads them; zeros fill the last strip."""
    group, first = strip // strips, strip % strips * len(rows)
    to = strip * sizes.channels * sizes.taps * len(rows)
    source = group * sizes.group_stride + first * sizes.filter_stride
    for channel in range(sizes.channels):
        for tap in range(sizes.taps):
            place = source + channel * sizes.channel_stride + tap_weights[tap]
            for m in range(len(rows)):
                packed[to] = weight[place + m * sizes.filter_stride] if first + m < sizes.filters else 0
                to += 1


@helper
def _band(
    x, x_shape, scratch, start, bias, out, out_shape, places_in, places_out, tap_places, tap_rows, sizes, relu, add,
    task, rows, columns,
):  # fmt: skip
    """One task: a band of output rows of one block and group, for its part of the filters."""
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = out_shape
    task, part = task // sizes.filter_parts, task % sizes.filter_parts
    task, band = task // sizes.bands, task % sizes.bands
    block, group = task // sizes.groups, task % sizes.groups
    first_row = band * sizes.band_rows
    band_rows = min(sizes.band_rows, sizes.out_rows - first_row)
    plane = out_height * out_width * LANES
    out_row = sizes.out_row_start + first_row * sizes.out_row_step
    out_start = (block * sizes.groups + group) * sizes.filters * plane
    out_start += (out_row * out_width + sizes.out_column_start) * LANES
    for channel in range(0, sizes.channels, sizes.channel_block):
        channels = min(sizes.channel_block, sizes.channels - channel)
        copy_padded(
            x, (block * sizes.groups + group) * sizes.channels + channel, channels, height, width,
            first_row * sizes.in_row_step + sizes.in_row_start, sizes.in_column_start, sizes.scratch_row_step,
            sizes.scratch_column_step, scratch, start, sizes.scratch_rows, sizes.scratch_columns, sizes.scratch_plane,
        )  # fmt: skip
        _tiles(
            scratch, start, bias, out, out_start, plane, places_in, places_out, first_row, band_rows, height,
            tap_places, tap_rows, sizes, relu, add, group, part, channel, channels, rows, columns,
        )  # fmt: skip


@helper
def _tiles(
    scratch, start, bias, out, out_start, plane, places_in, places_out, first_row, band_rows, height, tap_places,
    tap_rows, sizes, relu, add, group, part, channel, channels, rows, columns,
):  # fmt: skip
    """Adds a block of channels to every tile of a band: M filters x N positions at a time."""
    strips = (sizes.filters + len(rows) - 1) // len(rows)
    strip_size = sizes.channels * sizes.taps * len(rows)
    last = channel + channels == sizes.channels
    packed_row = spaced_places(rows, 1, len(rows))
    positions = band_rows * sizes.out_columns
    for position in range(0, positions, len(columns)):
        last_position = min(position + len(columns), positions) - 1
        first_tap, taps = _taps_inside(
            tap_rows, sizes, height, first_row + position // sizes.out_columns,
            first_row + last_position // sizes.out_columns,
        )  # fmt: skip
        runs, terms = (1, channels * taps) if taps == sizes.taps else (channels, taps)
        into = tile_places(columns, places_out, position, positions)
        cells = tile_places(columns, places_in, position, positions)
        for strip in range(part * strips // sizes.filter_parts, (part + 1) * strips // sizes.filter_parts):
            first = strip * len(rows)
            valid = min(len(rows), sizes.filters - first)
            if channel == 0 and not add:
                tile = splat_tile(rows, columns, bias, group * sizes.filters + first, valid)
            else:
                tile = load_tile(rows, out, into, out_start + first * plane, plane, valid)
            weights = (group * strips + strip) * strip_size + channel * sizes.taps * len(rows)
            for run in range(runs):
                begin = run * sizes.taps + first_tap
                w = weights + begin * len(rows)
                for term in range(begin, begin + terms):
                    place = start + tap_places[uint64(term)]  # signed, it would first be asked whether it is negative
                    tile = multiply_add(tile, scratch, cells, place, scratch, packed_row, w)
                    w += len(rows)
            if relu and last:
                tile = relu_tile(tile)
            store_tile(tile, out, into, out_start + first * plane, plane, valid)


@helper
def _taps_inside(tap_rows, sizes, height, first_row, last_row):
    """Where the taps begin that meet a row of the input from some output row, and how many they are.

    The others only multiply the zeros around it: half of all products where a kernel is as large as the image.
    """
    first, count = 0, 0
    for row in range(tap_rows.size):
        if last_row * sizes.in_row_step + tap_rows[row] >= 0 and first_row * sizes.in_row_step + tap_rows[row] < height:
            first = first if count else row
            count = row + 1 - first
    width = sizes.taps // max(1, tap_rows.size)
    return first * width, count * width
