"""What the adaptive pools' references share: the bins."""

from fractions import Fraction

import numpy as np


def bins(size, out):
    """The cells of every bin: those that the i-th of `out` equal parts of the axis touches."""
    return [
        [cell for cell in range(size) if cell < Fraction((i + 1) * size, out) and cell + 1 > Fraction(i * size, out)]
        for i in range(out)
    ]


def pooled(x, size, reduce):
    """y[h, w] = reduce(cells) over [N, C, rows, columns]."""
    y = np.zeros((*x.shape[:2], *size))
    for h, rows in enumerate(bins(x.shape[2], size[0])):
        for w, columns in enumerate(bins(x.shape[3], size[1])):
            y[:, :, h, w] = reduce(x[:, :, rows][:, :, :, columns])
    return y
