"""Local response normalisation: each number over a power of its window's squares."""

import numpy as np

CASES = [
    ("{type: lrn}", (3, 5, 7)),
    ("{type: lrn, size: 3, alpha: 0.7, beta: 0.5, k: 2}", (7, 5, 3)),
    ("{type: lrn, size: 4, alpha: 2, beta: 1}", (9, 3, 12)),
    ("{type: lrn, size: 5, alpha: 0.3, k: 2, alpha_times: sum}", (6, 1, 2)),
    ("{type: lrn, size: 2, alpha: 1.5, beta: 2.3, k: 0.5}", (4, 2, 2)),
    ("{type: lrn, size: 1, alpha: 3, beta: 0.75}", (2, 3, 2)),
    ("{type: lrn, size: 40, alpha: 3}", (5, 2, 3)),
    ("{type: lrn, size: 11, alpha: 3}", (23, 2, 3)),
]


def reference(layer, weights, x):
    y = np.empty_like(x)
    n = layer.size
    factor = layer.alpha / n if layer.alpha_times == "mean" else layer.alpha
    for channel in range(x.shape[1]):
        total = np.zeros_like(x[:, 0])
        for other in range(channel - n // 2, channel + (n - 1) // 2 + 1):
            if 0 <= other < x.shape[1]:
                total += x[:, other] ** 2
        y[:, channel] = x[:, channel] / (layer.k + factor * total) ** layer.beta
    return y


def in_torch(layer, weights, x):
    import torch

    alpha = layer.alpha * (layer.size if layer.alpha_times == "sum" else 1)
    return torch.nn.functional.local_response_norm(x, layer.size, alpha, layer.beta, layer.k)
