"""Batch normalisation in training: each channel by the mean and variance of the batch it is in."""

import numpy as np

CASES = [
    ("{type: batchnorm, activation: relu}", (3, 4, 5)),
    ("{type: batchnorm, affine: false, epsilon: 1e-3}", (5, 1, 3)),
    ("{type: batchnorm, momentum: 0.01, activation: tanh}", (1, 7, 2)),
    ("{type: batchnorm}", (17,)),
    ("{type: batchnorm, affine: false, activation: relu}", (6,)),
]


def reference(layer, weights, x):
    y = np.empty_like(x)
    for channel in range(x.shape[1]):
        numbers = x[:, channel]
        mean = numbers.sum() / numbers.size
        variance = ((numbers - mean) ** 2).sum() / numbers.size
        y[:, channel] = (numbers - mean) / np.sqrt(variance + layer.epsilon)
        if layer.affine:
            y[:, channel] = y[:, channel] * weights["weight"][channel] + weights["bias"][channel]
    return y


def in_torch(layer, weights, x):
    import torch

    own = weights.get("weight"), weights.get("bias")
    return torch.nn.functional.batch_norm(x, None, None, *own, training=True, eps=layer.epsilon)
