"""Every figure of the lectures that a chain of layers shows: output sizes, parameters, and totals.

The numbers are those of the slides, written here by hand; none is computed by the code under test.
"""

from __future__ import annotations

import pytest

from cnncli.analysis.costs import totals
from cnncli.graph import Graph
from cnncli.spec.source import find
from tests.specs import chain, only_fault, read, text_of

# Output sizes: (W - F + 2P)/S + 1


@pytest.mark.parametrize(
    ("shape", "layer", "output"),
    [
        ([1, 7, 7], "type: conv, filters: 1, kernel: 3, stride: 1", (1, 5, 5)),
        ([1, 7, 7], "type: conv, filters: 1, kernel: 3, stride: 2", (1, 3, 3)),
        ([1, 7, 7], "type: conv, filters: 1, kernel: 3, padding: 1", (1, 7, 7)),
        ([3, 32, 32], "type: conv, filters: 10, kernel: 5, padding: 2", (10, 32, 32)),
        ([3, 32, 32], "type: conv, filters: 6, kernel: 5", (6, 28, 28)),
        ([6, 28, 28], "type: conv, filters: 10, kernel: 5", (10, 24, 24)),
        ([3, 227, 227], "type: conv, filters: 96, kernel: 11, stride: 4", (96, 55, 55)),
        ([96, 55, 55], "type: maxpool, kernel: 3, stride: 2", (96, 27, 27)),
        ([1, 3, 3], "type: maxpool, kernel: 2, rounding: ceil", (1, 2, 2)),
        ([1, 7, 7], "type: maxpool, kernel: 2, rounding: ceil", (1, 4, 4)),
        ([1, 9, 9], "type: conv, filters: 3, kernel: 3", (3, 7, 7)),
        ([3, 5, 5], "type: conv, filters: 2, kernel: 3, padding: 1, stride: 2", (2, 3, 3)),
        ([1, 4, 4], "type: maxpool, kernel: 2, stride: 2", (1, 2, 2)),
    ],
)
def test_output_size(shape: list[int], layer: str, output: tuple[int, ...]) -> None:
    assert chain(shape, layer).output_shape == output


def test_a_7x7_input_does_not_take_a_3x3_window_at_stride_3() -> None:
    fault = only_fault(text_of([1, 7, 7], "type: conv, filters: 1, kernel: 3, stride: 3"))
    assert fault.fault.code == "CNN101"
    assert "2.33" in fault.message
    assert fault.arithmetic == ("(7 - 3 + 0)/3 + 1 = 2.33",)


def test_a_3x3_input_does_not_take_a_2x2_pool_unless_it_is_padded() -> None:
    fault = only_fault(text_of([1, 3, 3], "type: maxpool, kernel: 2, stride: 2"))
    assert fault.fault.code == "CNN101"
    assert fault.arithmetic == ("(3 - 2 + 0)/2 + 1 = 1.50",)
    assert "`rounding: ceil` gives 2" in " ".join(fault.hints)


@pytest.mark.parametrize(("kernel", "padding"), [(3, 1), (5, 2), (7, 3)])
def test_half_the_kernel_as_padding_preserves_size(kernel: int, padding: int) -> None:
    graph = chain([1, 7, 7], f"type: conv, filters: 1, kernel: {kernel}, padding: {padding}")
    assert graph.output_shape == (1, 7, 7)


# Counts, and what weight sharing saves


def test_ten_5x5_filters_on_rgb_have_760_parameters_and_10240_outputs() -> None:
    node = chain([3, 32, 32], "type: conv, filters: 10, kernel: 5, padding: 2").nodes[0]
    assert (node.parameter_count, node.output_count) == (760, 10_240)


def test_alexnets_first_filters_have_34848_weights() -> None:
    node = chain([3, 227, 227], "type: conv, filters: 96, kernel: 11, stride: 4, bias: false").nodes[0]
    assert node.parameter_count == 34_848


@pytest.mark.parametrize(
    ("shape", "layers", "parameters"),
    [
        # The slide counts 32*32*3 units for each of the 10 filters.
        ([3, 32, 32], ["type: flatten", "type: dense, units: 30720"], 94_402_560),
        ([3, 200, 200], ["type: flatten", "type: dense, units: 120000, bias: false"], 14_400_000_000),
        ([1, 200, 200], ["type: flatten", "type: dense, units: 40000, bias: false"], 1_600_000_000),
        ([1, 200, 200], ["type: conv, filters: 100, kernel: 5, bias: false"], 2_500),
    ],
)
def test_what_weight_sharing_saves(shape: list[int], layers: list[str], parameters: int) -> None:
    assert totals(chain(shape, *layers)).parameters == parameters


# Networks


def shapes(graph: Graph) -> list[tuple[int, ...]]:
    return [node.output_shape for node in graph.nodes]


def counts(graph: Graph) -> list[int]:
    """Parameters of the layers that have any."""
    return [node.parameter_count for node in graph.nodes if node.parameter_count]


