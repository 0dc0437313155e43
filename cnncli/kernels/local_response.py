"""Local response normalisation across channels (Krizhevsky, Sutskever & Hinton, 2012, section 3.3).

With D[c] = k + factor * the sum of x[i]^2 over the channels i from c - before to c + after that there are:
y[c] = x[c] D[c]^-beta. Shapes: x, y, dy, dx, shares [B, C, ..., LANES], contiguous float32.

A task is a few neighbouring places of one block, channel after channel, so that a window's channels are in the cache
when it is their turn. D is summed anew for each channel: a running sum would keep what a large number left in it.
"""

from __future__ import annotations

import math

from numba import float32, int64, prange

from .compile import helper, kernel
from .exponential import power
from .host import LANES
from .memory import Array, Pair
from .vector import fma, load, splat, store

_TILE = 32  # places


def forward(x: Array, y: Array, window: Pair, factor: float, beta: float, k: float) -> None:
    """y = x D^-beta. window: (before, after). Overwrites y."""
    _forward(
        x.reshape(-1), y.reshape(-1), *_sizes(x), *_clipped(window, x), float32(factor), float32(-beta), float32(k)
    )


def backward(x: Array, dy: Array, dx: Array, shares: Array, window: Pair, factor: float, beta: float, k: float) -> None:
    """dx = dy D^-beta - 2 factor beta x * the sum of dy y / D over the windows it is in. Overwrites dx and shares."""
    arrays = x.reshape(-1), dy.reshape(-1), dx.reshape(-1), shares.reshape(-1)
    _backward(*arrays, *_sizes(x), *_clipped(window, x), float32(factor), float32(-beta), float32(k))


def _sizes(x):
    """Blocks, channels, places."""
    return x.shape[0], x.shape[1], math.prod(x.shape[2:-1])


def _clipped(window, x):
    """The window, no longer than there are channels."""
    return min(window[0], x.shape[1]), min(window[1], x.shape[1])


@helper
def _tile(task, channels, places):
    """Of a task: its first number, and how many numbers of each channel it has."""
    tiles = (places + _TILE - 1) // _TILE
    block, first = task // tiles, task % tiles * _TILE
    return (block * channels * places + first) * LANES, min(_TILE, places - first) * LANES


@kernel
def _forward(x, y, blocks, channels, places, before, after, factor, exponent, k):
    for task in prange(blocks * ((places + _TILE - 1) // _TILE)):
        start, width = _tile(int64(task), channels, places)
        for channel in range(channels):
            _respond(x, y, start, width, channels, channel, places * LANES, before, after, factor, exponent, k)


@helper
def _respond(x, y, start, width, channels, channel, plane, before, after, factor, exponent, k):
    lowest, highest = max(0, channel - before), min(channels, channel + after + 1)
    first = start + channel * plane
    for place in range(first, first + width, LANES):
        base = _base(x, place + (lowest - channel) * plane, highest - lowest, plane, factor, k)
        store(y, place, load(x, place) * power(base, splat(exponent)))


@helper
def _base(x, place, count, plane, factor, k):
    """D, for a window of `count` channels from `place` on."""
    total = splat(float32(0))
    for _ in range(count):
        value = load(x, place)
        total = fma(value, value, total)
        place += plane
    return fma(total, splat(factor), splat(k))


@kernel
def _backward(x, dy, dx, shares, blocks, channels, places, before, after, factor, exponent, k):
    for task in prange(blocks * ((places + _TILE - 1) // _TILE)):
        start, width = _tile(int64(task), channels, places)
        plane = places * LANES
        # A channel is finished once the last window it is in, that of the channel `before` later, has its share.
        for channel in range(channels + before):
            if channel < channels:
                _share(x, dy, dx, shares, start, width, channels, channel, plane, before, after, factor, exponent, k)
            if channel >= before:
                _finish(x, dx, shares, start, width, channels, channel - before, plane, before, after, factor, exponent)


@helper
def _share(x, dy, dx, shares, start, width, channels, channel, plane, before, after, factor, exponent, k):
    """The first term of dx, and dy y / D, which every channel of the window gets a share of."""
    lowest, highest = max(0, channel - before), min(channels, channel + after + 1)
    first = start + channel * plane
    for place in range(first, first + width, LANES):
        base = _base(x, place + (lowest - channel) * plane, highest - lowest, plane, factor, k)
        direct = load(dy, place) * power(base, splat(exponent))
        store(dx, place, direct)
        store(shares, place, direct * load(x, place) / base)


@helper
def _finish(x, dx, shares, start, width, channels, channel, plane, before, after, factor, exponent):
    """The second term of dx."""
    lowest, highest = max(0, channel - after), min(channels, channel + before + 1)
    first = start + channel * plane
    weight = splat(float32(2) * factor * exponent)
    for place in range(first, first + width, LANES):
        total = splat(float32(0))
        source = place + (lowest - channel) * plane
        for _ in range(highest - lowest):
            total += load(shares, source)
            source += plane
        store(dx, place, fma(weight * load(x, place), total, load(dx, place)))
