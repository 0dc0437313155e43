"""Zeros before and after, along the channels."""

import numpy as np

CASES = [
    ("{type: pad_channels}", (3, 2, 4)),
    ("{type: pad_channels, before: 2, after: 1}", (3, 2, 4)),
    ("{type: pad_channels, before: 5}", (4,)),
]


def reference(layer, weights, x):
    parts = [np.zeros((len(x), count, *x.shape[2:])) for count in (layer.before, layer.after)]
    return np.concatenate([parts[0], x, parts[1]], axis=1)


def in_torch(layer, weights, x):
    import torch

    parts = [x.new_zeros(len(x), count, *x.shape[2:]) for count in (layer.before, layer.after)]
    return torch.cat([parts[0], x, parts[1]], dim=1)
