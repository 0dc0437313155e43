"""The rectifier."""

import numpy as np

CASES = [
    ("{type: relu}", (7,)),
    ("{type: relu}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: relu}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return np.maximum(x, 0)


def in_torch(layer, weights, x):
    import torch

    return torch.relu(x)
