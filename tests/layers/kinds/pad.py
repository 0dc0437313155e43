"""A border around an image: numpy's own words for the three modes."""

import numpy as np

CASES = [
    ("{type: pad, padding: 0}", (2, 3, 4)),
    ("{type: pad, padding: [2, 0], value: -1.5}", (2, 3, 4)),
    ("{type: pad, padding: [0, 1, 2, 3]}", (3, 2, 5)),
    ("{type: pad, padding: 2, mode: reflect}", (2, 3, 4)),
    ("{type: pad, padding: [0, 1, 4, 2], mode: reflect}", (5, 2, 5)),
    ("{type: pad, padding: 3, mode: replicate}", (2, 3, 1)),
    ("{type: pad, padding: [0, 1, 2, 3], mode: replicate}", (2, 3, 4)),
]


def reference(layer, weights, x):
    top, bottom, left, right = layer.padding
    value = {"constant_values": layer.value} if layer.mode == "constant" else {}
    mode = {"replicate": "edge"}.get(layer.mode, layer.mode)
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), mode=mode, **value)


def in_torch(layer, weights, x):
    import torch

    top, bottom, left, right = layer.padding
    value = layer.value if layer.mode == "constant" else None
    return torch.nn.functional.pad(x, (left, right, top, bottom), layer.mode, value)
