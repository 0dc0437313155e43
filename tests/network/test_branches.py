"""Graphs that are no chains: outputs with several readers, side outputs, and ends that lead nowhere."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters, by_full_name
from tests.layers import harness
from tests.specs import read


def graph_of(text: str):
    return read("version: 1\n" + text).require_sound()


RESIDUAL = """
input: [3, 6, 6]
layers:
  - {type: conv, name: stem, filters: 4, kernel: 3, padding: 1, activation: relu}
  - type: parallel
    merge: add
    activation: relu
    branches:
      - - {type: conv, filters: 4, kernel: 3, padding: 1, activation: tanh}
        - {type: conv, filters: 4, kernel: 1}
      - []
  - {type: concat, from: [stem, previous, input]}
  - {type: conv, filters: 5, kernel: 3}
"""

UNITS = """
input: [3, 6, 6]
layers:
  - {type: conv, name: stem, filters: 4, kernel: 3, padding: 1}
  - {type: conv, filters: 4, kernel: 3, padding: 1}
  - {type: batchnorm, activation: tanh}
  - {type: conv, filters: 4, kernel: 3, padding: 1}
  - {type: batchnorm, name: body}
  - {type: add, name: unit, from: [body, stem]}
  - {type: conv, filters: 4, kernel: 1}
  - {type: conv, name: next, filters: 4, kernel: 3, padding: 1}
  - {type: add, name: sum, from: [unit, next]}
  - {type: conv, filters: 3, kernel: 1}
"""
"""Two residual units, whose shortcuts share the gradient with the last layer beside them."""

GATED = """
input: [4, 5, 5]
layers:
  - {type: conv, filters: 4, kernel: 3, padding: 1}
  - type: parallel
    merge: multiply
    branches:
      - []
      - - {type: global_avgpool}
        - {type: conv, filters: 4, kernel: 1, activation: sigmoid}
      - - {type: conv, filters: 1, kernel: 3, padding: 1, activation: sigmoid}
  - type: parallel
    merge: multiply
    branches:
      - - {type: global_avgpool}
        - {type: flatten}
        - {type: dense, units: 4, activation: sigmoid}
      - []
"""

SHARED = """
input: [2, 4, 4]
layers:
  - {type: conv, name: features, filters: 3, kernel: 1}
  - {type: flatten, name: flat}
  - {type: dense, units: 6}
  - type: parallel
    merge: multiply
    branches:
      - []
      - - {type: flatten, from: features}
        - {type: dense, units: 6}
      - - {type: dense, from: flat, units: 6}
"""

RESHAPED = """
input: [4, 2, 2]
layers:
  - {type: conv, name: features, filters: 4, kernel: 1}
  - {type: reshape, shape: [2, 2, 4]}
  - {type: reshape, shape: [4, 2, 2]}
  - {type: add, from: [features, previous]}
  - type: parallel
    merge: add
    branches: [[{type: reshape, shape: [4, 2, 2]}], []]
"""

TWICE = """
input: [5]
layers:
  - {type: dense, name: a, units: 4}
  - {type: multiply, from: [a, a, previous]}
  - {type: add, from: [a, previous]}
"""

CASES = [RESIDUAL, UNITS, GATED, SHARED, RESHAPED, TWICE]
IDS = ["residual", "units", "gated", "shared", "reshaped", "twice"]


@pytest.mark.parametrize("text", CASES, ids=IDS)
def test_gradients_where_an_output_has_several_readers(text: str) -> None:
    graph = graph_of(text)
    result = harness.run(graph, 3)
    harness.assert_close(result.y, harness.reference(graph, result.weights, result.x), "y")
    harness.check_gradients(result)


@pytest.mark.parametrize("text", CASES, ids=IDS)
def test_the_same_bits_for_one_and_two_threads(text: str) -> None:
    was = kernels.compile.threads()
    found = []
    for threads in (1, 2):
        kernels.compile.set_threads(threads)
        result = harness.run(graph_of(text), 20)
        found.append((result.y.tobytes(), result.dx.tobytes(), result.parameters.gradients.tobytes()))
    kernels.compile.set_threads(was)
    assert found[0] == found[1]


HEADED = """
input: [2, 4, 4]
layers:
  - {type: conv, name: body, filters: 3, kernel: 1, activation: relu}
  - type: head
    name: aside
    weight: 0.3
    layers:
      - {type: flatten}
      - {type: dense, units: 4}
  - {type: conv, name: more, filters: 2, kernel: 1}
  - {type: conv, name: nowhere, from: body, filters: 2, kernel: 1}
  - {type: flatten, from: more}
  - {type: dense, units: 3}
"""


def run_headed(side_gradient: float) -> tuple[dict[str, np.ndarray], Network]:
    graph = graph_of(HEADED)
    parameters = Parameters(graph)
    parameters.initialize(0)
    network = Network(graph, parameters, 2)
    network.images[...] = np.random.default_rng(0).standard_normal(network.images.shape)
    network.forward(2)
    network.output_gradient[...] = 1
    for end in network.ends(2)[1:]:
        end.gradient[...] = side_gradient * end.weight
    network.backward(2)
    return {name: view.copy() for name, view in by_full_name(parameters.gradient_views).items()}, network


def test_a_side_output_adds_its_gradient_and_nothing_else() -> None:
    without, _ = run_headed(0.0)
    once, _ = run_headed(1.0)
    twice, _ = run_headed(2.0)
    np.testing.assert_allclose(twice["body.weight"] - without["body.weight"],
                               2 * (once["body.weight"] - without["body.weight"]), rtol=1e-4)  # fmt: skip
    assert np.abs(once["body.weight"] - without["body.weight"]).max() > 0.01
    assert np.abs(once["aside.dense1.weight"]).max() > 0.01
    np.testing.assert_array_equal(once["dense1.weight"], without["dense1.weight"])


def test_what_no_output_needs_is_not_computed() -> None:
    gradients, network = run_headed(1.0)
    assert not gradients["nowhere.weight"].any()
    assert {"nowhere", "aside.dense1"} - names_at_work(network) == {"nowhere"}
    outside = Network(network.graph, network.parameters, 2, training=False)
    assert "aside.dense1" not in names_at_work(outside)


def names_at_work(network: Network) -> set[str]:
    return {network.graph.nodes[index].name for index in network._plan.fusion.at_work}


def test_a_graph_knows_its_output_and_its_side_outputs() -> None:
    graph = graph_of(HEADED)
    assert graph.output_shape == (3,)
    assert [(side.name, graph.shape_of(side.index), side.weight) for side in graph.side_outputs] == [
        ("aside", (4,), 0.3)
    ]
