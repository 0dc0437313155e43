"""Adaptive pooling: the largest number of each bin."""

from tests.layers.kinds._adaptive import pooled

CASES = [
    ("{type: adaptive_maxpool, size: 1}", (3, 5, 6)),
    ("{type: adaptive_maxpool, size: [3, 4]}", (2, 3, 4)),
    ("{type: adaptive_maxpool, size: [3, 4]}", (2, 7, 10)),
    ("{type: adaptive_maxpool, size: [5, 2]}", (17, 3, 5)),
    ("{type: adaptive_maxpool, size: 7}", (2, 2, 17)),
]


def reference(layer, weights, x):
    return pooled(x, layer.size, lambda cells: cells.max(axis=(2, 3)))


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.adaptive_max_pool2d(x, layer.size)
