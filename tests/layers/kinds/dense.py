"""Fully connected: every output, every input."""

import numpy as np

CASES = [
    ("{type: dense, units: 7, activation: relu}", (13,)),
    ("{type: dense, units: 1, bias: false}", (1,)),
    ("{type: dense, units: 33, bias: false, activation: relu}", (65,)),
    ("{type: dense, units: 10, activation: softmax}", (20,)),
    ("{type: dense, units: 64, activation: sigmoid}", (48,)),
]


def reference(layer, weights, x):
    y = np.zeros((len(x), layer.units))
    for unit in range(layer.units):
        y[:, unit] = x @ weights["weight"][unit]
        if "bias" in weights:
            y[:, unit] += weights["bias"][unit]
    return y


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.linear(x, weights["weight"], weights.get("bias"))
