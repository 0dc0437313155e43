"""What a kind says of itself when rules ask, held against its float64 reference: what it sees, keeps, bounds, mixes."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from cnncli import layers
from cnncli.graph import Graph, Node
from cnncli.layers import Activation
from cnncli.layers._norm import NormLayer
from tests.layers import harness
from tests.layers.test_registry import CASES
from tests.zoo import drawn_parameters


@cache
def graph_of(text: str, shape: tuple[int, ...]) -> Graph:
    return harness.graph_of([text], shape)


def node_of(case: Any) -> Node:
    return graph_of(*case.values).nodes[0]


def has_a_sight(node: Node) -> bool:
    """Statistics do not count, and a list has no places; nor has a shape that is another's."""
    ranks = {len(node.output_shape), *map(len, node.input_shapes)}
    return ranks in ({2}, {3}) and not isinstance(node.layer, NormLayer) and not node.layer.shares_memory


SINGLE = [case for case in CASES if not node_of(case).layer.merges]
IDLE_CASES = [case for case in CASES if node_of(case).layer.does_nothing(node_of(case).x)]
KEEPING = [case for case in SINGLE if node_of(case).layer.keeps_values]
SEEING = [case for case in SINGLE if has_a_sight(node_of(case))]
ACTIVATIONS = [name for name in layers.names() if issubclass(layers.find(name), Activation)]
SETTINGS = {"elu": [", alpha: 0.5"], "gelu": [", approximate: tanh"], "hard_sigmoid": [", reach: 1"],
            "leaky_relu": [", slope: 0"]}  # fmt: skip


def reference(graph: Graph, x: np.ndarray) -> np.ndarray:
    parameters = drawn_parameters(graph, seed=1)
    weights = {name: view.astype(np.float64) for name, view in parameters.tensors().items()}
    return harness.reference(graph, weights, x)


def images(graph: Graph, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, *graph.input_shape))


@pytest.mark.parametrize(("text", "shape"), IDLE_CASES)
def test_what_does_nothing_gives_what_it_takes(text: str, shape: tuple[int, ...]) -> None:
    graph = graph_of(text, shape)
    x = images(graph)
    np.testing.assert_array_equal(reference(graph, x), x)


IDLE = [
    ("dropout, p: 0", "dropout, p: 0.1", (8,)),
    ("stochastic_depth, p: 0", "stochastic_depth, p: 0.1", (8,)),
    ("maxpool, kernel: 1", "maxpool, kernel: 1, stride: 2, rounding: floor", (4, 6, 6)),
    ("avgpool, kernel: [1, 1]", "avgpool, kernel: [1, 2]", (4, 6, 6)),
    ("minpool, kernel: 1, padding: same", "l2pool, kernel: 1", (4, 6, 6)),
    ("maxpool1d, kernel: 1", "maxpool1d, kernel: 3", (4, 6)),
    ("pad, padding: 0", "pad, padding: [0, 0, 0, 1]", (4, 6, 6)),
    ("crop, by: 0", "crop, by: [0, 1]", (4, 6, 6)),
    ("upsample, scale: 1, mode: bilinear", "upsample, scale: [1, 2]", (4, 6, 6)),
    ("pad_channels", "pad_channels, before: 1", (4, 6, 6)),
    ("slice, channels: [0, 4]", "slice, channels: [0, 3]", (4, 6, 6)),
    ("channel_shuffle, groups: 4", "channel_shuffle, groups: 2", (4, 6, 6)),
    ("channel_shuffle, groups: 1", "channel_shuffle, groups: 2", (4, 6)),
    ("reshape, shape: [4, 6, 6]", "reshape, shape: [6, 6, 4]", (4, 6, 6)),
    ("flatten", "reshape, shape: [2, 4]", (8,)),
    ("lrn, alpha: 0", "lrn, alpha: 0, k: 2", (4, 6, 6)),
    ("lrn, beta: 0, k: 2", "lrn", (4, 6, 6)),
    ("leaky_relu, slope: 1", "leaky_relu", (4, 6, 6)),
]


@pytest.mark.parametrize(("idle", "busy", "shape"), IDLE, ids=[case[0] for case in IDLE])
def test_what_does_nothing(idle: str, busy: str, shape: tuple[int, ...]) -> None:
    graph = graph_of(f"{{type: {idle}}}", shape)
    x = images(graph)
    assert graph.nodes[0].layer.does_nothing(shape)
    np.testing.assert_array_equal(reference(graph, x), x)
    assert not graph_of(f"{{type: {busy}}}", shape).nodes[0].layer.does_nothing(shape)


@pytest.mark.parametrize(("text", "shape"), KEEPING)
def test_what_keeps_values_keeps_them(text: str, shape: tuple[int, ...]) -> None:
    graph = graph_of(text, shape)
    x = images(graph)
    np.testing.assert_array_equal(reference(graph, x).reshape(x.shape), x)


@pytest.mark.parametrize(("text", "shape"), SINGLE)
def test_who_looks_at_other_images(text: str, shape: tuple[int, ...]) -> None:
    """The second image's outputs where the first is another."""
    graph = graph_of(text, shape)
    before = images(graph)
    after = before.copy()
    after[0] = np.random.default_rng(1).standard_normal(shape) + 5
    same = np.array_equal(reference(graph, before)[1], reference(graph, after)[1])
    assert graph.nodes[0].layer.mixes_images is not same


@pytest.mark.parametrize(
    ("kind", "setting"), [(kind, setting) for kind in ACTIVATIONS for setting in ("", *SETTINGS.get(kind, ()))]
)
def test_bounds(kind: str, setting: str) -> None:
    """None is passed, and each is nearly reached."""
    units = 2 if layers.find(kind).gives_probabilities else 1
    graph = graph_of(f"{{type: {kind}{setting}}}", (units,))
    values = np.zeros((400_001, units))
    values[:, 0] = np.linspace(-1000, 1000, len(values))
    with np.errstate(over="ignore"):
        found = reference(graph, values)
    activation = graph.nodes[0].layer
    assert isinstance(activation, Activation)
    low, high = activation.bounds
    for least, bound in ((found.min(), low), (-found.max(), -high)):
        assert least < -5 if math.isinf(bound) else bound <= least <= bound + 0.01


def seen_by(graph: Graph, axis: int) -> list[set[int]]:
    """By an output's place along an axis: the places of the input that change it."""
    x = images(graph, 1)
    before = reference(graph, x)
    outputs: list[set[int]] = [set() for _ in range(before.shape[2 + axis])]
    for place in range(x.shape[2 + axis]):
        changed = x.copy()
        row = np.moveaxis(changed, 2 + axis, 0)[place]
        row += np.random.default_rng(2).standard_normal(row.shape)
        moved = np.moveaxis(before != reference(graph, changed), 2 + axis, 0)
        for output, difference in zip(outputs, moved, strict=True):
            if difference.any():
                output.add(place)
    return outputs


@pytest.mark.parametrize(("text", "shape"), SEEING)
def test_no_output_sees_more_than_its_sight(text: str, shape: tuple[int, ...]) -> None:
    graph = graph_of(text, shape)
    for axis, sight in enumerate(graph.nodes[0].layer.sight(shape)):
        extents = [max(places) - min(places) for places in seen_by(graph, axis) if places]
        assert max(extents) <= sight.reach // sight.parts
