"""Batch norms folded into the weights before them: the same numbers, from fewer passes."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.graph import Graph
from cnncli.kernels.vector import LANES
from cnncli.layers.batchnorm import BatchNorm
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from tests import zoo
from tests.specs import chain

ROUNDING = 1e-5
"""Of the largest output; a sum's terms are multiplied before they are added and no longer after."""
NORMED = [name for name, graph in zoo.quick().items() if any(node.layer.kind == "batchnorm" for node in graph.nodes)]


def outputs(graph: Graph, parameters: Parameters, x: np.ndarray, keep: bool) -> np.ndarray:
    network = Network(graph, parameters, len(x), training=False, keep=keep)
    network.images[...] = kernels.batches.to_lanes(x)
    return kernels.batches.from_lanes(network.forward(len(x)), len(x))


def images_for(graph: Graph, count: int = 5) -> np.ndarray:
    return np.random.default_rng(2).standard_normal((count, *graph.input_shape), np.float32)


def assert_folding_changes_nothing(graph: Graph, parameters: Parameters) -> None:
    x, before = images_for(graph), parameters.flat.copy()
    folded, plain = (outputs(graph, parameters, x, keep) for keep in (False, True))
    assert np.abs(folded - plain).max() <= ROUNDING * np.abs(plain).max()
    assert parameters.flat.tobytes() == before.tobytes()


@pytest.mark.parametrize("name", NORMED)
def test_a_bundled_network_folded_gives_what_it_gives_unfolded(name: str) -> None:
    graph = zoo.quick()[name]
    assert_folding_changes_nothing(graph, zoo.drawn_parameters(graph, seed=4))


@pytest.mark.parametrize(
    "before",
    [
        "type: conv, filters: 4, kernel: 3",
        "type: conv, filters: 4, kernel: 3, groups: 2, bias: false",
        "type: depthwise_conv, kernel: 3, multiplier: 2",
        "type: transposed_conv, filters: 6, kernel: 3, groups: 2",
        "type: transposed_conv, filters: 3, kernel: 2, stride: 2, bias: false",
    ],
)
@pytest.mark.parametrize("norm", ["type: batchnorm, activation: relu", "type: batchnorm, affine: false, epsilon: 0.1"])
def test_each_kind_of_weights_takes_a_norm_in(before: str, norm: str) -> None:
    graph = chain([4, 6, 6], before, norm)
    parameters = zoo.drawn_parameters(graph, seed=5)
    parameters.buffers[...] += np.abs(np.random.default_rng(6).standard_normal(parameters.buffers.shape))
    assert Network(graph, parameters, 1, training=False)._plan.fusion.norms == {0: 1}
    assert_folding_changes_nothing(graph, parameters)


def test_dense_layers_and_signals_take_a_norm_in() -> None:
    signal = chain([3, 9], "type: conv1d, filters: 4, kernel: 3", "type: batchnorm")
    flat = chain([12], "type: dense, units: 5, bias: false", "type: batchnorm, activation: tanh")
    for graph in (signal, flat):
        assert_folding_changes_nothing(graph, zoo.drawn_parameters(graph, seed=7))


@pytest.mark.parametrize("name", ["resnet20", "mobilenet_v2", "densenet121"])
def test_only_norms_without_weights_before_them_run(monkeypatch, name: str) -> None:
    graph = zoo.small(name)
    kinds = {-1: ""} | {node.index: node.layer.kind for node in graph.nodes}
    left = [node for node in graph.nodes if node.layer.kind == "batchnorm" and "conv" not in kinds[node.inputs[0]]]
    ran = []
    monkeypatch.setattr(BatchNorm, "forward", lambda self, memory, x, y: ran.append(np.copyto(y, x)))
    network = Network(graph, zoo.drawn_parameters(graph, seed=0), 1, training=False)
    network.forward(1)
    assert len(ran) == len(left) and bool(left) == (name == "densenet121")
    Network(graph, network.parameters, 1).forward(1)
    assert len(ran) == len(left) + sum(kind == "batchnorm" for kind in kinds.values())


@pytest.mark.parametrize("name", ["resnet20", "lenet5"])
def test_an_images_bits_do_not_depend_on_its_company(name: str) -> None:
    graph = zoo.small(name)
    parameters = zoo.drawn_parameters(graph, seed=1)
    x = images_for(graph, 2 * LANES + 5)
    together = outputs(graph, parameters, x, keep=False)
    for chosen in ([0], [LANES + 3, 1], list(range(len(x) - 1, -1, -1)), list(range(LANES))):
        assert outputs(graph, parameters, x[chosen], keep=False).tobytes() == together[chosen].tobytes()
