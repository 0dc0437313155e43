"""A range of channels, as Python slices."""

CASES = [
    ("{type: slice, channels: [1, 4]}", (5, 2, 3)),
    ("{type: slice, channels: [3, 5]}", (5, 7)),
    ("{type: slice, channels: [0, 6]}", (6,)),
]


def reference(layer, weights, x):
    first, last = layer.channels
    return x[:, first:last].copy()


def in_torch(layer, weights, x):
    return x.narrow(1, layer.channels[0], layer.channels[1] - layer.channels[0])
