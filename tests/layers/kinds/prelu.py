"""Two straight lines that meet at 0, the left one's slope learned."""

import numpy as np

CASES = [
    ("{type: prelu}", (7,)),
    ("{type: prelu, shared: true}", (7,)),
    ("{type: prelu, shared: true}", (3, 5, 2)),
    ("{type: prelu}", (1, 3, 3)),
]


def reference(layer, weights, x):
    y = x.copy()
    for channel in range(x.shape[1]):
        slope = weights["weight"][0 if layer.shared else channel]
        y[:, channel] = np.where(x[:, channel] > 0, x[:, channel], slope * x[:, channel])
    return y


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.prelu(x, weights["weight"])
