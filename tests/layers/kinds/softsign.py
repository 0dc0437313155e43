"""x / (1 + |x|)."""

import numpy as np

CASES = [
    ("{type: softsign}", (7,)),
    ("{type: softsign}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: softsign}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return x / (1 + np.abs(x))


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.softsign(x)
