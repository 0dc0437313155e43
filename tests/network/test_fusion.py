"""Where a ReLU is computed: in its own layer's passes, in a max pool's, or in a pass of its own."""

from __future__ import annotations

import pytest

from cnncli.network.fusion import relu_places
from tests.specs import chain

CONV = "type: conv, filters: 2, kernel: 3, activation: relu"


@pytest.mark.parametrize(
    ("layers", "rectifying", "moved"),
    [
        ([CONV], {0}, set()),
        ([CONV, "type: maxpool, kernel: 2"], {1}, {0}),
        ([CONV, "type: avgpool, kernel: 2"], {0}, set()),
        ([CONV, "type: minpool, kernel: 2"], {0}, set()),
        (["type: conv, filters: 2, kernel: 3", "type: maxpool, kernel: 2"], set(), set()),
        ([CONV.replace("relu", "tanh"), "type: maxpool, kernel: 2"], set(), set()),
        ([CONV.replace("conv", "conv, name: a"), "type: maxpool, kernel: 3, stride: 1, padding: 1",
          "type: add, from: [a, previous]"], {0}, set()),
        ([CONV, "type: maxpool, kernel: 1", "type: maxpool, kernel: 1"], {2}, {0, 1}),
    ],
)  # fmt: skip
def test_relu_places(layers, rectifying, moved):
    spec = chain([1, 8, 8], *layers)
    assert relu_places(spec, (spec.output,)) == (rectifying, moved)


def test_an_output_keeps_its_relu():
    spec = chain([1, 8, 8], CONV, "type: maxpool, kernel: 2")
    assert relu_places(spec, (0, spec.output)) == ({0}, set())
