"""L2 pooling: the root of each window's sum of squares."""

import numpy as np

from tests.layers.kinds._window import pooled, stride_of, torch_padded

CASES = [
    ("{type: l2pool, kernel: 3, stride: 2}", (3, 7, 9)),
    ("{type: l2pool, kernel: 2, rounding: floor}", (5, 7, 5)),
    ("{type: l2pool, kernel: 2, rounding: ceil}", (2, 7, 7)),
    ("{type: l2pool, kernel: [3, 2], stride: [1, 2], padding: [1, 0]}", (3, 5, 6)),
    ("{type: l2pool, kernel: 3, stride: 2, padding: [0, 1, 1, 2]}", (3, 6, 4)),
    ("{type: l2pool, kernel: 3, stride: 1, padding: same}", (2, 4, 5)),
    ("{type: l2pool, kernel: 2, stride: 3}", (2, 5, 8)),
]


def reference(layer, weights, x):
    return pooled(layer, x, 0.0, lambda cells: np.sqrt((cells**2).sum(axis=(2, 3))))


def in_torch(layer, weights, x):
    import torch

    # Its `ceil_mode` scales the last window's sum as if it were whole, and padding it has none.
    return torch.nn.functional.lp_pool2d(torch_padded(layer, x, 0.0), 2.0, layer.kernel, stride_of(layer))
