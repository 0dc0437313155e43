"""Channels in another order (Zhang et al., "ShuffleNet", 2018)."""

from __future__ import annotations

from numba import int64, prange

from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import load, store


def shuffle(x: Array, y: Array, groups: int) -> None:
    """y[b, i G + g] = x[b, g C/G + i]: one channel of each group in turn. x, y: [B, C, ..., LANES], contiguous float32.

    `shuffle(y, x, C // groups)` is the way back.
    """
    _shuffle(x.reshape(-1), y.reshape(-1), x.shape[0] * x.shape[1], x.shape[1], groups)


@kernel
def _shuffle(x, y, planes, channels, groups):
    size = x.size // planes
    for plane in prange(planes):
        block, channel = int64(plane) // channels, int64(plane) % channels
        source = channel % groups * (channels // groups) + channel // groups
        _copy(x, (block * channels + source) * size, y, int64(plane) * size, size)


@helper
def _copy(x, source, y, into, size):
    for place in range(0, size, LANES):
        store(y, into + place, load(x, source + place))
