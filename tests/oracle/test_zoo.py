"""Every network of the zoo, forward and backward, against the kinds' PyTorch functions (`in_torch`) in float64.

Each layer is given what the engine's layer was given, so that what it makes of it is compared by itself, and the
gradients are those at the very point where the engine is.
"""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.graph import Graph
from cnncli.graph.graph import INPUT
from cnncli.network.network import Network
from cnncli.network.parameters import by_full_name
from cnncli.spec.source import bundled_names
from tests import zoo
from tests.layers import harness
from tests.oracle import pieces

pytestmark = pytest.mark.oracle

IMAGES = 6
"""Some lanes are idle: this fills no block, and no two."""
OF_A_LAYER, OF_A_GRADIENT = 1e-5, 1e-4
"""What float32 may be off by, of the largest number: its sums have up to 25,088 terms, and 500 layers add up."""


def assert_close(found: np.ndarray, exact: np.ndarray, what: str, tolerance: float, scale: float) -> None:
    assert found.shape == exact.shape, f"{what}: {found.shape} is not {exact.shape}"
    assert scale > 0, f"{what} is 0 everywhere, which tells nothing"
    worst = float(np.abs(found - exact).max())
    assert worst <= tolerance * scale, f"{what} is off by {worst:.1e} of {scale:.1e}"


def walk_beside(torch, graph: Graph, network: Network, weights: dict, x):
    """The output for x, as a tensor with a history, through layers that are each checked against the engine's."""
    tensors = {INPUT: x}
    for node in graph.nodes:
        y = torch.tensor(zoo.output_of(network, node.index, IMAGES), dtype=torch.float64)
        own = {parameter.name: weights[f"{node.name}.{parameter.name}"] for parameter in node.parameters}
        inputs = [tensors[source] for source in node.inputs]
        found = inputs if node.layer.merges else inputs[0]
        for layer, its_own in ((node.layer, own), (node.activation, {})):
            if layer is not None and layer.kind in pieces.CEILINGS:
                found = pieces.rectified(layer.kind, found, y)
            elif layer is not None:
                found = harness.kind_module(layer.kind).in_torch(layer, its_own, found)
        exact = found.detach().numpy()
        assert_close(y.numpy(), exact, node.name, OF_A_LAYER, np.abs(exact).max())
        tensors[node.index] = y + (found - found.detach())  # the engine's numbers, PyTorch's history
    return tensors[graph.output]


@pytest.mark.parametrize("name", bundled_names())
def test_every_layer_and_every_gradient(torch, name: str) -> None:
    graph = zoo.small(name)
    parameters = zoo.drawn_parameters(graph, seed=0)
    network = Network(graph, parameters, IMAGES, input_gradient=True, keep=True)
    rng = np.random.default_rng(1)
    network.images[...] = kernels.batches.to_lanes(rng.standard_normal((IMAGES, *graph.input_shape), np.float32))
    dy = rng.standard_normal((IMAGES, *graph.output_shape), np.float32)
    network.forward(IMAGES)
    network.output_gradient[...] = kernels.batches.to_lanes(dy)
    network.backward(IMAGES)

    x = torch.tensor(zoo.output_of(network, INPUT, IMAGES), dtype=torch.float64, requires_grad=True)
    weights = {
        full_name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for full_name, value in by_full_name(parameters.views).items()
    }
    walk_beside(torch, graph, network, weights, x).backward(torch.tensor(dy, dtype=torch.float64))
    dx, exact = kernels.batches.from_lanes(network.images_gradient, IMAGES), x.grad.numpy()
    assert_close(dx, exact, "dx", OF_A_GRADIENT, np.abs(exact).max())
    for node in graph.nodes:
        gradients = parameters.gradient_views[node.name]
        exacts = {own: weights[f"{node.name}.{own}"].grad.numpy() for own in gradients}
        # A bias before a batch norm changes nothing: what is left of its gradient is rounding.
        scale = max((np.abs(exact).max() for exact in exacts.values()), default=0.0)
        for own, gradient in gradients.items():
            assert_close(gradient, exacts[own], f"d{node.name}.{own}", OF_A_GRADIENT, scale)
