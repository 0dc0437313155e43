"""Channels in another order: the first of every group, the second of every group, ..."""

import numpy as np

CASES = [
    ("{type: channel_shuffle, groups: 1}", (3, 2, 2)),
    ("{type: channel_shuffle, groups: 4}", (4, 2, 2)),
    ("{type: channel_shuffle, groups: 3}", (12, 1, 5)),
    ("{type: channel_shuffle, groups: 2}", (10, 7)),
]


def reference(layer, weights, x):
    per_group = x.shape[1] // layer.groups
    order = [group * per_group + i for i in range(per_group) for group in range(layer.groups)]
    return np.stack([x[:, channel] for channel in order], axis=1)


def in_torch(layer, weights, x):
    import torch

    as_image = x if x.ndim == 4 else x[:, :, None]
    return torch.nn.functional.channel_shuffle(as_image, layer.groups).reshape(x.shape)
