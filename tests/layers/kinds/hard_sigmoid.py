"""Three straight lines."""

import numpy as np

CASES = [
    ("{type: hard_sigmoid}", (7,)),
    ("{type: hard_sigmoid, reach: 3}", (7,)),
    ("{type: hard_sigmoid, reach: 1}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: hard_sigmoid}", (2, 3, 3)),
    ("{type: conv, filters: 3, kernel: 1, activation: {type: hard_sigmoid, reach: 3}}", (2, 3, 3)),
]


def reference(layer, weights, x):
    if layer.reach == 2.5:
        return np.clip(0.2 * x + 0.5, 0, 1)
    return np.clip(x / (2 * layer.reach) + 0.5, 0, 1)


def in_torch(layer, weights, x):
    import torch

    if layer.reach == 3:
        return torch.nn.functional.hardsigmoid(x)
    return torch.clamp(x / (2 * layer.reach) + 0.5, 0, 1)
