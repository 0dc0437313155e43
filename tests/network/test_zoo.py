"""Bundled networks against the kinds' float64 references; all of them meet PyTorch in `tests/oracle/test_zoo.py`."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.network.network import Network
from tests import zoo
from tests.layers import harness

IMAGES = 6


def test_branches_norms_and_plain_chains_are_among_the_small_ones() -> None:
    assert {"lenet5", "resnet18", "squeezenet", "googlenet_torchvision", "mobilenet_v2"} <= zoo.quick().keys()


@pytest.mark.parametrize("name", zoo.quick())
def test_every_layer_of_a_small_network_is_its_float64_reference(name: str) -> None:
    """Each is given what the engine's layer was given: so no rounding grows on its way through the network."""
    graph = zoo.quick()[name]
    parameters = zoo.drawn_parameters(graph, seed=3)
    # A batch norm's reference takes the batch's own statistics, as training does.
    training = any(node.layer.kind == "batchnorm" for node in graph.nodes)
    network = Network(graph, parameters, IMAGES, training, keep=True)
    x = np.random.default_rng(0).standard_normal((IMAGES, *graph.input_shape)).astype(np.float32)
    network.images[...] = kernels.batches.to_lanes(x)
    network.forward(IMAGES)
    for node in graph.nodes:
        weights = {own: value.astype(np.float64) for own, value in parameters.views[node.name].items()}
        inputs = [zoo.output_of(network, source, IMAGES).astype(np.float64) for source in node.inputs]
        wanted = inputs if node.layer.merges else inputs[0]
        wanted = harness.kind_module(node.layer.kind).reference(node.layer, weights, wanted)
        if node.activation is not None:
            wanted = harness.kind_module(node.activation.kind).reference(node.activation, {}, wanted)
        y = zoo.output_of(network, node.index, IMAGES)
        assert y.shape == wanted.shape
        worst, scale = np.abs(y - wanted).max(), np.abs(wanted).max()
        assert scale > 0 and worst <= 1e-5 * scale, f"{node.name} is off by {worst:.1e} of {scale:.1e}"
