"""Between image order, [N, ...], and the lanes, [B, ..., LANES]: image n is block n // LANES, lane n % LANES."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, prange

from . import memory
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .transpose import transposed
from .vector import lane_numbers, splat, store, where_less


def gather(images: Array, indices: Array, count: int, scale: Array, shift: Array, batch: Array) -> None:
    """Fills `batch` [B, C, H, W, LANES] with images[indices[n]] * scale[c] + shift[c] for n < count, else zeros.

    images: [N, C, H, W] uint8 or float32, contiguous; indices: [count or more] int64, each below N (not checked);
    scale, shift: [C] float32. `batch` may have any shape of that size whose last axis is the lanes.
    """
    channels = scale.size
    _gather(images.reshape(-1), images[0].size, indices, count, scale, shift, batch.reshape(-1), channels)


def to_lanes(array: Array) -> Array:
    """[N, ...] -> a new float32 [B, ..., LANES]; the lanes beyond N hold zeros."""
    count = len(array)
    blocks = -(-count // LANES)
    lanes = memory.zeros((blocks, *array.shape[1:], LANES))
    for n in range(count):
        lanes[n // LANES, ..., n % LANES] = array[n]
    return lanes


def from_lanes(array: Array, count: int) -> Array:
    """[B, ..., LANES] -> a new [count, ...] of the first `count` images."""
    by_image = np.moveaxis(array, -1, 1)
    return np.ascontiguousarray(by_image.reshape(-1, *array.shape[1:-1])[:count])


@kernel
def _gather(images, size, indices, count, scale, shift, batch, channels):
    for task in prange(batch.size // (size * LANES) * channels):
        _fill_plane(images, size, indices, count, scale, shift, batch, channels, int64(task))


@helper
def _fill_plane(images, size, indices, count, scale, shift, batch, channels, task):
    first, channel, plane = task // channels * LANES, task % channels, size // channels
    into, start = task * plane * LANES, channel * plane
    if plane < LANES:
        for place in range(plane):
            for lane in range(LANES):
                value = float32(images[indices[min(first + lane, count - 1)] * size + start + place])
                value = value * scale[channel] + shift[channel]
                batch[into + place * LANES + lane] = value if first + lane < count else float32(0)
        return
    factor, summand, zero = splat(scale[channel]), splat(shift[channel]), splat(float32(0))
    in_use = splat(float32(count - first))
    for begin in range(0, plane, LANES):
        place = min(begin, plane - LANES)  # the last square overlaps the one before it
        target = into + place * LANES
        for value in transposed(images, indices, first, count - 1, size, start + place):
            store(batch, target, where_less(lane_numbers(), in_use, value * factor + summand, zero))
            target += LANES
