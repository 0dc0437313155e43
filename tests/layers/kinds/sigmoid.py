"""The logistic function."""

import numpy as np

CASES = [
    ("{type: sigmoid}", (7,)),
    ("{type: sigmoid}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: sigmoid}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return 1 / (1 + np.exp(-x))


def in_torch(layer, weights, x):
    import torch

    return torch.sigmoid(x)
