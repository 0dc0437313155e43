"""Images as training is to see them: moved, warped, lit otherwise, with a hole; one pass, one interpolation.

Every place of a new image asks where it comes from: an affine map of its row and column, plus a displacement. There
the old image is interpolated between the four pixels around (bilinear; whole places are exact); outside it is 0, black.

Displacements are those of elastic distortion (Simard, Steinkraus & Platt, "Best Practices for Convolutional Neural
Networks Applied to Visual Document Analysis", 2003): numbers drawn uniformly from -1 to 1, one pair a place, smoothed
by a Gaussian and multiplied by alpha. They are drawn beyond the image's edges too, so that the field is the same there.

An image is worked on by one thread, in float32 and by itself: neither threads nor the rest of the batch change a bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32, int64, prange

from . import compile, memory
from .compile import helper, kernel
from .draws import two_draws
from .host import LANES
from .memory import Array
from .neighbours import four_around
from .vector import fma, lane_numbers, load, splat, store, where_less

_BORDER = 3
"""Black rows and columns around an image: one before, and two after, where the last place looks for its neighbour."""
_HALF = 2.0**23 - 0.5
"""The mean of a draw."""


class Drawn(NamedTuple):
    """What happens to each of N images.

    maps: [N, 2, 3] float32: (row, column, 1) of the new image comes from maps @ (row, column, 1) of the old.
    tones: [N, 2] float32: brightness b and contrast c; a pixel x becomes b (m + c (x - m)), m the old image's mean.
    holes: [N, 4] int32: first row, row after the last, and the same of columns; all 0 for none.
    weights: [2 R + 1] float32: the Gaussian of the displacements, sum 1; empty where there are none.
    alpha: float32, pixels; stream: uint64, of the displacements.
    """

    maps: Array
    tones: Array
    holes: Array
    weights: Array
    alpha: np.float32
    stream: np.uint64


def gaussian(sigma: float) -> Array:
    """`weights` for a standard deviation of sigma pixels, cut off at three of them."""
    reach = int(np.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return (weights / weights.sum()).astype(np.float32)


def augment(images: Array, indices: Array, count: int, drawn: Drawn, fill: Array, out: Array) -> None:
    """out[n] = images[indices[n]], changed as number indices[n] of `drawn` says, for n < count.

    images: [N, C, H, W] uint8 or float32, contiguous; indices: [count or more] int64, each below N (not checked);
    fill: [C] float32, what is in a hole; out: [count or more, C, H, W] float32. All numbers are to be finite.
    """
    _, C, H, W = images.shape
    room = _room(C, H, W, drawn.weights.size)
    parts = min(compile.threads(), count)
    rooms = memory.scratch(parts * room.size).reshape(parts, room.size)
    _augment(images, indices, count, drawn, fill, out, rooms, room)


class _Room(NamedTuple):
    """Where things lie in a thread's room: the image in its border; `noise`, what is drawn for the rows, then for the
    columns, `plane` each; `sums` of a row; `moved`, its displacements down and along, `across` each.
    """

    across: int
    noise: int
    plane: int
    sums: int
    moved: int
    size: int


def _room(C, H, W, taps):
    reach = max(taps - 1, 0)
    across = _whole_vectors(_whole_vectors(W) + reach)
    noise = _whole_vectors(C * (H + _BORDER) * (W + _BORDER))
    plane = (H + reach) * across if taps else 0
    sums = noise + 2 * plane
    moved = sums + 2 * across
    return _Room(across, noise, plane, sums, moved, moved + 2 * across)


def _whole_vectors(size):
    return -(-size // LANES) * LANES


@kernel
def _augment(images, indices, count, drawn, fill, out, rooms, places):
    parts = len(rooms)
    for task in prange(parts):
        part = int64(task)
        room = rooms[part]
        room[:] = float32(0)
        for n in range(part, count, parts):
            _image(images, indices[n], drawn, fill, out, n, room, places)


@helper
def _image(images, number, drawn, fill, out, n, room, places):
    _, C, H, W = images.shape
    elastic = drawn.weights.size > 0
    gain, offset = _tone(images, number, drawn.tones)
    _copy(images, number, room)
    if elastic:
        _draw(drawn, number, room, places, H, W)
    for row in range(H):
        if elastic:
            _smooth(drawn.weights, room, row, places)
        _row(drawn.maps[number], room, row, places, gain, offset, out, n)
    top, bottom, left, right = drawn.holes[number]
    for channel in range(C):
        out[n, channel, top:bottom, left:right] = fill[channel]


@helper
def _tone(images, number, tones):
    """A pixel x becomes gain * x + offset."""
    brightness, contrast = tones[number]
    if contrast == float32(1):
        return brightness, float32(0)
    total = 0.0
    for value in images[number].flat:
        total += value
    mean = float32(total / images[number].size)
    return brightness * contrast, brightness * (float32(1) - contrast) * mean


@helper
def _copy(images, number, room):
    _, C, H, W = images.shape
    stride = W + _BORDER
    for channel in range(C):
        for row in range(H):
            at = (channel * (H + _BORDER) + row + 1) * stride + 1
            for column in range(W):
                room[at + column] = float32(images[number, channel, row, column])


@helper
def _draw(drawn, number, room, places, H, W):
    """alpha times numbers from -1 to 1, for the rows and for the columns: for all places the Gaussian reaches."""
    reach = drawn.weights.size - 1
    scale = drawn.alpha * float32(2.0**-23)
    drawing = number * (H + reach) * (W + reach)
    for row in range(H + reach):
        for column in range(W + reach):
            first, other = two_draws(drawn.stream, drawing)
            at = places.noise + row * places.across + column
            room[at] = (float32(int64(first)) - float32(_HALF)) * scale
            room[at + places.plane] = (float32(int64(other)) - float32(_HALF)) * scale
            drawing += 1


@helper
def _smooth(weights, room, row, places):
    """A row of displacements, down and along: the Gaussian down the columns, then along these sums."""
    reach = weights.size - 1
    start = places.noise + row * places.across
    for place in range(0, places.across, LANES):
        down, along, at = splat(float32(0)), splat(float32(0)), start + place
        for tap in range(weights.size):
            weight = splat(weights[tap])
            down = fma(weight, load(room, at), down)
            along = fma(weight, load(room, at + places.plane), along)
            at += places.across
        store(room, places.sums + place, down)
        store(room, places.sums + places.across + place, along)
    for place in range(0, places.across - reach - LANES + 1, LANES):
        down, along, at = splat(float32(0)), splat(float32(0)), places.sums + place
        for tap in range(weights.size):
            weight = splat(weights[tap])
            down = fma(weight, load(room, at + tap), down)
            along = fma(weight, load(room, at + places.across + tap), along)
        store(room, places.moved + place, down)
        store(room, places.moved + places.across + place, along)


@helper
def _row(chart, room, row, places, gain, offset, out, n):
    """A row of the new image, by way of `sums`."""
    _, C, H, W = out.shape
    stride = W + _BORDER
    y_row = splat(chart[0, 0] * float32(row))
    x_row = splat(chart[1, 0] * float32(row))
    y_column, x_column = splat(chart[0, 1]), splat(chart[1, 1])
    y_start, x_start = splat(chart[0, 2]), splat(chart[1, 2])
    one, end_row, end_column = splat(float32(1)), splat(float32(H + 1)), splat(float32(W + 1))
    zero, factor, summand = splat(float32(0)), splat(gain), splat(offset)
    for begin in range(0, W, LANES):
        column = splat(float32(begin)) + lane_numbers()
        y = y_row + y_column * column + y_start + load(room, places.moved + begin) + one
        x = x_row + x_column * column + x_start + load(room, places.moved + places.across + begin) + one
        y = where_less(y, end_row, where_less(zero, y, y, zero), end_row)  # in the border all is black
        x = where_less(x, end_column, where_less(zero, x, x, zero), end_column)
        for channel in range(C):
            start = channel * (H + _BORDER) * stride
            upper, upper_right, lower, lower_right, down, along = four_around(room, start, stride, y, x)
            upper = upper + along * (upper_right - upper)
            lower = lower + along * (lower_right - lower)
            store(room, places.sums, (upper + down * (lower - upper)) * factor + summand)
            for lane in range(min(LANES, W - begin)):
                out[n, channel, row, begin + lane] = room[places.sums + lane]
