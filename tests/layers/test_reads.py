"""What a kind says its backward pass does not read is overwritten by then, here with what is no number; and what it
says it leaves alone is as it was."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.kernels.vector import LANES
from cnncli.network.network import Network
from tests.layers import harness
from tests.layers.test_registry import CASES
from tests.zoo import drawn_parameters


def gradients(text: str, shape: tuple[int, ...], overwrite: bool) -> tuple[bytes, bytes]:
    """dx and the parameters' gradients of a layer, for a few images of a block."""
    graph = harness.graph_of([text], shape)
    node, parameters = graph.nodes[0], drawn_parameters(graph, seed=1)
    network = Network(graph, parameters, LANES, input_gradient=True, keep=True, seed=3)
    rng = np.random.default_rng(0)
    network.images[...] = rng.standard_normal(network.images.shape)
    network.forward(LANES - 2)
    network.output_gradient[...] = rng.standard_normal(network.output_gradient.shape)
    if overwrite:
        layer, fusion = node.layer, network._plan.fusion
        if not layer.backward_reads_input:
            network.images.fill(np.nan)
        rectifies = bool(fusion.rectifying) and layer.relu_reads_output
        if not (layer.backward_reads_output or rectifies or fusion.activations or layer.shares_memory):
            network._output(0).fill(np.nan)
        if not layer.forward_uses_scratch:
            for scratch in network._memories[0].scratch.values():
                scratch.fill(np.nan)
    network.backward(LANES - 2)
    assert network.images_gradient is not None
    dx = kernels.batches.from_lanes(network.images_gradient, LANES - 2)
    assert np.isfinite(dx).all()
    return dx.tobytes(), parameters.gradients.tobytes()


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_what_is_said_not_to_be_read_is_not(text: str, shape: tuple[int, ...]) -> None:
    assert gradients(text, shape, overwrite=True) == gradients(text, shape, overwrite=False)


def keeps(text: str, shape: tuple[int, ...]) -> bool:
    node = harness.graph_of([text], shape).nodes[0]
    return node.layer.keeps_gradient and node.activation is None


@pytest.mark.parametrize(("text", "shape"), [case for case in CASES if keeps(*case.values)])
def test_a_gradient_that_is_said_to_be_kept_is(text: str, shape: tuple[int, ...]) -> None:
    graph = harness.graph_of([text], shape)
    network = Network(graph, drawn_parameters(graph, seed=1), LANES, input_gradient=True, keep=True)
    network.images[...] = np.random.default_rng(0).standard_normal(network.images.shape)
    network.forward(LANES - 2)
    network.output_gradient[...] = np.random.default_rng(1).standard_normal(network.output_gradient.shape)
    before = network.output_gradient.tobytes()
    network.backward(LANES - 2)
    assert network.output_gradient.tobytes() == before
