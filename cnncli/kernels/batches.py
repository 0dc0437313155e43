"""Between image order, [N, ...], and the lanes, [B, ..., LANES]: image n is block n // LANES, lane n % LANES."""

from __future__ import annotations

import numpy as np
from numba import float32, int64, prange

from . import memory
from .compile import helper, kernel
from .host import LANES
from .memory import Array


def gather(images: Array, indices: Array, count: int, scale: Array, shift: Array, batch: Array) -> None:
    """Fills `batch` [B, C, H, W, LANES] with images[indices[n]] * scale[c] + shift[c] for n < count, else zeros.

    images: [N, C, H, W] uint8 or float32, contiguous; indices: [count or more] int64, each below N (not checked);
    scale, shift: [C] float32. `batch` may have any shape of that size whose last axis is the lanes.
    """
    channels = scale.size
    _gather(images.reshape(len(images), -1), indices, count, scale, shift, batch.reshape(-1), channels)


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
def _gather(images, indices, count, scale, shift, batch, channels):
    plane = images.shape[1] // channels
    blocks = batch.size // (images.shape[1] * LANES)
    for task in prange(blocks * channels):
        _fill_plane(images, indices, count, scale, shift, batch, channels, plane, int64(task))


@helper
def _fill_plane(images, indices, count, scale, shift, batch, channels, plane, task):
    block, channel = task // channels, task % channels
    first = block * LANES
    start = task * plane * LANES
    for lane in range(min(LANES, count - first)):
        image = indices[first + lane]
        for place in range(plane):
            value = float32(images[image, channel * plane + place])
            batch[start + place * LANES + lane] = value * scale[channel] + shift[channel]
    for lane in range(max(0, count - first), LANES):
        for place in range(plane):
            batch[start + place * LANES + lane] = float32(0)
