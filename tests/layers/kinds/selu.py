"""A scaled elu; the constants as the paper's authors give them in their code."""

import numpy as np

CASES = [
    ("{type: selu}", (7,)),
    ("{type: selu}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: selu}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return 1.0507009873554804934193349852946 * np.where(x > 0, x, 1.6732632423543772848170429916717 * (np.exp(x) - 1))


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.selu(x)
