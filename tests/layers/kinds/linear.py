"""The identity."""

CASES = [
    ("{type: linear}", (7,)),
    ("{type: linear}", (3, 5, 2)),
    ("{type: conv, filters: 3, kernel: 1, activation: linear}", (2, 3, 3)),
]


def reference(layer, weights, x):
    return x + 0.0


def in_torch(layer, weights, x):
    return x + 0.0
