"""Each channel by its own number."""

import numpy as np

CASES = [
    ("{type: scale, initial: 0.5, bias: true, activation: relu}", (5, 3, 4)),
    ("{type: scale, bias: true}", (3, 17)),
    ("{type: scale}", (7,)),
]


def reference(layer, weights, x):
    y = np.zeros_like(x)
    for channel, factor in enumerate(weights["weight"]):
        y[:, channel] = factor * x[:, channel] + (weights["bias"][channel] if layer.bias else 0)
    return y


def in_torch(layer, weights, x):
    shape = (-1, *(1 for _ in range(x.ndim - 2)))
    y = x * weights["weight"].reshape(shape)
    return y + weights["bias"].reshape(shape) if layer.bias else y
