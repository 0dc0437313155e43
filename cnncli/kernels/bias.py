"""Bias gradients, alone or in the same pass as ReLU's: sums over images and positions, in one fixed order.

Shapes: y, dy [B, K, H, W, LANES] or [B, K, LANES]; db [K]; all contiguous float32.
"""

from __future__ import annotations

from numba import float32, int64, prange

from . import memory
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import horizontal_sum, load, splat, store, where_less

_TASKS = 16  # at least so many where there are blocks enough, so that threads end together


def bias_gradient(dy: Array, db: Array) -> None:
    """db[k] = the sum of dy[:, k]. Overwrites db."""
    parts = _parts(dy)
    _bias_gradient(dy.reshape(-1), len(dy), db, _sums(db, parts), parts)


def relu_backward_bias(y: Array, dy: Array, db: Array) -> None:
    """Sets dy to 0 where y = max(0, .) is 0, then db[k] to the sum of dy[:, k]. Overwrites dy and db."""
    parts = _parts(dy)
    _relu_backward_bias(y.reshape(-1), dy.reshape(-1), len(dy), db, _sums(db, parts), parts)


def _parts(dy):
    """Into how many parts the blocks are cut: by the shapes alone, so that the sums are the same on any threads."""
    return min(len(dy), -(-_TASKS // dy.shape[1]))


def _sums(db, parts):
    """Where the sums of the parts go: with one part, they are what is wanted."""
    return db if parts == 1 else memory.scratch(parts * db.size)


@kernel
def _bias_gradient(dy, blocks, db, sums, parts):
    tasks = db.size * parts, db.size
    for stage in range(min(parts, 2)):  # one parallel loop for both stages: each such loop takes long to compile
        for each in prange(tasks[stage]):
            task = int64(each)
            if stage == 0:
                begin, end = _part(task % parts, parts, blocks)
                sums[task] = _sum(dy, blocks, begin, end, task // parts, db.size)
            else:
                db[task] = _total(sums, task * parts, parts)


@kernel
def _relu_backward_bias(y, dy, blocks, db, sums, parts):
    tasks = db.size * parts, db.size
    for stage in range(min(parts, 2)):
        for each in prange(tasks[stage]):
            task = int64(each)
            if stage == 0:
                begin, end = _part(task % parts, parts, blocks)
                sums[task] = _masked_sum(y, dy, blocks, begin, end, task // parts, db.size)
            else:
                db[task] = _total(sums, task * parts, parts)


@helper
def _part(number, parts, blocks):
    return number * blocks // parts, (number + 1) * blocks // parts


@helper
def _total(sums, first, parts):
    total = float32(0)
    for place in range(first, first + parts):
        total += sums[place]
    return total


@helper
def _sum(dy, blocks, begin, end, k, filters):
    plane = dy.size // (blocks * filters)
    # A sum per block first: one long chain of float32 additions would lose digits.
    total = float32(0)
    for block in range(begin, end):
        start = (block * filters + k) * plane
        even, odd = splat(float32(0)), splat(float32(0))
        for place in range(start, start + plane - LANES, 2 * LANES):
            even += load(dy, place)
            odd += load(dy, place + LANES)
        if plane // LANES % 2:
            even += load(dy, start + plane - LANES)
        total += horizontal_sum(even + odd)
    return total


@helper
def _masked_sum(y, dy, blocks, begin, end, k, filters):
    plane = dy.size // (blocks * filters)
    zero = splat(float32(0))
    total = float32(0)
    for block in range(begin, end):
        start = (block * filters + k) * plane
        part = zero
        for place in range(start, start + plane, LANES):
            value = where_less(zero, load(y, place), load(dy, place), zero)
            store(dy, place, value)
            part += value
        total += horizontal_sum(part)
    return total
