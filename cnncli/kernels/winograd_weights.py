"""The weight gradient with few multiplications: Winograd's F(m x m, r x r), read the other way.

From Y = A^T [U * V] A with U = G g G^T and V = B^T d B (`winograd`) follows, for the gradient dY of a tile,

    dg = G^T [ sum over tiles and images of (A dY A^T) * (B^T d B) ] G

Here the sums run over images, so the images cannot stay in the lanes without a sum over the lanes at every end.
Instead the transformed inputs are turned once, L channels x L images at a time, so that the lanes are channels; the
transformed gradients are read one image at a time, a number for all lanes, as the direct kernels read weights.

A task is some filters over a part of the images. The parts are added in order, and within a part the sums of each
chunk of tiles: the result has the same bits whatever the number of threads.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import float32, int64, prange
from numba.np.ufunc.parallel import get_thread_id

from . import memory
from .axes import even_share
from .compile import helper, kernel, threads
from .host import LANES
from .register_tile import add_tiles, load_tile, multiply_add, sizes, spaced_places, store_tile, zero_tile
from .tiles import channel_tile
from .transpose import transpose
from .vector import load, splat, store
from .winograd import copy_patch, is_inside, tile_table
from .winograd_tile import (
    inputs_to_points,
    load_run,
    outputs_to_points,
    points_to_taps,
    store_run,
)

_CHUNK_CACHE = 1024 * 1024 // (4 * LANES)  # vectors of both sides' points
_SUMS = 5 * 512 * 1024  # floats of all image parts' sums
_TASKS = 8
_FEWEST_FILTERS = 128  # per task: each transforms the same inputs


class Sizes(NamedTuple):
    """What the kernel needs to know of the shapes; all are counts of tiles, cells, filters or channels."""

    groups: int
    filters: int  # per group
    channels: int  # per group
    channel_vectors: int
    chunk: int  # tiles
    image_parts: int
    filter_parts: int
    part_filters: int
    in_width: int
    in_plane: int
    out_width: int
    out_plane: int
    tile: int  # m
    window: int  # r
    side: int  # m + r - 1
    turned_step: int  # floats from a point of all inputs to the next
    gradient_step: int  # floats from a point of all gradients to the next
    sums_step: int  # floats from a point of all sums to the next


class _Plan(NamedTuple):
    sizes: Sizes
    tiles: np.ndarray  # [tiles, 8]: see `winograd.tile_table`
    sums_size: int
    scratch_size: int
    form: tuple[tuple[int, ...], ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]


def correlate_weights(x, dy, dw, made):
    """Overwrites dw [K, C/G, r, r]; made: the `weight_plan` of these shapes."""
    scratch = memory.scratch(made.sums_size * made.sizes.image_parts + threads() * made.scratch_size)
    _correlate_weights(
        x.reshape(-1), dy.reshape(-1), dw.reshape(-1), scratch, made.sums_size, made.scratch_size, made.tiles,
        made.sizes, *made.form, made.rows, made.columns,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def weight_plan(x_shape, dy_shape, groups, form, padding):
    """How the work is cut. form: (m, r); padding: (top, left)."""
    outputs, taps = form
    filters, channels = dy_shape[1] // groups, x_shape[1] // groups
    tiles = tile_table(x_shape, dy_shape, outputs, taps, padding)
    rows, columns = channel_tile(-(-channels // LANES))
    vectors = -(-channels // (len(columns) * LANES)) * len(columns)
    cells = (outputs + taps - 1) ** 2
    sums = cells * groups * filters * vectors * LANES
    image_parts = max(1, min(_TASKS // groups, _SUMS // sums, len(tiles) // 8))
    filter_parts = max(1, min(_TASKS // (image_parts * groups), filters // _FEWEST_FILTERS))
    part_filters = -(-filters // (filter_parts * len(rows))) * len(rows)
    fitting = _CHUNK_CACHE // (cells * (vectors * LANES + part_filters))
    # Where not even two fit, they go through the caches beyond in any case: then rather eight than four, for twice the
    # memory, and the sums, which are as large by then, are read and written half as often.
    fitting = max(4, min(16, fitting)) if fitting > 1 else 8
    chunk = even_share(-(-len(tiles) // image_parts), fitting)
    block = cells * (1 + LANES) * LANES
    # A vector more than the points need: else they are a power of two apart, and fight over few places in the cache.
    turned_step, gradient_step = (chunk * vectors * LANES + 1) * LANES, (chunk * part_filters + 1) * LANES
    sums_step = (groups * filters * vectors + 1) * LANES
    return _Plan(
        sizes=Sizes(
            groups, filters, channels, vectors, chunk, image_parts, -(-filters // part_filters), part_filters,
            x_shape[3], x_shape[2] * x_shape[3], dy_shape[3], dy_shape[2] * dy_shape[3],
            outputs, taps, outputs + taps - 1, turned_step, gradient_step, sums_step,
        ),
        tiles=tiles,
        sums_size=cells * sums_step,
        scratch_size=block + cells * (turned_step + gradient_step),
        form=(*sizes(outputs, taps), (0,) * (outputs + taps - 1)),
        rows=rows,
        columns=columns,
    )  # fmt: skip


@kernel
def _correlate_weights(x, dy, dw, scratch, sums_size, scratch_size, tiles, sizes, outputs, taps, points, rows, columns):
    tasks = (
        sizes.groups * sizes.image_parts * sizes.filter_parts, sizes.groups * sizes.filters * sizes.channel_vectors
    )  # fmt: skip
    for stage in range(2):  # one parallel loop for both stages: each such loop takes long to compile
        for task in prange(tasks[stage]):
            start = sizes.image_parts * sums_size + get_thread_id() * scratch_size
            if stage == 0:
                _share(
                    x, dy, scratch, sums_size, start, tiles, sizes, int64(task), outputs, taps, points, rows, columns
                )
            else:
                _finish(scratch, sums_size, start, dw, sizes, int64(task), outputs, taps, points)


@helper
def _share(x, dy, scratch, sums_size, start, tiles, sizes, task, outputs, taps, points, rows, columns):
    """One task: the sums of some filters of one group, over a part of the tiles."""
    task, image_part = task // sizes.image_parts, task % sizes.image_parts
    group, filter_part = task // sizes.filter_parts, task % sizes.filter_parts
    cells = sizes.side * sizes.side
    turned = start + cells * (1 + LANES) * LANES
    gradients = turned + cells * sizes.turned_step
    first_filter = filter_part * sizes.part_filters
    filters = min(sizes.part_filters, sizes.filters - first_filter)
    sums = image_part * sums_size + (group * sizes.filters + first_filter) * sizes.channel_vectors * LANES
    chunks = (len(tiles) + sizes.chunk - 1) // sizes.chunk
    begin = image_part * chunks // sizes.image_parts
    for chunk in range(begin, (image_part + 1) * chunks // sizes.image_parts):
        first = chunk * sizes.chunk
        count = min(sizes.chunk, len(tiles) - first)
        _turn_inputs(x, scratch, start, turned, tiles, first, count, sizes, group, outputs, taps, columns)
        _transform_gradients(
            dy, scratch, start, gradients, tiles, first, count, sizes, group * sizes.filters + first_filter, filters,
            outputs, taps,
        )  # fmt: skip
        for point in range(cells):
            _add_products(
                scratch, turned + point * sizes.turned_step, gradients + point * sizes.gradient_step,
                sums + point * sizes.sums_step, chunk == begin, sizes, filters, count, rows, columns,
            )  # fmt: skip


@helper
def _turn_inputs(x, scratch, start, turned, tiles, first, count, sizes, group, outputs, taps, columns):
    """B^T d B, with the channels in the lanes: [point][strip of channels][tile][image][channel].

    A strip is what the register tile reads. Whole rows of channels would be 1 kB apart, or another power of two, and
    fight over few places in the nearest cache.
    """
    side, width = sizes.side, len(columns)
    block = start + side * side * LANES
    zero = splat(float32(0))
    for t in range(count):
        tile = first + t
        inside = is_inside(tiles, tile, side)
        for vector in range(sizes.channel_vectors):
            for lane in range(LANES):
                channel = vector * LANES + lane
                into = block + lane * side * side * LANES
                if channel < sizes.channels:
                    place = tiles[tile, 0] + (group * sizes.channels + channel) * sizes.in_plane * LANES
                    if not inside:
                        copy_patch(x, place, sizes.in_width, tiles, tile, scratch, start, side)
                    inputs_to_points(
                        outputs, taps, inside, x, place, sizes.in_width * LANES, LANES, scratch, start, scratch, into,
                        side * LANES, LANES,
                    )  # fmt: skip
                else:
                    for point in range(side * side):
                        store(scratch, into + point * LANES, zero)
            image = (vector // width * sizes.chunk + t) * LANES
            into = turned + (image * width + vector % width) * LANES
            for point in range(side * side):
                transpose(scratch, block + point * LANES, side * side * LANES, scratch, into, width * LANES)
                into += sizes.turned_step


@helper
def _transform_gradients(
    dy, scratch, start, gradients, tiles, first, count, sizes, first_filter, filters, outputs, taps
):  # fmt: skip
    """A dY A^T: [point][filter][tile][image]."""
    side, size = sizes.side, sizes.tile
    zero = splat(float32(0))
    for k in range(filters):
        plane = (first_filter + k) * sizes.out_plane * LANES
        for t in range(count):
            place = tiles[first + t, 5] + plane
            height, width = tiles[first + t, 6], tiles[first + t, 7]
            inside = height == size and width == size
            if not inside:
                for i in range(size):
                    for j in range(size):
                        source = place + (i * sizes.out_width + j) * LANES
                        value = load(dy, source) if i < height and j < width else zero
                        store(scratch, start + (i * size + j) * LANES, value)
            outputs_to_points(
                outputs, taps, inside, dy, place, sizes.out_width * LANES, LANES, scratch, start, scratch,
                gradients + (k * sizes.chunk + t) * LANES, side * sizes.gradient_step, sizes.gradient_step,
            )  # fmt: skip


@helper
def _add_products(scratch, turned, gradients, sums, fresh, sizes, filters, count, rows, columns):
    """sums[filter, channel] += over tiles and images of gradients[filter, image] turned[image, channel]."""
    places = spaced_places(columns, LANES, len(columns))
    row_step = sizes.channel_vectors * LANES
    for vector in range(0, sizes.channel_vectors, len(columns)):
        for k in range(0, filters, len(rows)):
            valid = min(len(rows), filters - k)
            weight_places = spaced_places(rows, sizes.chunk * LANES, valid)
            tile = zero_tile(rows, columns)
            place, w = turned + vector * sizes.chunk * LANES * LANES, gradients + k * sizes.chunk * LANES
            for image in range(count * LANES):
                tile = multiply_add(tile, scratch, places, place, scratch, weight_places, w + image)
                place += len(columns) * LANES
            into = sums + k * row_step + vector * LANES
            if not fresh:
                tile = add_tiles(tile, load_tile(rows, scratch, places, into, row_step, valid))
            store_tile(tile, scratch, places, into, row_step, valid)


@helper
def _finish(scratch, sums_size, start, dw, sizes, task, outputs, taps, points):
    """dg = G^T sums G of one filter and LANES channels."""
    filter, vector = task // sizes.channel_vectors, task % sizes.channel_vectors
    size, width = sizes.side, sizes.window
    results = start + size * LANES * width
    for j in range(size):
        for i in range(size):
            place = (i * size + j) * sizes.sums_step + task * LANES
            total = load(scratch, place)
            for part in range(1, sizes.image_parts):
                total += load(scratch, part * sums_size + place)
            store(scratch, results + i * LANES, total)
        column = load_run(points, scratch, results, LANES)
        store_run(points_to_taps(outputs, taps, column), scratch, start + j * LANES, size * LANES)
    for i in range(width):
        row = load_run(points, scratch, start + i * size * LANES, LANES)
        store_run(points_to_taps(outputs, taps, row), scratch, results + i * width * LANES, LANES)
    cells = width * width
    for lane in range(min(LANES, sizes.channels - vector * LANES)):
        into = (filter * sizes.channels + vector * LANES + lane) * cells
        for cell in range(cells):
            dw[into + cell] = scratch[results + cell * LANES + lane]
