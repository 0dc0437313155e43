"""Group normalisation: each image's channels in groups, a mean and a variance for each."""

import numpy as np

CASES = [
    ("{type: groupnorm, groups: 1}", (3, 4, 5)),
    ("{type: groupnorm, groups: 3, epsilon: 1e-3, activation: relu}", (6, 1, 2)),
    ("{type: groupnorm, groups: 5, affine: false}", (5, 3, 3)),
    ("{type: groupnorm, groups: 4}", (12,)),
    ("{type: groupnorm, groups: 2}", (4, 17, 9)),
]


def reference(layer, weights, x):
    y = np.empty_like(x)
    size = x.shape[1] // layer.groups
    for group in range(layer.groups):
        for image in range(len(x)):
            part = x[image, group * size : (group + 1) * size]
            variance = ((part - part.mean()) ** 2).mean()
            y[image, group * size : (group + 1) * size] = (part - part.mean()) / np.sqrt(variance + layer.epsilon)
    if layer.affine:
        for channel in range(x.shape[1]):
            y[:, channel] = y[:, channel] * weights["weight"][channel] + weights["bias"][channel]
    return y


def in_torch(layer, weights, x):
    import torch

    own = weights.get("weight"), weights.get("bias")
    return torch.nn.functional.group_norm(x, layer.groups, *own, layer.epsilon)
