"""What is left of an image whose edges are cut off."""

CASES = [
    ("{type: crop, by: 0}", (2, 3, 4)),
    ("{type: crop, by: [2, 1]}", (3, 5, 6)),
    ("{type: crop, by: [0, 3, 1, 2]}", (5, 4, 4)),
]


def reference(layer, weights, x):
    top, bottom, left, right = layer.by
    return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]


def in_torch(layer, weights, x):
    import torch

    top, bottom, left, right = layer.by
    return torch.nn.functional.pad(x, (-left, -right, -top, -bottom))
