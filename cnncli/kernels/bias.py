"""Bias gradients, alone or in the same pass as ReLU's: sums over images and positions, in one fixed order.

Shapes: y, dy [B, K, H, W, LANES] or [B, K, LANES]; db [K]; all contiguous float32.
"""

from __future__ import annotations

from numba import float32, int64, prange

from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import horizontal_sum, load, splat, store, where_less


def bias_gradient(dy: Array, db: Array) -> None:
    """db[k] = the sum of dy[:, k]. Overwrites db."""
    _bias_gradient(dy.reshape(-1), dy.shape[0], db)


def relu_backward_bias(y: Array, dy: Array, db: Array) -> None:
    """Sets dy to 0 where y = max(0, .) is 0, then db[k] to the sum of dy[:, k]. Overwrites dy and db."""
    _relu_backward_bias(y.reshape(-1), dy.reshape(-1), dy.shape[0], db)


@kernel
def _bias_gradient(dy, blocks, db):
    for k in prange(db.size):
        db[k] = _sum(dy, blocks, int64(k), db.size)


@kernel
def _relu_backward_bias(y, dy, blocks, db):
    for k in prange(db.size):
        db[k] = _masked_sum(y, dy, blocks, int64(k), db.size)


@helper
def _sum(dy, blocks, k, filters):
    plane = dy.size // (blocks * filters)
    # A sum per block first: one long chain of float32 additions would lose digits.
    total = float32(0)
    for block in range(blocks):
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
def _masked_sum(y, dy, blocks, k, filters):
    plane = dy.size // (blocks * filters)
    zero = splat(float32(0))
    total = float32(0)
    for block in range(blocks):
        start = (block * filters + k) * plane
        part = zero
        for place in range(start, start + plane, LANES):
            value = where_less(zero, load(y, place), load(dy, place), zero)
            store(dy, place, value)
            part += value
        total += horizontal_sum(part)
    return total
