"""The hyperbolic tangent."""

import numpy as np

CASES = [
    ("{type: tanh}", (7,)),
    ("{type: tanh}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: tanh}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return np.tanh(x)


def in_torch(layer, weights, x):
    import torch

    return torch.tanh(x)
