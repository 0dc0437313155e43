"""Two straight lines that meet at 0."""

import numpy as np

CASES = [
    ("{type: leaky_relu, slope: 0}", (7,)),
    ("{type: leaky_relu, slope: 2}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: {type: leaky_relu, slope: 0.2}}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return np.where(x > 0, x, layer.slope * x)


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.leaky_relu(x, layer.slope)
