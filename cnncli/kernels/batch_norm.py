"""Batch normalisation: every channel by its mean and variance over the images and places (Ioffe & Szegedy, 2015).

Shapes: x, y, dy, dx [B, C, ..., LANES] or [B, C, LANES]; weight, bias, running_mean, running_var [C]; all contiguous
float32. statistics [C, 2], float64, holds each channel's mean and 1 / standard deviation between the two passes.

Images past `count` take no part; their lanes of y and dx are 0. A channel is one task, from its statistics to its
output, so that what fits the cache is read from memory once; chunks are added up in order, in float64.
"""

from __future__ import annotations

import math

from numba import float32, float64, int64, prange

from . import memory
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .moments import CHUNK, chunk_deviations, chunk_sum, given
from .vector import fma, horizontal_sum, lane_numbers, load, splat, store, where_less, write

_NONE = memory.zeros((0,))
_NO_FLOOR = float32(-math.inf)


def forward(
    x: Array,
    y: Array,
    weight: Array | None,
    bias: Array | None,
    running_mean: Array,
    running_var: Array,
    statistics: Array,
    count: int,
    epsilon: float,
    momentum: float | None,
    relu: bool = False,
) -> None:
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, then max(0, .) if relu. Overwrites y and statistics.

    With a momentum (training) mean and variance are the batch's, and the running ones move towards them by that
    share, the variance in its unbiased form (unchanged where there is but one number). Without, they are the running
    ones.
    """
    share = -1.0 if momentum is None else momentum
    weight, bias = _NONE if weight is None else weight, _NONE if bias is None else bias
    kept = running_mean, running_var, statistics
    streamed = memory.streamed(y)
    _forward(x.reshape(-1), y.reshape(-1), len(x), count, weight, bias, *kept, epsilon, share, relu, streamed)


def backward(
    x: Array,
    dy: Array,
    dx: Array | None,
    weight: Array | None,
    bias: Array | None,
    dw: Array | None,
    db: Array | None,
    statistics: Array,
    count: int,
    training: bool,
    relu: bool = False,
) -> None:
    """The gradients of `forward` with the same arguments. Overwrites those that are not None.

    In training the statistics depend on x; otherwise they are constants.
    """
    weight, bias, dw, db = (_NONE if array is None else array for array in (weight, bias, dw, db))
    flat_dx = _NONE if dx is None else dx.reshape(-1)
    _backward(x.reshape(-1), dy.reshape(-1), flat_dx, len(x), count, weight, bias, dw, db, statistics, training, relu)


@helper
def _lanes_in_use(block, count):
    return min(LANES, count - block * LANES)


@helper
def _sum_of_lanes(value, lanes):
    """The sum over the first lanes."""
    return horizontal_sum(where_less(lane_numbers(), splat(float32(lanes)), value, splat(float32(0))))


@helper
def _affine(weight, bias, statistics, channel):
    """(center, scale, shift) with y = scale (x - center) + shift.

    The center is the mean in float32, which x loses no digits to; the rest of the mean is in the shift.
    """
    mean = statistics[channel, 0]
    center = float32(mean)
    scale = given(weight, channel, 1) * statistics[channel, 1]
    return splat(center), splat(float32(scale)), splat(float32(given(bias, channel, 0) - (mean - center) * scale))


@kernel
def _forward(
    x, y, blocks, count, weight, bias, running_mean, running_var, statistics, epsilon, share, relu, streamed
):  # fmt: skip
    for each in prange(running_mean.size):
        channel = int64(each)
        if share >= 0:
            _measure(x, blocks, count, channel, running_mean, running_var, statistics, epsilon, share)
        else:
            statistics[channel, 0] = running_mean[channel]
            statistics[channel, 1] = 1 / math.sqrt(running_var[channel] + epsilon)
        least = float32(0) if relu else _NO_FLOOR
        _normalise(x, y, blocks, count, channel, weight, bias, statistics, least, streamed)


@helper
def _measure(x, blocks, count, channel, running_mean, running_var, statistics, epsilon, share):
    """The channel's mean and variance over the images: chunk by chunk (Chan, Golub & LeVeque, 1979)."""
    plane = x.size // (blocks * running_mean.size)
    numbers, mean, squares = int64(0), float64(0), float64(0)
    for block in range(blocks):
        start = (block * running_mean.size + channel) * plane
        lanes = _lanes_in_use(block, count)
        for begin in range(start, start + plane, CHUNK):
            end = min(begin + CHUNK, start + plane)
            size = (end - begin) // LANES * lanes
            # Counted from a number near the mean, so that no digits get lost: where the mean so far is far from this
            # chunk's, the variance is large too.
            middle = float32(mean)
            if numbers == 0:
                middle = _sum_of_lanes(chunk_sum(x, begin, end), lanes) / float32(size)
            first, second = chunk_deviations(x, begin, end, splat(middle))
            rest = float64(_sum_of_lanes(first, lanes)) / size
            distance = middle + rest - mean
            mean += distance * size / (numbers + size)
            squares += _sum_of_lanes(second, lanes) - rest * rest * size
            squares += distance * distance * numbers * size / (numbers + size)
            numbers += size
    statistics[channel, 0] = mean
    statistics[channel, 1] = 1 / math.sqrt(squares / numbers + epsilon)
    running_mean[channel] += share * (mean - running_mean[channel])
    if numbers > 1:
        running_var[channel] += share * (squares / (numbers - 1) - running_var[channel])


