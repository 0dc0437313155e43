"""What is computed where: in a layer's own passes, in another's, or in a pass of its own."""

from __future__ import annotations

import pytest

from cnncli.network.fusion import fuse
from tests.network.test_branches import graph_of
from tests.specs import chain

PLAIN = "type: conv, filters: 2, kernel: 3"
CONV = f"{PLAIN}, activation: relu"
POOL = "type: maxpool, kernel: 2"


def fused(*layers: str, training: bool = True, keep: bool = False):
    graph = chain([1, 8, 8], *layers)
    return fuse(graph, (graph.output,), training, keep)


@pytest.mark.parametrize(
    ("layers", "rectifying", "apart"),
    [
        ([CONV], {0}, set()),
        ([CONV, POOL], {1}, set()),
        ([CONV, "type: avgpool, kernel: 2"], {0}, set()),
        ([CONV, "type: minpool, kernel: 2"], {0}, set()),
        ([PLAIN, POOL], set(), set()),
        ([CONV.replace("relu", "tanh"), POOL], set(), {0}),
        ([CONV.replace("conv", "conv, name: a"), "type: maxpool, kernel: 3, stride: 1, padding: 1",
          "type: add, from: [a, previous]"], {0}, set()),
        ([CONV, "type: maxpool, kernel: 1", "type: maxpool, kernel: 1"], {2}, set()),
        ([PLAIN, "type: relu", POOL], {2}, set()),
        ([PLAIN, "type: relu", "type: flatten"], {0}, set()),
    ],
)  # fmt: skip
def test_where_a_relu_is_computed(layers, rectifying, apart) -> None:
    found = fused(*layers)
    assert (found.rectifying, found.activations.keys()) == (rectifying, apart)


def test_an_output_keeps_its_relu() -> None:
    graph = chain([1, 8, 8], CONV, POOL)
    assert fuse(graph, (0, graph.output), training=True).rectifying == {0}


@pytest.mark.parametrize(
    ("layers", "same", "kinds"),
    [
        ([PLAIN, "type: relu"], {1: 0}, {}),
        ([PLAIN, "type: tanh"], {1: 0}, {0: "tanh"}),
        ([PLAIN, "type: batchnorm", "type: relu6"], {2: 1}, {1: "relu6"}),
        ([PLAIN, "type: gelu"], {}, {}),  # its gradient needs its input
        ([CONV, "type: tanh"], {}, {}),  # one activation is enough
        ([PLAIN, "type: relu", "type: tanh"], {1: 0}, {}),
        (["type: avgpool, kernel: 2", "type: tanh"], {}, {}),
        (["type: relu", PLAIN], {}, {}),
        ([PLAIN.replace("conv", "conv, name: a"), "type: relu", "type: add, from: [a, previous]"], {}, {}),
    ],
)
def test_an_activation_of_its_own_joins_the_layer_before_it(layers, same, kinds) -> None:
    found = fused(*layers)
    assert found.same == same
    assert {index: activation.kind for index, activation in found.activations.items()} == kinds
    assert set(found.at_work) == set(range(len(layers))) - same.keys()


def test_an_output_before_an_activation_is_left_as_it_is() -> None:
    graph = chain([1, 8, 8], PLAIN, "type: relu")
    assert not fuse(graph, (0, graph.output), training=True).same


@pytest.mark.parametrize(
    ("layers", "norms", "rectifying"),
    [
        ([PLAIN, "type: batchnorm, activation: relu"], {0: 1}, {0}),
        ([PLAIN, "type: batchnorm", "type: relu"], {0: 1}, {0}),
        ([PLAIN, "type: batchnorm, activation: relu", POOL], {0: 1}, {2}),
        ([PLAIN, "type: batchnorm", "type: batchnorm"], {0: 1}, set()),
        (["type: depthwise_conv, kernel: 3", "type: batchnorm"], {0: 1}, set()),
        (["type: transposed_conv, filters: 2, kernel: 3", "type: batchnorm"], {0: 1}, set()),
        (["type: flatten", "type: dense, units: 3", "type: batchnorm"], {1: 2}, set()),
        ([CONV, "type: batchnorm"], {}, {0}),  # what is rectified between them is no affine map
        ([PLAIN, "type: instancenorm"], {}, set()),
        (["type: batchnorm", PLAIN], {}, set()),
        (["type: scale", "type: batchnorm"], {}, set()),
        ([PLAIN.replace("conv", "conv, name: a"), "type: batchnorm", "type: add, from: [a, previous]"], {}, set()),
    ],
)
def test_a_norm_is_folded_into_the_weights_before_it(layers, norms, rectifying) -> None:
    found = fused(*layers, training=False)
    assert found.norms == norms and found.rectifying == rectifying
    assert fused(*layers).norms == {}


def test_with_keep_every_node_is_at_work() -> None:
    layers = (
        PLAIN,
        "type: batchnorm, activation: relu",
        POOL,
        "type: tanh",
        "type: conv, filters: 1, kernel: 1",
        "type: relu",
    )
    found = fused(*layers, training=False, keep=True)
    assert found.at_work == tuple(range(6)) and not found.same and not found.norms
    assert found.rectifying == {1}


def test_a_merge_takes_the_activation_after_it() -> None:
    graph = graph_of("""
input: [2, 4, 4]
layers:
  - {type: conv, name: a, filters: 2, kernel: 1}
  - {type: conv, filters: 2, kernel: 1}
  - {type: add, from: [a, previous]}
  - {type: tanh}
  - {type: multiply, from: [a, previous]}
  - {type: relu, from: a}
  - {type: add, from: [a, previous]}
""")
    found = fuse(graph, (graph.output, 4), training=True)
    assert found.same == {3: 2}
    assert found.activations[2].kind == "tanh"
