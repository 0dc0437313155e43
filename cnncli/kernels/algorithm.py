"""Which algorithm computes a convolution: the one that a count of its operations says is fastest.

A count, not a measurement: the choice, and with it every bit of a result, is the same at each run on each machine.
Costs are in multiply-adds of vectors, per tile of m x m outputs. A form F(m x m, r x r) has n = m + r - 1 points in
each direction, so n^2 multiply-adds per channel and filter instead of m^2 r^2, and transforms that grow with n^2 but
not with the product of channels and filters: many channels favour it. Tiles that hang over the edge are counted whole.

Rounding: a form's result is further from the exact one than the direct sum's, which stays near 3e-7 of the result's
length. `FORMS` holds each form's distance for 64 channels of normal numbers; none above 5e-6 is used.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from .memory import Pair
from .toom_cook import form

FORMS = {(4, 3): 0.9e-6, (2, 3): 0.3e-6, (2, 5): 1.0e-6, (4, 5): 3.1e-6}
"""(outputs, taps) of each form in use, and the distance of its result from the exact one."""


class _Costs(NamedTuple):
    """Multiply-adds of vectors that one number of a transformed tile costs, moving it included; measured."""

    inputs: float
    outputs: float


_CORRELATION = _Costs(inputs=20.0, outputs=14.0)
_WEIGHTS = _Costs(inputs=28.0, outputs=14.0)
_GAIN = 0.95
"""The estimate is not exact: a form has to promise some less than the direct sum."""

ALGORITHMS = {
    "auto": "whichever a count of its operations favours, layer by layer",
    "direct": "the direct sum everywhere",
    "winograd": "a Winograd form wherever there is one",
}
_wanted = ["auto"]


def set_algorithm(name: str) -> None:
    """One of `ALGORITHMS`, for the whole process. Results differ by their rounding."""
    if name not in ALGORITHMS:
        raise ValueError(f"an algorithm is {', '.join(ALGORITHMS)}, not {name!r}")
    _wanted[0] = name


def wanted() -> str:
    """What `set_algorithm` was last given."""
    return _wanted[0]


def best_form(
    weight_shape: tuple[int, ...], out_size: Pair, stride: Pair, dilation: Pair, groups: int, which: str = "forward"
) -> tuple[int, int] | None:
    """The form (m, r) to compute `out_size` (rows, columns) with; None for the direct sum.

    weight_shape: [K, C/G, F_h, F_w]. which: `forward`, `data_gradient`, or `weight_gradient`, whose `out_size` is dy's.
    """
    if _wanted[0] == "direct" or weight_shape[2] != weight_shape[3] or {*stride, *dilation} != {1}:
        return None
    bound = math.inf if _wanted[0] == "winograd" else _GAIN
    filters, channels = weight_shape[0] // groups, weight_shape[1]
    if which == "data_gradient":
        filters, channels = channels, filters
    return _cheapest(filters, channels, weight_shape[2], out_size, which == "weight_gradient", bound)


def name_of(found: tuple[int, int] | None) -> str:
    """`direct`, or `winograd 4x4`."""
    return "direct" if found is None else f"winograd {found[0]}x{found[0]}"


@lru_cache(maxsize=1024)
def _cheapest(
    filters: int, channels: int, taps: int, out_size: Pair, of_weights: bool, bound: float
) -> tuple[int, int] | None:
    """The cheapest form, if it costs less than `bound` times the direct sum."""
    costs = _WEIGHTS if of_weights else _CORRELATION
    best, least = None, bound * filters * channels * taps**2 * out_size[0] * out_size[1]
    for outputs, own_taps in FORMS:
        if own_taps != taps:
            continue
        tiles = -(-out_size[0] // outputs) * -(-out_size[1] // outputs)
        numbers = form(outputs, taps).points ** 2
        cost = tiles * numbers * (filters * channels + costs.inputs * channels + costs.outputs * filters)
        if cost < least:
            best, least = (outputs, taps), cost
    return best
