"""alpha (exp(x) - 1) for negative x."""

import numpy as np

CASES = [
    ("{type: elu, alpha: 0.5}", (7,)),
    ("{type: elu, alpha: 2}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: {type: elu, alpha: 1.5}}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return np.where(x > 0, x, layer.alpha * (np.exp(x) - 1))


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.elu(x, layer.alpha)
