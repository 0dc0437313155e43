"""Stochastic depth: images dropped whole; the draw itself is in tests/layers/test_stochastic_depth.py."""

# With p 0 nothing is dropped, and training and use agree: what the registry's test can compare.
CASES = [
    ("{type: stochastic_depth, p: 0.0}", (7,)),
    ("{type: stochastic_depth, p: 0, mode: batch}", (3, 5, 2)),
    ("{type: stochastic_depth, p: 0}", (3, 100)),
]
RANDOM = True


def reference(layer, weights, x):
    assert layer.p == 0, "a draw has no reference"
    return x + 0.0


def in_torch(layer, weights, x):
    return x + 0.0
