"""Copying a band of input rows, with the zeros around it, into scratch that fits a near cache.

The convolutions read only such copies: no tap is ever out of bounds, and rows whose distance is a power of
two (all of a 32x32 image's are) do not fight over the same few cache sets.
"""

from __future__ import annotations

from numba import float32

from .compile import helper
from .host import LANES
from .vector import load, splat, store


@helper
def copy_padded(x, plane, channels, height, width, first_row, first_column, target, start, rows, columns):
    """Copies `rows` x `columns` cells from (first_row, first_column) of `channels` planes; zeros outside.

    x: flat [planes, height, width, LANES]; target: flat [channels, rows, columns, LANES] from `start`.
    """
    zero = splat(float32(0))
    left = min(columns, max(0, -first_column))
    right = max(left, min(columns, width - first_column))
    to = start
    for channel in range(channels):
        for row in range(first_row, first_row + rows):
            inside = 0 <= row < height
            begin, end = (left, right) if inside else (columns, columns)
            for _ in range(begin):
                store(target, to, zero)
                to += LANES
            source = (((plane + channel) * height + row) * width + first_column + begin) * LANES
            for _ in range(begin, end):
                store(target, to, load(x, source))
                to += LANES
                source += LANES
            for _ in range(end, columns):
                store(target, to, zero)
                to += LANES
