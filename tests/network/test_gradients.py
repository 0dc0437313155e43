"""Where each gradient is written: in place of another, over nothing, or beside what is there already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnncli.graph import Graph
from cnncli.graph.graph import SideOutput
from cnncli.network.gradients import Route, plan_routes
from cnncli.network.network import Network
from tests.network.test_branches import graph_of
from tests.network.test_workspace import run
from tests.specs import chain
from tests.zoo import drawn_parameters

WRITTEN, SHARED, ADDED = Route(True), Route(True, is_shared=True), Route(True, is_added=True)
NOT_NEEDED = Route(False)
LAYERS = "type: dense, units: 3", "type: reshape, shape: [3]", "type: dense, units: 3"


def with_end(graph: Graph, index: int) -> Graph:
    return replace(graph, side_outputs=(SideOutput("aside", index, 1.0),))


def test_a_view_shares_its_gradient_with_what_it_alone_reads() -> None:
    assert plan_routes(chain([3], *LAYERS)) == {2: (WRITTEN,), 1: (SHARED,), 0: (NOT_NEEDED,)}
    assert plan_routes(chain([3], *LAYERS), input_gradient=True)[0] == (WRITTEN,)


def test_an_output_that_a_view_reads_has_a_gradient_already() -> None:
    assert plan_routes(with_end(chain([3], *LAYERS), 0))[1] == (ADDED,)


def test_several_outputs_add_their_gradients() -> None:
    """Backward is linear: with a gradient at either end alone, the results are the terms of the sum."""
    graph = with_end(chain([3], *LAYERS), 0)
    parameters = drawn_parameters(graph, seed=0)
    found = []
    for at_the_end, aside in ((1, 0), (0, 1), (1, 1)):
        network = Network(graph, parameters, 1)
        network.images[...] = 0.5
        network.forward(1)
        for end, value in zip(network.ends(1), (at_the_end, aside), strict=True):
            end.gradient[...] = value
        network.backward(1)
        found.append(parameters.gradient_views["dense1"]["weight"].copy())
    assert np.abs(found[0] - found[1]).max() > 0.1
    np.testing.assert_allclose(found[0] + found[1], found[2], rtol=1e-5)


@pytest.mark.parametrize(
    ("source", "routes"),
    [
        ("from: [a, previous]", (SHARED, WRITTEN)),
        ("from: [previous, a]", (SHARED, WRITTEN)),
        ("from: [input, previous]", (NOT_NEEDED, SHARED)),
        ("from: [a, a, previous]", (WRITTEN, ADDED, SHARED)),
        ("from: [a, a]", (WRITTEN, ADDED)),
    ],
)
def test_one_input_of_a_sum_takes_its_gradient_over(source: str, routes: tuple[Route, ...]) -> None:
    graph = graph_of(f"""
input: [3]
layers:
  - {{type: dense, name: a, units: 3}}
  - {{type: dense, units: 3}}
  - {{type: add, {source}}}
""")
    assert plan_routes(graph)[2] == routes


BESIDE = """
  - {type: dense, name: b, units: 3}
  - {type: dense, name: c, units: 3}
"""


@pytest.mark.parametrize(
    ("beside", "routes"),
    [
        pytest.param(BESIDE, (SHARED, SHARED), id="c reads it before b adds to it"),
        pytest.param(BESIDE.replace("c,", "c, activation: relu,"), (SHARED, WRITTEN), id="c overwrites it"),
        pytest.param(
            BESIDE.replace("c, units: 3", "c, from: a, units: 3"), (SHARED, WRITTEN), id="c itself adds to it"
        ),
        pytest.param(BESIDE.replace("dense, name: c, units: 3", "gelu, name: c"), (SHARED, WRITTEN), id="c may write"),
        pytest.param(BESIDE + "  - {type: dense, name: d, from: a, units: 3}", (SHARED, WRITTEN), id="d adds before"),
        pytest.param(BESIDE + "  - {type: dense, name: d, from: c, units: 3}", (SHARED, WRITTEN), id="d adds to c's"),
    ],
)
def test_a_shortcut_and_the_last_layer_beside_it_share_the_gradient_of_their_sum(
    beside: str, routes: tuple[Route, ...]
) -> None:
    """Where the layer only reads it, and is done before anything is added for the shortcut."""
    graph = graph_of(f"""
input: [3]
layers:
  - {{type: dense, name: a, units: 3}}
{beside}
  - {{type: add, name: sum, from: [a, c]}}
  - {{type: concat, from: [sum, {"d" if "name: d" in beside else "sum"}]}}
""")
    assert plan_routes(graph)[next(node.index for node in graph.nodes if node.name == "sum")] == routes


def test_a_sum_takes_nothing_over_where_a_gradient_was_written_before() -> None:
    graph = graph_of("""
input: [3]
layers:
  - {type: dense, name: a, units: 3}
  - {type: dense, name: b, units: 3}
  - {type: add, name: sum, from: [a, b]}
  - {type: multiply, from: [a, b, sum]}
""")
    assert plan_routes(graph)[2] == (ADDED, ADDED)


def test_a_sum_masks_what_it_shares_where_nothing_else_is_written() -> None:
    """The images' gradient asks for more work, and changes nobody else's."""
    graph = graph_of("""
input: [3]
layers:
  - {type: dense, units: 3}
  - {type: add, from: [input, previous], activation: relu}
""")
    found = [run(graph, training=True, input_gradient=wanted)["gradients"] for wanted in (False, True)]
    assert found[0].any() and found[0].tobytes() == found[1].tobytes()
