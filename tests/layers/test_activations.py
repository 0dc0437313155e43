"""What activations take as settings, how they are shown, and prelu where nobody asks for the input's gradient."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.errors import BAD_VALUE
from cnncli.graph import read_architecture
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.spec.source import Source
from tests.layers import harness


@pytest.mark.parametrize(
    "layer",
    [
        "{type: leaky_relu, slope: -0.1}",  # the output's sign would not be the input's
        "{type: elu, alpha: 0}",
        "{type: elu, alpha: -1}",
        "{type: hard_sigmoid, reach: 0}",
        "{type: hard_sigmoid, reach: 1e300}",  # inf in float32
        "{type: gelu, approximate: erf}",
    ],
)
def test_settings_without_meaning_are_refused(layer: str) -> None:
    spec = read_architecture(Source("test.yaml", f"version: 1\ninput: [3]\nlayers:\n  - {layer}\n"))
    assert [diagnostic.fault for diagnostic in spec.diagnostics] == [BAD_VALUE]


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        ("{type: leaky_relu}", "slope 0.01"),
        ("{type: elu}", ""),
        ("{type: elu, alpha: 0.5}", "alpha 0.5"),
        ("{type: hard_sigmoid}", ""),
        ("{type: hard_sigmoid, reach: 3}", "reach 3"),
        ("{type: gelu}", ""),
        ("{type: gelu, approximate: tanh}", "by tanh"),
        ("{type: prelu}", ""),
        ("{type: prelu, shared: true}", "shared"),
    ],
)
def test_settings_are_shown_where_they_say_something(layer: str, shown: str) -> None:
    assert harness.graph_of([layer], (3, 2, 2)).nodes[0].settings == shown


@pytest.mark.parametrize("shared", ["true", "false"])
def test_the_gradient_of_prelu_needs_none_of_its_input(shared: str) -> None:
    graph = harness.graph_of([f"{{type: prelu, shared: {shared}}}"], (3, 2, 2))
    wanted = harness.run(graph, 5)
    parameters = Parameters(graph)
    parameters.initialize(0)
    network = Network(graph, parameters, 5)
    network.images[...] = kernels.batches.to_lanes(wanted.x.astype(np.float32))
    network.forward(5)
    network.output_gradient[...] = kernels.batches.to_lanes(wanted.dy.astype(np.float32))
    network.backward(5)
    assert network.images_gradient is None
    gradient = parameters.gradient_views[graph.nodes[0].name]["weight"]
    np.testing.assert_array_equal(gradient, wanted.gradients[f"{graph.nodes[0].name}.weight"])
