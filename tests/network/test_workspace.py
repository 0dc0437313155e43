"""One buffer for all: what lies over another changes no bit of a result, and the plan is what is allocated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli import kernels
from cnncli.graph import Graph, read_architecture
from cnncli.graph.graph import SideOutput
from cnncli.kernels.vector import LANES
from cnncli.network import gradients, workspace
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.network.plan import running_bytes
from cnncli.spec.source import Source
from tests import zoo
from tests.network.test_branches import CASES, HEADED, graph_of
from tests.specs import chain

IMAGES = LANES + 3
"""A whole block, and one with idle lanes."""
NAN = 0xFF
"""A float of such bytes is no number, and spreads to all that is made of it."""


def run(graph: Graph, training: bool, input_gradient: bool = False) -> dict[str, np.ndarray]:
    """Everything a step gives, from a buffer that holds no numbers at first."""
    parameters = zoo.drawn_parameters(graph, seed=0)
    network = Network(graph, parameters, IMAGES, training, input_gradient)
    rng = np.random.default_rng(1)
    network.images[...] = kernels.batches.to_lanes(rng.standard_normal((IMAGES, *graph.input_shape), np.float32))
    network._buffer.fill(NAN)
    found = {"y": network.forward(IMAGES).copy()}
    if training:
        for end in network.ends(IMAGES):
            shape = (IMAGES, *graph.output_shape)
            end.gradient[...] = kernels.batches.to_lanes(rng.standard_normal(shape, np.float32)) * end.weight
            if end.joins is not None:
                end.joins[...] += end.gradient
        before = [end.output.copy() for end in network.ends(IMAGES)]
        network.backward(IMAGES)
        for end, output in zip(network.ends(IMAGES), before, strict=True):
            assert end.output.tobytes() == output.tobytes()
        found["gradients"] = parameters.gradients
    if network.images_gradient is not None:
        found["dx"] = network.images_gradient
    return found


def assert_the_same_without_reuse(monkeypatch, graph: Graph, training: bool, input_gradient: bool = False) -> None:
    found = run(graph, training, input_gradient)

    def one_after_another(spans):
        begins = [0, *np.cumsum([span.size for span in spans]).tolist()]
        return begins[:-1], begins[-1]

    with monkeypatch.context() as patch:
        patch.setattr(workspace, "place", one_after_another)
        apart = run(graph, training, input_gradient)
    for what, value in found.items():
        assert np.isfinite(value).all(), what
        assert value.tobytes() == apart[what].tobytes(), what


@pytest.mark.parametrize("name", zoo.quick())
def test_no_bit_of_a_bundled_network_depends_on_what_lies_where(monkeypatch, name: str) -> None:
    graph = zoo.quick()[name]
    assert_the_same_without_reuse(monkeypatch, graph, training=False)
    assert_the_same_without_reuse(monkeypatch, graph, training=True)


APART = """
input: [2, 9, 9]
layers:
  - {type: conv, filters: 3, kernel: 2}
  - {type: avgpool, kernel: 2}
  - {type: tanh}
  - {type: conv, filters: 3, kernel: 1}
  - {type: l2pool, kernel: 2}
  - {type: conv, filters: 3, kernel: 1}
  - {type: silu}
  - {type: flatten}
  - {type: dense, units: 3}
"""
"""Activations in no other layer's passes, and a layer whose gradient needs input and output."""


@pytest.mark.parametrize("text", [*CASES, HEADED.replace("units: 4", "units: 3"), APART])
@pytest.mark.parametrize("input_gradient", [False, True])
def test_no_bit_of_a_branched_network_does(monkeypatch, text: str, input_gradient: bool) -> None:
    assert_the_same_without_reuse(monkeypatch, graph_of(text), True, input_gradient)


KINDS = ("conv, filters: 2, kernel: 1", "batchnorm", "relu", "tanh", "maxpool, kernel: 3, stride: 1, padding: 1",
         "reshape, shape: [2, 3, 3]", "dropout", "add", "multiply")  # fmt: skip


