"""Dropout: in training each number is 0 or scaled by 1/(1 - p); the draw itself is in tests/layers/test_dropout.py."""

# With p 0 nothing is dropped, and training and use agree: what the registry's test can compare.
CASES = [("{type: dropout, p: 0.0}", (7,)), ("{type: dropout, p: 0}", (3, 5, 2))]
RANDOM = True


def reference(layer, weights, x):
    assert layer.p == 0, "a draw has no reference"
    return x + 0.0


def in_torch(layer, weights, x):
    return x + 0.0
