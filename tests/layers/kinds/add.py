"""Sums, image by image."""

CASES = [
    ("{type: add, from: [input, previous, input], activation: relu}", (3, 2, 5)),
    ("{type: add, from: [input, previous]}", (7,)),
]


def reference(layer, weights, x):
    total = x[0].copy()
    for other in x[1:]:
        total += other
    return total


def in_torch(layer, weights, x):
    return sum(x[1:], start=x[0])
