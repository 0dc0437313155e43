"""Group normalisation and its limits: each image by means and variances of its own (Wu & He, 2018).

Shapes: x, y, dy, dx [B, C, ..., LANES], contiguous float32. What is normalised are G runs of consecutive numbers:
groups of channels (group norm), single channels (instance norm), or the whole image (layer norm).

`places` consecutive vectors share a weight: H W where it is a channel's, 1 where each number has its own.
statistics [B, G, 3, LANES] holds (center, inverse, offset) between the two passes, with
normalised x = (x - center) inverse + offset: the offset keeps the digits of the mean that the center has not.
"""

from __future__ import annotations

from numba import float32, float64, int64, prange

from . import memory
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .moments import CHUNK, chunk_deviations, chunk_sum, compensated, given
from .vector import fma, horizontal_sum, load, splat, square_root, store

_NONE = memory.zeros((0,))


def forward(
    x: Array, y: Array, weight: Array | None, bias: Array | None, statistics: Array, places: int, epsilon: float
) -> None:
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias over each group. Overwrites y and statistics."""
    arrays = x.reshape(-1), y.reshape(-1), flat(weight), flat(bias), statistics.reshape(-1)
    _forward(*arrays, len(x), statistics.shape[1], places, float32(epsilon))


def backward(
    x: Array, dy: Array, dx: Array | None, weight: Array | None, dw: Array | None, db: Array | None,
    statistics: Array, places: int,
) -> None:  # fmt: skip
    """The gradients of `forward`. Overwrites those that are not None."""
    if dw is not None and db is not None:
        parameter_gradients(x, dy, dw, db, statistics, places)
    if dx is not None:
        arrays = x.reshape(-1), dy.reshape(-1), dx.reshape(-1), flat(weight), statistics.reshape(-1)
        _backward(*arrays, len(x), statistics.shape[1], places)


def parameter_gradients(
    x: Array, dy: Array, dw: Array, db: Array, statistics: Array, places: int, by_place: bool = False
) -> None:
    """dw = the sum of dy * normalised x, db that of dy, over the images and the places of each weight.

    statistics: one for each group, or (by_place) one for each place, [B, H W, 3, LANES].
    """
    arrays = x.reshape(-1), dy.reshape(-1), dw.reshape(-1), db.reshape(-1), statistics.reshape(-1)
    _parameter_gradients(*arrays, len(x), statistics.shape[1], places, by_place)


def flat(array: Array | None) -> Array:
    """One-dimensional; empty for None."""
    return _NONE if array is None else array.reshape(-1)


@kernel
def _forward(x, y, weight, bias, statistics, blocks, groups, places, epsilon):
    run = x.size // (blocks * groups)
    for each in prange(blocks * groups):
        task = int64(each)
        _measure(x, task * run, (task + 1) * run, statistics, task * 3 * LANES, epsilon)
        _normalise(x, y, task * run, task % groups, run, weight, bias, statistics, task * 3 * LANES, places)


@helper
def _measure(x, start, end, statistics, into, epsilon):
    """The run's statistics, chunk by chunk (Chan, Golub & LeVeque, 1979). `mean` is counted from the center."""
    center = mean = squares = lost = splat(float32(0))
    before = 0
    for begin in range(start, end, CHUNK):
        stop = min(begin + CHUNK, end)
        size = (stop - begin) // LANES
        middle = chunk_sum(x, begin, stop) / splat(float32(size))
        first, second = chunk_deviations(x, begin, stop, middle)
        if before == 0:
            center = middle
        rest = first / splat(float32(size))
        distance = (middle - center) + rest - mean
        share = float64(size) / (before + size)
        mean = fma(distance, splat(float32(share)), mean)
        within = second - rest * first
        squares, lost = compensated(squares, lost, fma(distance * distance, splat(float32(before * share)), within))
        before += size
    variance = squares / splat(float32(before))
    inverse = splat(float32(1)) / square_root(variance + splat(epsilon))
    keep_statistics(statistics, into, center, inverse, mean)


@helper
def keep_statistics(statistics, into, center, inverse, mean):
    """`mean` is counted from the center."""
    store(statistics, into, center)
    store(statistics, into + LANES, inverse)
    store(statistics, into + 2 * LANES, splat(float32(0)) - mean * inverse)


