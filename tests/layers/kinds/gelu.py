"""x times the normal distribution at x, by erf or by the paper's tanh."""

import math

import numpy as np

CASES = [
    ("{type: gelu}", (7,)),
    ("{type: gelu}", (3, 5, 2)),
    ("{type: gelu, approximate: tanh}", (3, 5, 2)),
]


def reference(layer, weights, x):
    if layer.approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.gelu(x, approximate=layer.approximate)