@pytest.mark.parametrize(
    ("name", "sizes", "parameters"),
    [
        (
            "lenet5",
            [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (400,), (120,), (84,), (10,)],
            [156, 2_416, 48_120, 10_164, 850],
        ),
        (
            "digits_viewer",
            [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (400,), (120,), (100,), (10,)],
            [156, 2_416, 48_120, 12_100, 1_010],
        ),
        (
            "kaggle_lenet",
            [(12, 24, 24), (12, 12, 12), (25, 8, 8), (25, 4, 4), (400,), (180,), (180,), (100,), (100,), (10,), (10,)],
            [312, 7_525, 72_180, 18_100, 1_010],
        ),
        (
            "tensorflow_mnist",
            [(32, 24, 24), (32, 12, 12), (64, 10, 10), (64, 5, 5), (1600,), (1024,), (1024,), (10,)],
            [832, 18_496, 1_639_424, 10_250],
        ),
        ("keras_mlp", [(784,), (500,), (500,), (10,), (10,)], [392_500, 250_500, 5_010]),
        (
            "keras_cifar10",
            [
                *[(32, 32, 32), (32, 30, 30), (32, 15, 15), (32, 15, 15)],
                *[(64, 15, 15), (64, 13, 13), (64, 6, 6), (64, 6, 6), (2304,), (512,), (512,), (10,), (10,)],
            ],
            [896, 9_248, 18_496, 36_928, 1_180_160, 5_130],
        ),
        (
            "lenet5_1998",
            [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (120,), (84,), (10,)],
            [156, 2_416, 48_120, 10_164, 850],
        ),
    ],
)
def test_a_network_of_the_lectures(name: str, sizes: list[tuple[int, ...]], parameters: list[int]) -> None:
    graph = read(find(name).text).require_sound()
    assert shapes(graph) == sizes
    assert counts(graph) == parameters
    assert totals(graph).parameters == sum(parameters)


ALEXNET = """
version: 1
name: AlexNet without norms
input: [3, 227, 227]
defaults: {groups: GROUPS}
layers:
  - {type: conv, name: conv1, filters: 96, kernel: 11, stride: 4, groups: 1, activation: relu}
  - {type: maxpool, kernel: 3, stride: 2}
  - {type: conv, name: conv2, filters: 256, kernel: 5, padding: 2, activation: relu}
  - {type: maxpool, kernel: 3, stride: 2}
  - {type: conv, name: conv3, filters: 384, kernel: 3, padding: 1, groups: 1, activation: relu}
  - {type: conv, name: conv4, filters: 384, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: conv5, filters: 256, kernel: 3, padding: 1, activation: relu}
  - {type: maxpool, kernel: 3, stride: 2}
  - {type: flatten}
  - {type: dense, name: fc6, units: 4096, activation: relu}
  - {type: dropout, p: 0.5}
  - {type: dense, name: fc7, units: 4096, activation: relu}
  - {type: dropout, p: 0.5}
  - {type: dense, name: fc8, units: 1000, activation: softmax}
"""


def alexnet(groups: int) -> Graph:
    return read(ALEXNET.replace("GROUPS", str(groups))).require_sound()


def test_alexnets_output_sizes() -> None:
    assert [shape for shape in shapes(alexnet(1)) if len(shape) == 3] == [
        (96, 55, 55),
        (96, 27, 27),
        (256, 27, 27),
        (256, 13, 13),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
        (256, 6, 6),
    ]
    assert shapes(alexnet(1))[-7:] == [(9216,), (4096,), (4096,), (4096,), (4096,), (1000,), (1000,)]


@pytest.mark.parametrize(("groups", "parameters"), [(1, 62_378_344), (2, 60_965_224)])
def test_alexnet_has_about_60_million_parameters(groups: int, parameters: int) -> None:
    assert totals(alexnet(groups)).parameters == parameters


def test_alexnets_hidden_dense_layers_hold_most_of_it() -> None:
    """The lectures: without fc7 about 17 million fewer, without fc6 and fc7 about 50 million."""
    count = {node.name: node.parameter_count for node in alexnet(1).nodes}
    assert count["fc7"] == 16_781_312
    assert count["fc6"] == 37_752_832
    without_both = count["fc6"] + count["fc7"] + count["fc8"] - 1000 * (9216 + 1)
    assert without_both == pytest.approx(50e6, rel=0.1)


def test_zfnet_differs_from_alexnet_in_its_first_window() -> None:
    """7x7 s2 in place of 11x11 s4: twice as many positions along each axis."""
    layers = "type: conv, filters: 96, kernel: 7, stride: 2", "type: maxpool, kernel: 3, stride: 2"
    assert shapes(chain([3, 227, 227], *layers)) == [(96, 111, 111), (96, 55, 55)]


@pytest.mark.parametrize(
    ("repeats", "parameters"), [((2, 2, 3, 3, 3), 138_357_544), ((2, 2, 4, 4, 4), 143_667_240)], ids=["16", "19"]
)
def test_vgg_is_only_3x3_convs_and_2x2_pools(repeats: tuple[int, ...], parameters: int) -> None:
    layers = []
    for filters, repeat in zip((64, 128, 256, 512, 512), repeats, strict=True):
        layers += [f"type: conv, filters: {filters}, kernel: 3, padding: 1, activation: relu"] * repeat
        layers.append("type: maxpool, kernel: 2")
    layers += ["type: flatten", *(f"type: dense, units: {units}" for units in (4096, 4096, 1000))]
    graph = chain([3, 224, 224], *layers)
    assert graph.nodes[-5].output_shape == (512, 7, 7)
    assert totals(graph).parameters == parameters
