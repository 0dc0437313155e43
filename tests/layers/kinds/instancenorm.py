"""Instance normalisation: each channel of each image by itself."""

import numpy as np

CASES = [
    ("{type: instancenorm, affine: true, activation: relu}", (3, 5, 4)),
    ("{type: instancenorm, epsilon: 1e-3}", (17, 1, 2)),
    ("{type: instancenorm, affine: true}", (1, 19, 17)),
]


def reference(layer, weights, x):
    y = np.empty_like(x)
    for image in range(len(x)):
        for channel in range(x.shape[1]):
            plane = x[image, channel]
            variance = ((plane - plane.mean()) ** 2).mean()
            y[image, channel] = (plane - plane.mean()) / np.sqrt(variance + layer.epsilon)
            if layer.affine:
                y[image, channel] = y[image, channel] * weights["weight"][channel] + weights["bias"][channel]
    return y


def in_torch(layer, weights, x):
    import torch

    own = weights.get("weight"), weights.get("bias")
    return torch.nn.functional.instance_norm(x, None, None, *own, eps=layer.epsilon)