@helper
def kept_statistics(statistics, place):
    """(center, inverse, offset)."""
    return load(statistics, place), load(statistics, place + LANES), load(statistics, place + 2 * LANES)


@helper
def _normalise(x, y, start, group, run, weight, bias, statistics, kept, places):
    center, inverse, offset = kept_statistics(statistics, kept)
    weights = run // (places * LANES)
    for index in range(weights):
        w = splat(given(weight, group * weights + index, 1))
        b = splat(given(bias, group * weights + index, 0))
        scale, shift = inverse * w, fma(offset, w, b)
        first = start + index * places * LANES
        for place in range(first, first + places * LANES, LANES):
            store(y, place, fma(load(x, place) - center, scale, shift))


@kernel
def _backward(x, dy, dx, weight, statistics, blocks, groups, places):
    run = x.size // (blocks * groups)
    for each in prange(blocks * groups):
        task = int64(each)
        _run_gradient(x, dy, dx, task * run, task % groups, run, weight, statistics, task * 3 * LANES, places)


@helper
def _run_gradient(x, dy, dx, start, group, run, weight, statistics, kept, places):
    center, inverse, offset = kept_statistics(statistics, kept)
    total, moment = _run_sums(x, dy, start, group, run, weight, center, places)
    # With g = weight dy: dx = inverse (g - the mean of g - normalised x * the mean of (g * normalised x)).
    share = splat(float32(-1.0 / (run // LANES))) * inverse
    moment = fma(moment, inverse, offset * total)
    slope, constant = share * inverse * moment, share * fma(offset, moment, total)
    weights = run // (places * LANES)
    for index in range(weights):
        scale = inverse * splat(given(weight, group * weights + index, 1))
        first = start + index * places * LANES
        for place in range(first, first + places * LANES, LANES):
            store(dx, place, fma(load(dy, place), scale, fma(load(x, place) - center, slope, constant)))


@helper
def _run_sums(x, dy, start, group, run, weight, center, places):
    """The sums of weight dy and of weight dy (x - center) over a run, per image."""
    zero = splat(float32(0))
    total, total_lost, moment, moment_lost = zero, zero, zero, zero
    weights = run // (places * LANES)
    for index in range(weights):
        w = splat(given(weight, group * weights + index, 1))
        first, end = start + index * places * LANES, start + (index + 1) * places * LANES
        for begin in range(first, end, CHUNK):
            part, part_moment = zero, zero
            for place in range(begin, min(begin + CHUNK, end), LANES):
                gradient = load(dy, place)
                part += gradient
                part_moment = fma(gradient, load(x, place) - center, part_moment)
            total, total_lost = compensated(total, total_lost, part * w)
            moment, moment_lost = compensated(moment, moment_lost, part_moment * w)
    return total, moment


@kernel
def _parameter_gradients(x, dy, dw, db, statistics, blocks, groups, places, by_place):
    # by_place, `groups` counts the places.
    for each in prange(dw.size):
        index = int64(each)
        group = 0 if by_place else index // (dw.size // groups)
        dw[index], db[index] = _weight_sums(
            x, dy, index, dw.size, statistics, blocks, groups, group, places, 3 * LANES if by_place else 0
        )


@helper
def _weight_sums(x, dy, index, weights, statistics, blocks, groups, group, places, step):
    zero = splat(float32(0))
    total, moment = float64(0), float64(0)
    for block in range(blocks):
        first = (block * weights + index) * places * LANES
        end = first + places * LANES
        kept = (block * groups + group) * 3 * LANES
        for begin in range(first, end, CHUNK):
            part, part_moment = zero, zero
            for place in range(begin, min(begin + CHUNK, end), LANES):
                center, inverse, offset = kept_statistics(statistics, kept)
                gradient = load(dy, place)
                part += gradient
                part_moment = fma(gradient, fma(load(x, place) - center, inverse, offset), part_moment)
                kept += step
            total += horizontal_sum(part)
            moment += horizontal_sum(part_moment)
    return float32(moment), float32(total)
