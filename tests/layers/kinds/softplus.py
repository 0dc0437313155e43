"""log(1 + exp(x))."""

import numpy as np

CASES = [
    ("{type: softplus}", (7,)),
    ("{type: softplus}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: softplus}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return np.log(1 + np.exp(x))


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.softplus(x)
