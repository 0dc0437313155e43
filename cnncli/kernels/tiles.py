"""Which register tile (M rows x N columns of vectors) suits a number of filters or units.

A tile must fill the register file without spilling (M x N accumulators, N values, one broadcast) and have
about eight independent sums, or the latency of the multiply-add shows. Few shapes, because each is compiled
once: one for a single row (depthwise convolution), and some that between them waste little on any number of rows.
"""

from __future__ import annotations

from functools import cache

from .host import VECTOR_REGISTERS
from .register_tile import sizes

_WIDE = {1: 8, 4: 6, 6: 4, 8: 3}
_NARROW = {1: 8, 4: 3, 6: 2}
# Relative time of one column of a strip: a single row loads a vector for every multiply-add.
_COST = {1: 1.6, 4: 4.0, 6: 6.0, 8: 8.0}


@cache
def tile_for(rows: int, most: int = 8) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tile that computes `rows` rows in the least time, as the two tuples of `register_tile.sizes`.

    It has at most `most` rows: where these are vectors in registers too, eight leave none for the columns.
    Of tiles as fast the highest: its few columns read less, so that more channels fit the nearest cache.
    """
    columns = _WIDE if VECTOR_REGISTERS >= 32 else _NARROW
    best = min((m for m in columns if m <= most), key=lambda m: (-(-rows // m) * _COST[m], -m))
    return sizes(best, columns[best])


def product_tile() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For Winograd's products, filters x tiles of the image: one for any number, each takes long to compile."""
    return sizes(4, 4 if VECTOR_REGISTERS >= 32 else 2)


@cache
def channel_tile(vectors: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For Winograd's sums over images, where a column is a vector of channels: M filters x N of `vectors`."""
    most = 4 if VECTOR_REGISTERS >= 32 else 2
    columns = next(width for width in (4, 2, 1) if width <= most and (vectors % width == 0 or vectors > 2 * width))
    return sizes({4: 4, 2: 8 if most == 4 else 4, 1: 8}[columns], columns)
