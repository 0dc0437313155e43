"""Adaptive pooling: the mean of each bin."""

from tests.layers.kinds._adaptive import pooled

CASES = [
    ("{type: adaptive_avgpool, size: 1}", (3, 5, 6)),
    ("{type: adaptive_avgpool, size: [3, 4]}", (2, 3, 4)),
    ("{type: adaptive_avgpool, size: [3, 4]}", (2, 7, 10)),
    ("{type: adaptive_avgpool, size: [5, 2]}", (17, 3, 5)),
    ("{type: adaptive_avgpool, size: 7}", (2, 2, 17)),
]


def reference(layer, weights, x):
    return pooled(x, layer.size, lambda cells: cells.mean(axis=(2, 3)))


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.adaptive_avg_pool2d(x, layer.size)
