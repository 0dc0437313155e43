"""Whole networks: gradients through a chain, partial batches, threads, names, and initial values."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.errors import FileError, TrainingError
from cnncli.kernels.vector import LANES
from cnncli.layers import Parameter
from cnncli.network import plan
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters, draw
from cnncli.network.plan import check_memory, running_bytes
from tests.layers import harness

CHAIN = [
    "{type: conv, filters: 3, kernel: 3, padding: 1, activation: relu}",
    "{type: maxpool, kernel: 2}",
    "{type: conv, name: a.b, filters: 4, kernel: 2, activation: tanh}",
    "{type: relu}",
    "{type: flatten}",
    "{type: dense, units: 5, activation: sigmoid}",
    "{type: dense, units: 4}",
    "{type: softmax}",
]


def test_gradients_through_a_whole_chain() -> None:
    harness.check_gradients(harness.run(harness.graph_of(CHAIN, (2, 6, 6)), 5))


def gradients_of(graph_layers: list[str], batch: int, count: int, before: int = 0, threads: int = 2) -> bytes:
    """The gradients' bytes after `count` images, in a network that may have seen `before` others."""
    graph = harness.graph_of(graph_layers, (2, 6, 6))
    parameters = Parameters(graph)
    parameters.initialize(0)
    network = Network(graph, parameters, batch, seed=7)
    rng = np.random.default_rng(5)
    was = kernels.compile.threads()
    kernels.compile.set_threads(threads)
    try:
        for images in filter(None, (before, count)):
            x = (
                rng.standard_normal((images, 2, 6, 6))
                if images == before
                else np.random.default_rng(9).random((images, 2, 6, 6))
            )
            lanes = kernels.batches.to_lanes(x.astype(np.float32))
            network.images[: len(lanes)] = lanes
            outputs = network.forward(images, step=3)
            gradient = network.output_gradient[: len(outputs)]
            labels = np.arange(len(gradient) * LANES) % 4
            kernels.losses.softmax_cross_entropy(outputs, labels, images, gradient)
            network.backward(images)
    finally:
        kernels.compile.set_threads(was)
    return parameters.gradients.tobytes()


DROPPING = [*CHAIN[:5], "{type: dropout, p: 0.5}", "{type: dense, units: 4}"]


def test_a_small_batch_after_a_large_one_sees_nothing_of_it() -> None:
    large = 2 * LANES
    assert gradients_of(DROPPING, large, 3, before=large) == gradients_of(DROPPING, large, 3)


def test_the_same_bits_for_one_and_two_threads() -> None:
    batch = 3 * LANES + 1
    assert gradients_of(DROPPING, batch, batch, threads=1) == gradients_of(DROPPING, batch, batch, threads=2)


def test_a_layer_below_which_nothing_learns_has_no_gradient() -> None:
    graph = harness.graph_of(["{type: maxpool, kernel: 2}", "{type: flatten}", "{type: dense, units: 2}"], (1, 4, 4))
    network = Network(graph, Parameters(graph), 4)
    assert network._gradient(0) is None and network._gradient(2) is not None


def test_weights_of_another_network_are_refused() -> None:
    graph = harness.graph_of(CHAIN, (2, 6, 6))
    other = harness.graph_of([*CHAIN[:6], "{type: dense, units: 9}"], (2, 6, 6))
    with pytest.raises(FileError, match=r"dense2\.weight"):
        Parameters(graph).load(Parameters(other).tensors(), "weights.safetensors")
    with pytest.raises(FileError, match="another network"):
        Parameters(graph).load({}, "weights.safetensors")
    assert "a.b.weight" in Parameters(graph).tensors()


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        ("he_normal", 2 / 300),
        ("he_uniform", 2 / 300),
        ("glorot_normal", 2 / 500),
        ("glorot_uniform", 2 / 500),
        ("lecun_normal", 1 / 300),
        ("lecun_uniform", 1 / 300),
    ],
)
def test_initial_values_have_the_variance_of_their_paper(initializer: str, variance: float) -> None:
    values = draw(Parameter("weight", (200, 300), initializer, 300, 200), np.random.default_rng(0))
    assert values.dtype == np.float32
    assert abs(values.var() / variance - 1) < 0.03
    assert abs(values.mean()) < 0.002


def test_a_seed_names_the_initial_values_and_each_tensor_has_its_own_stream() -> None:
    graph = harness.graph_of(CHAIN, (2, 6, 6))
    first, again, other = Parameters(graph), Parameters(graph), Parameters(graph)
    first.initialize(1), again.initialize(1), other.initialize(2)
    assert (first.flat == again.flat).all() and (first.flat != other.flat).any()


def test_memory_is_counted_before_it_is_taken() -> None:
    graph = harness.graph_of(["{type: flatten}", "{type: dense, units: 1000000000000}"], (1, 4, 4))
    parameters = 10**12 * 17
    per_image = 16 + 2 * 10**12  # flatten sees its input's memory
    assert running_bytes(graph, 17, lanes=16) == 4 * (3 * parameters + 32 * per_image)
    assert running_bytes(graph, 1, lanes=4, training=False) == 4 * (parameters + 4 * (16 + 10**12))
    with pytest.raises(TrainingError, match=r"needs 332,000\.0 GB"):
        check_memory(graph, 1, lanes=16)


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_where_a_batch_is_too_large_the_largest_that_fits_is_told(monkeypatch, blocks: int) -> None:
    graph = harness.graph_of(CHAIN, (2, 6, 6))
    enough = running_bytes(graph, blocks * LANES, LANES)
    monkeypatch.setattr(plan, "_physical_memory", lambda: enough)
    with pytest.raises(TrainingError) as caught:
        check_memory(graph, 3 * LANES, LANES)
    assert caught.value.hint == (
        f"--batch-size {blocks * LANES} fits" if blocks else f"not even one block of {LANES} images fits"
    )
    monkeypatch.setattr(plan, "_physical_memory", lambda: running_bytes(graph, 0, LANES) - 1)
    with pytest.raises(TrainingError) as caught:
        check_memory(graph, 3 * LANES, LANES)
    assert caught.value.hint == "the network is too large for this machine"
