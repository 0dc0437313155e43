"""Local response normalisation across channels (Krizhevsky, Sutskever & Hinton, 2012, section 3.3).

With D[c] = k + factor * the sum of x[i]^2 over the channels i from c - before to c + after that there are:
y[c] = x[c] D[c]^-beta. Shapes: x, y, dy, dx [B, C, ..., LANES], contiguous float32.

A task is a few neighbouring places of one block, channel after channel, so that a window's channels are in the cache
when it is their turn. D is summed anew for each channel: a running sum would keep what a large number left in it.
"""

from __future__ import annotations

import math

from numba import float32, int64, prange
from numba.np.ufunc.parallel import get_thread_id

from . import memory
from .compile import helper, kernel, threads
from .exponential import power
from .host import LANES
from .memory import Array, Pair
from .roots import power_minus_three_quarters
from .vector import fma, load, splat, store, where_less

_TILE = 32  # places
_FEW = 9  # channels: AlexNet and GoogLeNet have 5 in a window


def forward(x: Array, y: Array, window: Pair, factor: float, beta: float, k: float) -> None:
    """y = x D^-beta. window: (before, after). Overwrites y."""
    clipped = _clipped(window, x)
    terms = float32(factor), _exponent(beta), float32(k)
    _forward(x.reshape(-1), y.reshape(-1), *_sizes(x), *clipped, *terms, _unrolled(clipped))


def backward(x: Array, dy: Array, dx: Array, window: Pair, factor: float, beta: float, k: float) -> None:
    """dx = dy D^-beta - 2 factor beta x * the sum of dy y / D over the windows it is in. Overwrites dx."""
    arrays, clipped = (x.reshape(-1), dy.reshape(-1), dx.reshape(-1)), _clipped(window, x)
    slots = 1 << sum(clipped).bit_length()  # a power of two, so that a mask finds a channel's
    shares = memory.scratch(threads() * slots * _TILE * LANES)
    terms = float32(factor), _exponent(beta), float32(k), float32(-2 * factor * beta)
    _backward(*arrays, shares, slots, *_sizes(x), *clipped, *terms, _unrolled(clipped))


def _sizes(x):
    """Blocks, channels, places."""
    return x.shape[0], x.shape[1], math.prod(x.shape[2:-1])


def _clipped(window, x):
    """The window, no longer than there are channels."""
    return min(window[0], x.shape[1]), min(window[1], x.shape[1])


def _unrolled(window):
    """As many items as the window has channels, for the compiler to count, if they are few; else none."""
    count = sum(window) + 1
    return (0,) * count if count <= _FEW else ()


def _exponent(beta):
    """-beta; None for -3/4, so that its code alone is compiled, and the general power's alone where it is another."""
    return None if beta == 0.75 else float32(-beta)


@helper
def _tile(task, channels, places):
    """Of a task: its first number, and how many numbers of each channel it has."""
    tiles = (places + _TILE - 1) // _TILE
    block, first = task // tiles, task % tiles * _TILE
    return (block * channels * places + first) * LANES, min(_TILE, places - first) * LANES


@kernel
def _forward(x, y, blocks, channels, places, before, after, factor, exponent, k, window):
    for task in prange(blocks * ((places + _TILE - 1) // _TILE)):
        start, width = _tile(int64(task), channels, places)
        for channel in range(channels):
            _respond(x, y, start, width, channels, channel, places * LANES, before, after, factor, exponent, k, window)


@helper
def _respond(x, y, start, width, channels, channel, plane, before, after, factor, exponent, k, window):
    lowest, highest = max(0, channel - before), min(channels, channel + after + 1)
    first = start + channel * plane
    for place in range(first, first + width, LANES):
        base = _base(x, place + (lowest - channel) * plane, highest - lowest, plane, factor, k, window)
        store(y, place, load(x, place) * _power(base, exponent))


@helper
def _power(base, exponent):
    if exponent is None:
        return power_minus_three_quarters(base)
    return power(base, splat(exponent))


@helper
def _base(x, place, count, plane, factor, k, window):
    """D, for a window of `count` channels from `place` on; above 2^126, that."""
    total, most = splat(float32(0)), splat(float32(2.0**126))
    if count == len(window):
        for i in range(len(window)):
            value = load(x, place + i * plane)
            total = fma(value, value, total)
    else:
        for i in range(count):
            value = load(x, place + i * plane)
            total = fma(value, value, total)
    total = fma(total, splat(factor), splat(k))
    return where_less(most, total, most, total)


@kernel
def _backward(x, dy, dx, shares, slots, blocks, channels, places, before, after, factor, exponent, k, weight, window):
    for task in prange(blocks * ((places + _TILE - 1) // _TILE)):
        start, width = _tile(int64(task), channels, places)
        plane, ring = places * LANES, get_thread_id() * slots * _TILE * LANES
        # A channel is finished once the last window it is in, that of the channel `before` later, has its share.
        for channel in range(channels + before):
            if channel < channels:
                _share(
                    x, dy, dx, shares, ring, slots, start, width, channels, channel, plane, before, after, factor,
                    exponent, k, window,
                )  # fmt: skip
            if channel >= before:
                _finish(
                    x, dx, shares, ring, slots, start, width, channels, channel - before, plane, before, after, weight,
                    window,
                )  # fmt: skip


@helper
def _share(
    x, dy, dx, shares, ring, slots, start, width, channels, channel, plane, before, after, factor, exponent, k, window
):
    """The first term of dx, and dy y / D, which every channel of the window gets a share of."""
    lowest, highest = max(0, channel - before), min(channels, channel + after + 1)
    first = start + channel * plane
    into = ring + (channel & (slots - 1)) * _TILE * LANES
    for place in range(first, first + width, LANES):
        value = load(x, place)
        base = _base(x, place + (lowest - channel) * plane, highest - lowest, plane, factor, k, window)
        power = _power(base, exponent)
        direct = load(dy, place) * power
        store(dx, place, direct)
        store(shares, into, direct * value * _inverse(base, power, exponent))
        into += LANES


@helper
def _inverse(base, power, exponent):
    """1 / D; D^-1 = (D D^-3/4 D^-3/4)^2 is within 6e-7 of itself and, unlike a division, no slower than memory."""
    if exponent is None:
        root = base * power * power
        return root * root
    return splat(float32(1)) / base


@helper
def _finish(x, dx, shares, ring, slots, start, width, channels, channel, plane, before, after, weight, window):
    """The second term of dx."""
    lowest, highest = max(0, channel - after), min(channels, channel + before + 1)
    first = start + channel * plane
    slope = splat(weight)
    for place in range(first, first + width, LANES):
        total = splat(float32(0))
        if highest - lowest == len(window):
            for i in range(len(window)):
                total += load(shares, ring + ((lowest + i) & (slots - 1)) * _TILE * LANES + place - first)
        else:
            for other in range(lowest, highest):
                total += load(shares, ring + (other & (slots - 1)) * _TILE * LANES + place - first)
        store(dx, place, fma(slope * load(x, place), total, load(dx, place)))
