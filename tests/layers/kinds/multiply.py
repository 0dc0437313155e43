"""Products; an axis of size 1 is repeated. A flat list [C] is [C, 1, 1]."""

import numpy as np

CASES = [
    ("{type: multiply, from: [input, previous, input], activation: relu}", (3, 2, 5)),
    ("{type: multiply, from: [input, previous]}", (7,)),
]


def _alike(x):
    rank = max(part.ndim for part in x)
    return [part.reshape(*part.shape, *(1 for _ in range(rank - part.ndim))) for part in x]


def reference(layer, weights, x):
    parts = _alike(x)
    y = np.ones(np.broadcast_shapes(*(part.shape for part in parts)))
    for part in parts:
        y *= part
    return y


def in_torch(layer, weights, x):
    y = 1
    for part in _alike(x):
        y = y * part
    return y
