"""Reshape: the same numbers, channel by channel, row by row."""

CASES = [
    ("{type: reshape, shape: [24]}", (2, 3, 4)),
    ("{type: reshape, shape: [4, 6]}", (2, 3, 4)),
    ("{type: reshape, shape: [6, 1, 4]}", (6, 4)),
]


def reference(layer, weights, x):
    return x.reshape(len(x), *layer.shape)


def in_torch(layer, weights, x):
    return x.reshape(len(x), *layer.shape)
