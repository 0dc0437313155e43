"""The draw of dropout: how many numbers fall, that gradients fall with them, that none fall outside training."""

from __future__ import annotations

import numpy as np

from cnncli import kernels
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from tests.layers.harness import graph_of

GRAPH = graph_of(["{type: dropout, p: 0.3}"], (2000,))


def drawn(step: int, training: bool = True, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(outputs, input gradients) of ones through a dropout of 0.3: each [16, 2000]."""
    network = Network(GRAPH, Parameters(GRAPH), 16, training=training, input_gradient=training, seed=seed)
    network.images[...] = 1
    outputs = kernels.batches.from_lanes(network.forward(16, step), 16)
    if not training:
        return outputs, outputs
    network.output_gradient[...] = 1
    network.backward(16)
    return outputs, kernels.batches.from_lanes(network.images_gradient, 16)


def test_a_share_of_p_falls_and_the_rest_is_scaled() -> None:
    outputs, _ = drawn(0)
    assert set(np.unique(outputs)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((outputs == 0).mean() - 0.3) < 0.01


def test_gradients_fall_where_numbers_fell() -> None:
    outputs, gradients = drawn(5)
    np.testing.assert_array_equal(outputs, gradients)


def test_each_step_and_each_seed_draws_anew_and_the_same_step_the_same() -> None:
    first, second, other = drawn(0)[0], drawn(1)[0], drawn(0, seed=2)[0]
    for another in (second, other):
        both = ((first == 0) & (another == 0)).mean()
        assert abs(both - 0.09) < 0.01  # independent draws
    np.testing.assert_array_equal(first, drawn(0)[0])


def test_nothing_falls_outside_training() -> None:
    assert (drawn(0, training=False)[0] == 1).all()