@st.composite
def graphs(draw) -> Graph:
    """Of images [2, 3, 3] throughout: layers of any kind that read any before them, and ends anywhere."""
    lines = []
    for number in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(KINDS))
        earlier = st.sampled_from(["input", *(f"n{before}" for before in range(number))])
        sources = draw(st.lists(earlier, min_size=2, max_size=3)) if kind in ("add", "multiply") else draw(earlier)
        lines.append(f"  - {{type: {kind}, name: n{number}, from: {sources}}}".replace("'", ""))
    text = "version: 1\ninput: [2, 3, 3]\nlayers:\n" + "\n".join(lines) + "\n"
    graph = read_architecture(Source("net.yaml", text)).graph
    ends = draw(st.lists(st.integers(0, len(lines) - 1), max_size=2))
    return replace(graph, side_outputs=tuple(SideOutput(f"end{index}", index, 0.5) for index in ends))


@settings(max_examples=60)
@given(graphs(), st.booleans(), st.booleans())
def test_no_bit_of_any_network_does(graph: Graph, training: bool, input_gradient: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert_the_same_without_reuse(patch, graph, training, training and input_gradient)


@settings(max_examples=60)
@given(graphs(), st.booleans())
def test_gradients_that_are_shared_or_added_in_place_are_those_that_are_not(graph: Graph, input_gradient: bool) -> None:
    found = run(graph, training=True, input_gradient=input_gradient)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradients, "_sharing", lambda *arguments: set())
        patch.setattr(workspace, "_adds", lambda *arguments: False)
        apart = run(graph, training=True, input_gradient=input_gradient)
    for what, value in found.items():
        np.testing.assert_allclose(
            value, apart[what], rtol=1e-4, atol=1e-4 * float(np.abs(apart[what]).max(initial=0.0))
        )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", ["lenet5", "resnet20"])
def test_the_memory_counted_is_the_memory_taken(name: str, training: bool) -> None:
    network = Network(zoo.small(name), Parameters(zoo.small(name)), 20, training)
    weights = network.parameters.flat.nbytes * (3 if training else 1) + network.parameters.buffers.nbytes
    for index in network._plan.fusion.norms:
        weights += sum(value.nbytes for value in network._memories[index].weights.values())
    taken = network.images.nbytes + network._buffer.nbytes + weights
    assert running_bytes(network.graph, 20, LANES, training) == taken


def test_every_array_of_a_step_lies_in_the_buffer_and_kernels_know(monkeypatch) -> None:
    graph = graph_of(HEADED)
    network = Network(graph, Parameters(graph), IMAGES)
    arrays = [network._output(index) for index in network._memories]
    arrays += [gradient for index in network._memories if (gradient := network._gradient(index)) is not None]
    arrays += [scratch for memory in network._memories.values() for scratch in memory.scratch.values()]
    assert len(arrays) > len(network._memories)
    assert all(np.shares_memory(array, network._buffer) for array in arrays)
    assert all(array.ctypes.data % workspace.ALIGNMENT == 0 for array in arrays)
    assert not any(kernels.memory.streamed(array) for array in arrays)
    monkeypatch.setattr(kernels.memory, "_STREAMED", network._buffer.nbytes)
    assert all(kernels.memory.streamed(array) for array in arrays)


def test_a_step_takes_the_same_memory_as_the_one_before() -> None:
    """Its calls are bound to their arrays once for each number of blocks."""
    graph = graph_of(HEADED)
    network = Network(graph, Parameters(graph), IMAGES)
    first = network.forward(IMAGES)
    assert network.forward(IMAGES - 1) is first
    assert len(network.forward(1)) == 1 and np.shares_memory(network.forward(1), first)
    assert network.ends(IMAGES) is network.ends(IMAGES - 1)


def test_an_unread_activation_is_overwritten_and_an_output_is_not() -> None:
    """A chain for use takes turns in two places, whatever its length. In training each layer's input is kept, and the
    output; of the gradients two live at a time."""
    graph = chain([4, 8, 8], *["type: conv, filters: 4, kernel: 3, padding: 1"] * 9)
    one = 4 * 8 * 8 * 4 * LANES
    sizes = {
        (training, keep): workspace.plan_workspace(graph, 1, LANES, training, keep=keep).size
        for training in (True, False)
        for keep in (True, False)
    }
    assert sizes == {(False, False): 2 * one, (False, True): 9 * one, (True, True): 18 * one, (True, False): 11 * one}
