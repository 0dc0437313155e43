"""Layer normalisation: over all of an image, or over the channels at each place."""

import numpy as np

CASES = [
    ("{type: layernorm, activation: relu}", (3, 5, 4)),
    ("{type: layernorm, affine: false, epsilon: 1e-3}", (2, 19, 17)),
    ("{type: layernorm}", (37,)),
    ("{type: layernorm, over: channels, epsilon: 1e-6}", (6, 3, 4)),
    ("{type: layernorm, over: channels, affine: false}", (3, 5, 7)),
    ("{type: layernorm, over: channels, activation: relu}", (5, 4, 8)),
    ("{type: layernorm, over: channels}", (9,)),
]


def normalised(numbers, epsilon):
    mean = numbers.sum() / numbers.size
    return (numbers - mean) / np.sqrt(((numbers - mean) ** 2).sum() / numbers.size + epsilon)


def reference(layer, weights, x):
    y = np.empty_like(x)
    for image in range(len(x)):
        if layer.over == "all":
            y[image] = normalised(x[image], layer.epsilon)
            if layer.affine:
                y[image] = y[image] * weights["weight"] + weights["bias"]
        else:
            for place in np.ndindex(x.shape[2:]):
                here = (image, slice(None), *place)
                y[here] = normalised(x[here], layer.epsilon)
                if layer.affine:
                    y[here] = y[here] * weights["weight"] + weights["bias"]
    return y


def in_torch(layer, weights, x):
    import torch

    own = weights.get("weight"), weights.get("bias")
    if layer.over == "all":
        return torch.nn.functional.layer_norm(x, x.shape[1:], *own, layer.epsilon)
    y = torch.nn.functional.layer_norm(x.movedim(1, -1), x.shape[1:2], *own, layer.epsilon)
    return y.movedim(-1, 1)