@helper
def _normalise(x, y, blocks, count, channel, weight, bias, statistics, least, streamed):
    plane = x.size // (blocks * len(statistics))
    center, scale, shift = _affine(weight, bias, statistics, channel)
    zero, floor = splat(float32(0)), splat(least)
    for block in range(blocks):
        start = (block * len(statistics) + channel) * plane
        lanes = splat(float32(_lanes_in_use(block, count)))
        for place in range(start, start + plane, LANES):
            value = fma(load(x, place) - center, scale, shift)
            value = where_less(value, floor, floor, value)
            write(y, place, where_less(lane_numbers(), lanes, value, zero), streamed)


@kernel
def _backward(x, dy, dx, blocks, count, weight, bias, dw, db, statistics, training, relu):
    for each in prange(len(statistics)):
        channel = int64(each)
        least = float32(0) if relu else _NO_FLOOR
        _channel_gradient(x, dy, dx, blocks, count, channel, weight, bias, dw, db, statistics, training, least)


@helper
def _channel_gradient(x, dy, dx, blocks, count, channel, weight, bias, dw, db, statistics, training, least):
    total, moment = _gradient_sums(x, dy, blocks, count, channel, weight, bias, statistics, least)
    mean, inverse = statistics[channel, 0], statistics[channel, 1]
    rest = mean - float32(mean)
    moment = inverse * (moment - rest * total)  # the sum of dy (x - mean) / standard deviation
    if dw.size:
        dw[channel] = moment
    if db.size:
        db[channel] = total
    if dx.size:
        # dx = scale (dy - the mean of dy - normalised x * the mean of (dy * normalised x))
        numbers = x.size // (blocks * len(statistics) * LANES) * count if training else 1
        scale = given(weight, channel, 1) * inverse
        slope = -scale * inverse * moment / numbers if training else 0.0
        constant = -scale * total / numbers - slope * rest if training else 0.0
        terms = float32(scale), float32(slope), float32(constant)
        _write_gradient(x, dy, dx, blocks, count, channel, weight, bias, statistics, terms, least)


@helper
def _gradient_sums(x, dy, blocks, count, channel, weight, bias, statistics, least):
    """The sums of dy and of dy (x - center) over the images, dy being 0 where a fused ReLU cut y off."""
    plane = x.size // (blocks * len(statistics))
    center, scale, shift = _affine(weight, bias, statistics, channel)
    zero, floor = splat(float32(0)), splat(least)
    total, moment = float64(0), float64(0)
    for block in range(blocks):
        start = (block * len(statistics) + channel) * plane
        lanes = _lanes_in_use(block, count)
        for begin in range(start, start + plane, CHUNK):
            first, second = zero, zero
            for place in range(begin, min(begin + CHUNK, start + plane), LANES):
                deviation = load(x, place) - center
                gradient = where_less(floor, fma(deviation, scale, shift), load(dy, place), zero)
                first += gradient
                second = fma(gradient, deviation, second)
            total += _sum_of_lanes(first, lanes)
            moment += _sum_of_lanes(second, lanes)
    return total, moment


@helper
def _write_gradient(x, dy, dx, blocks, count, channel, weight, bias, statistics, terms, least):
    """dx = terms[0] dy + terms[1] (x - center) + terms[2]."""
    plane = x.size // (blocks * len(statistics))
    center, scale, shift = _affine(weight, bias, statistics, channel)
    zero, floor = splat(float32(0)), splat(least)
    factor, slope, constant = splat(terms[0]), splat(terms[1]), splat(terms[2])
    for block in range(blocks):
        start = (block * len(statistics) + channel) * plane
        lanes = splat(float32(_lanes_in_use(block, count)))
        for place in range(start, start + plane, LANES):
            deviation = load(x, place) - center
            gradient = where_less(floor, fma(deviation, scale, shift), load(dy, place), zero)
            value = fma(gradient, factor, fma(deviation, slope, constant))
            store(dx, place, where_less(lane_numbers(), lanes, value, zero))
