"""Min pooling: the smallest of each window; what is padded never wins."""

import numpy as np

from tests.layers.kinds._window import pooled, torch_max_pool

CASES = [
    ("{type: minpool, kernel: 3, stride: 2}", (3, 7, 9)),
    ("{type: minpool, kernel: 2, rounding: floor}", (5, 7, 5)),
    ("{type: minpool, kernel: 2, rounding: ceil}", (2, 7, 7)),
    ("{type: minpool, kernel: [3, 2], stride: [1, 2], padding: [1, 0]}", (3, 5, 6)),
    ("{type: minpool, kernel: 3, stride: 2, padding: [0, 1, 1, 2]}", (3, 6, 4)),
    ("{type: minpool, kernel: 3, stride: 1, padding: same}", (2, 4, 5)),
    ("{type: minpool, kernel: 2, stride: 3}", (2, 5, 8)),
    ("{type: minpool, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6, 8)),
    ("{type: minpool, kernel: 2, stride: 1, padding: same}", (2, 4, 5)),
]


def reference(layer, weights, x):
    return pooled(layer, x, np.inf, lambda cells: cells.min(axis=(2, 3)))


def in_torch(layer, weights, x):
    return -torch_max_pool(layer, -x)
