"""Kinds in a row, as networks have them: what one leaves behind is what the next one takes, gradients too."""

from __future__ import annotations

import pytest

from tests.layers import harness

CHAINS = {
    "a classifier of signals": (
        (2, 21),
        "{type: conv1d, filters: 6, kernel: 5, padding: same, activation: relu}",
        "{type: maxpool1d, kernel: 2, rounding: floor}",
        "{type: channel_shuffle, groups: 3}",
        "{type: conv1d, filters: 4, kernel: 3, groups: 2, dilation: 2}",
        "{type: avgpool1d, kernel: 2}",
        "{type: global_avgpool}",
        "{type: flatten}",
        "{type: dense, units: 3}",
    ),
    "an encoder and a decoder": (
        (2, 8, 6),
        "{type: pad, padding: 1, mode: reflect}",
        "{type: conv, filters: 4, kernel: 3, activation: tanh}",
        "{type: depthwise_conv, kernel: 2, stride: 2, activation: relu}",
        "{type: reshape, shape: [48]}",
        "{type: dense, units: 12, activation: tanh}",
        "{type: reshape, shape: [3, 2, 2]}",
        "{type: transposed_conv, filters: 2, kernel: 3, stride: 2, padding: same, activation: relu}",
        "{type: upsample, scale: 2, mode: bilinear}",
        "{type: crop, by: [1, 0, 2, 1]}",
        "{type: adaptive_maxpool, size: [3, 2]}",
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain(name: str) -> None:
    shape, *layers = CHAINS[name]
    result = harness.run(harness.graph_of(layers, shape), 3)
    harness.assert_close(result.y, harness.reference(result.graph, result.weights, result.x), "y")
    harness.check_gradients(result)
