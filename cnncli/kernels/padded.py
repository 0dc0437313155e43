"""Copying a band of input rows, with the zeros around it, into scratch that fits a near cache.

The convolutions read only such copies: no tap is ever out of bounds, and rows whose distance is a power of
two (all of a 32x32 image's are) do not fight over the same few cache sets.
"""

from __future__ import annotations

from numba import float32

from .compile import helper
from .host import LANES
from .vector import load, splat, store


def plane_size(rows: int, columns: int) -> int:
    """Vectors from one channel of a copy to the next.

    Odd: a power of two apart, the same cell of many channels would fight over few places in the cache.
    """
    return rows * columns | 1


@helper
def copy_padded(
    x, plane, channels, height, width, first_row, first_column, row_step, column_step, target, start, rows, columns,
    plane_size,
):  # fmt: skip
    """Copies `rows` x `columns` cells from (first_row, first_column) on of `channels` planes; zeros outside.

    Cells are the steps apart in x. x: flat [planes, height, width, LANES]; target: flat, from `start`, with a plane's
    rows and columns side by side, and planes so many vectors apart.
    """
    zero = splat(float32(0))
    left = min(columns, max(0, column_step - 1 - first_column) // column_step)
    right = max(left, min(columns, (width - first_column + column_step - 1) // column_step))
    for channel in range(channels):
        to = start + channel * plane_size * LANES
        for row in range(first_row, first_row + rows * row_step, row_step):
            inside = 0 <= row < height
            begin, end = (left, right) if inside else (columns, columns)
            for _ in range(begin):
                store(target, to, zero)
                to += LANES
            source = (((plane + channel) * height + row) * width + first_column + begin * column_step) * LANES
            for _ in range(begin, end):
                store(target, to, load(x, source))
                to += LANES
                source += column_step * LANES
            for _ in range(end, columns):
                store(target, to, zero)
                to += LANES
