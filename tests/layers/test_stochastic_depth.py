"""The draw of stochastic depth: which images fall, that gradients fall with them, that none fall outside training."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from tests.layers.harness import graph_of

IMAGES = 2000


def drawn(step: int, mode: str = "row", training: bool = True, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(outputs, input gradients) of ones through a stochastic depth of 0.3: each [IMAGES, 3, 2, 2]."""
    graph = graph_of([f"{{type: stochastic_depth, p: 0.3, mode: {mode}}}"], (3, 2, 2))
    network = Network(graph, Parameters(graph), IMAGES, training=training, input_gradient=training, seed=seed)
    network.images[...] = 1
    outputs = kernels.batches.from_lanes(network.forward(IMAGES, step), IMAGES)
    if not training:
        return outputs, outputs
    network.output_gradient[...] = 1
    network.backward(IMAGES)
    return outputs, kernels.batches.from_lanes(network.images_gradient, IMAGES)


def kept(outputs: np.ndarray) -> np.ndarray:
    """Whether each image was kept; all its numbers share its fate."""
    by_image = outputs.reshape(len(outputs), -1)
    assert (by_image == by_image[:, :1]).all()
    return by_image[:, 0] != 0


def test_a_share_of_p_of_the_images_falls_and_the_rest_is_scaled() -> None:
    outputs, _ = drawn(0)
    assert set(np.unique(outputs)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs(kept(outputs).mean() - 0.7) < 0.03


@pytest.mark.parametrize("mode", ["row", "batch"])
def test_gradients_fall_where_images_fell(mode: str) -> None:
    outputs, gradients = drawn(5, mode)
    np.testing.assert_array_equal(outputs, gradients)


def test_each_step_and_each_seed_draws_anew_and_the_same_step_the_same() -> None:
    first, second, other = kept(drawn(0)[0]), kept(drawn(1)[0]), kept(drawn(0, seed=2)[0])
    for another in (second, other):
        assert abs((first & another).mean() - 0.49) < 0.04  # independent draws
    np.testing.assert_array_equal(first, kept(drawn(0)[0]))


def test_neighbours_draw_on_their_own() -> None:
    images = kept(drawn(0)[0])
    assert abs((images[1:] & images[:-1]).mean() - 0.49) < 0.04


def test_a_batch_falls_as_one_in_a_share_of_p_of_the_steps() -> None:
    fates = [kept(drawn(step, "batch")[0]) for step in range(200)]
    assert all(len(set(images)) == 1 for images in fates)
    assert abs(np.mean([images[0] for images in fates]) - 0.7) < 0.1


def test_nothing_falls_outside_training() -> None:
    assert (drawn(0, training=False)[0] == 1).all()


def test_a_fallen_image_takes_what_is_not_finite_with_it() -> None:
    x = kernels.memory.zeros((4, 5, kernels.vector.LANES))
    x.fill(np.nan)
    y = np.empty_like(x)
    kernels.stochastic_depth.forward(x, y, 0.5, False, 1, 0)
    assert 0 < np.isnan(y).mean() < 1
    assert (y[~np.isnan(y)] == 0).all()


def test_the_draw_is_the_same_for_any_number_of_threads() -> None:
    before = kernels.compile.threads()
    try:
        results = []
        for threads in (1, 2):
            kernels.compile.set_threads(threads)
            results.append(drawn(3)[0])
    finally:
        kernels.compile.set_threads(before)
    np.testing.assert_array_equal(*results)
