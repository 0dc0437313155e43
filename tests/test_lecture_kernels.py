"""The lectures' worked convolutions and pools, through the real kernels: every number is from a slide."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.graph import Graph
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from tests.layers.harness import graph_of


def run(graph: Graph, image: np.ndarray, **weights: np.ndarray) -> np.ndarray:
    """One image [C, H, W] through a graph whose first layer is given its tensors."""
    parameters = Parameters(graph)
    for name, value in weights.items():
        parameters.tensors()[f"{graph.nodes[0].name}.{name}"][...] = value
    network = Network(graph, parameters, 1, training=False)
    network.images[...] = kernels.batches.to_lanes(image[None].astype(np.float32))
    return kernels.batches.from_lanes(network.forward(1), 1)[0]


def grid(text: str) -> np.ndarray:
    """`1 2 / 3 4` -> a matrix."""
    return np.array([[float(word) for word in row.split()] for row in text.split("/")])


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A single-channel image with a single filter, stride 1, no padding, no bias."""
    layer = f"{{type: conv, filters: 1, kernel: [{kernel.shape[0]}, {kernel.shape[1]}], bias: false}}"
    return run(graph_of([layer], (1, *image.shape)), image[None], weight=kernel)[0]


def test_an_edge_detector_in_one_dimension() -> None:
    signal = grid("0 0 0 1 1 1 1 1")
    assert convolve(signal, grid("-1 1")).tolist() == [[0, 0, 1, 0, 0, 0, 0]]


def test_layers_correlate_where_convolution_flips() -> None:
    signal = grid("0 0 0 1 1 1 1 1")
    assert convolve(signal, grid("-1 1")[:, ::-1]).tolist() == [[0, 0, -1, 0, 0, 0, 0]]


def test_the_binary_image_and_filter() -> None:
    image = grid("1 1 1 0 0/0 1 1 1 0/0 0 1 1 1/0 0 1 1 0/0 1 1 0 0")
    assert convolve(image, grid("1 0 1/0 1 0/1 0 1")).tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


FILTERS = {
    "sobel x": "-1 0 1/-2 0 2/-1 0 1",
    "sobel y": "-1 -2 -1/0 0 0/1 2 1",
    "laplacian": "0 1 0/1 -4 1/0 1 0",
    "emboss": "-2 -1 0/-1 1 1/0 1 2",
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters_on_an_image_equal_the_sum_of_products(name: str) -> None:
    image = np.add.outer(np.arange(9.0) ** 2, 3.0 * np.arange(11)) + np.eye(9, 11) * 7
    kernel = grid(FILTERS[name])
    wanted = [[(image[h : h + 3, w : w + 3] * kernel).sum() for w in range(9)] for h in range(7)]
    np.testing.assert_allclose(convolve(image, kernel), wanted, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "image", "answer"),
    [
        ("sobel x", grid("0 0 5/0 0 5/0 0 5"), 20),  # a vertical edge
        ("sobel y", grid("0 0 5/0 0 5/0 0 5"), 0),
        ("sobel y", grid("0 0 0/0 0 0/5 5 5"), 20),  # a horizontal one
        ("laplacian", grid("3 3 3/3 3 3/3 3 3"), 0),  # a flat patch
        ("emboss", grid("3 3 3/3 3 3/3 3 3"), 3),  # emboss keeps the brightness
    ],
)
def test_what_a_filter_answers_to(name: str, image: np.ndarray, answer: float) -> None:
    assert convolve(image, grid(FILTERS[name])).item() == answer


def test_the_curve_detector() -> None:
    curve = np.zeros((7, 7))
    for row, column in ((0, 5), (1, 4), (2, 3), (3, 3), (4, 3), (5, 3)):
        curve[row, column] = 30
    field = np.zeros((7, 7))
    field[0, 6] = 30
    field[1, 4:7] = 50
    field[2, 3:5] = 20, 50
    field[3:7, 3:5] = 50
    assert convolve(field, curve).item() == 6600
    elsewhere = np.zeros((7, 7))
    elsewhere[0, :3] = elsewhere[6, 5:] = 50  # nothing along the curve
    assert convolve(elsewhere, curve).item() == 0


DEMO_INPUT = (
    "0 1 2 0 2/1 1 2 2 2/2 0 2 1 0/0 0 0 0 0/0 0 2 1 0",
    "1 2 0 2 2/2 2 1 0 1/0 0 2 2 0/2 0 1 0 0/0 2 1 0 2",
    "2 0 0 1 0/1 2 0 1 0/0 0 1 2 2/0 0 1 2 0/0 2 2 0 2",
)
DEMO_FILTERS = (
    ("0 1 1/-1 0 -1/-1 -1 1", "0 0 -1/1 1 1/1 -1 0", "-1 -1 -1/-1 -1 0/-1 -1 1"),
    ("1 -1 -1/1 -1 -1/1 0 0", "0 0 -1/0 0 1/1 0 1", "1 1 0/0 -1 0/1 0 -1"),
)


def test_the_conv_layer_demo() -> None:
    graph = graph_of(["{type: conv, filters: 2, kernel: 3, stride: 2, padding: 1}"], (3, 5, 5))
    image = np.stack([grid(channel) for channel in DEMO_INPUT])
    weight = np.stack([np.stack([grid(channel) for channel in filters]) for filters in DEMO_FILTERS])
    y = run(graph, image, weight=weight, bias=np.array([1.0, 0.0]))
    assert graph.output_shape == (2, 3, 3)
    assert y[0].tolist() == grid("0 3 -2/-4 4 -3/3 -4 -2").tolist()
    assert y[1].tolist() == grid("-1 5 1/-5 -5 2/2 -4 1").tolist()


def the_x() -> np.ndarray:
    """9x9, -1 but for two diagonals of +1 from (1, 1) to (7, 7)."""
    image = -np.ones((9, 9))
    for i in range(1, 8):
        image[i, i] = image[i, 8 - i] = 1
    return image


def x_maps(filter_rows: str) -> tuple[np.ndarray, np.ndarray]:
    """The ReLU map of one filter (products averaged over its 9 cells) and its 2x2 max pool."""
    conv = "{type: conv, filters: 1, kernel: 3, bias: false, activation: relu}"
    weight = grid(filter_rows) / 9
    rectified = run(graph_of([conv], (1, 9, 9)), the_x()[None], weight=weight)[0]
    pool = "{type: maxpool, kernel: 2, rounding: ceil}"
    return rectified, run(graph_of([conv, pool], (1, 9, 9)), the_x()[None], weight=weight)[0]


def test_the_x_and_its_diagonal() -> None:
    linear = convolve(the_x(), grid("1 -1 -1/-1 1 -1/-1 -1 1") / 9)
    np.testing.assert_allclose(linear[0], [0.78, -0.11, 0.11, 0.33, 0.56, -0.11, 0.33], atol=0.006)
    rectified, pooled = x_maps("1 -1 -1/-1 1 -1/-1 -1 1")
    np.testing.assert_allclose(rectified, np.maximum(linear, 0), atol=1e-6)
    wanted = grid("1 .33 .56 .33/.33 1 .33 .56/.56 .33 1 .11/.33 .56 .11 .78")
    np.testing.assert_allclose(pooled, wanted, atol=0.006)


def test_the_x_and_the_other_diagonal_are_mirror_images() -> None:
    _, pooled = x_maps("1 -1 -1/-1 1 -1/-1 -1 1")
    rectified, other = x_maps("-1 -1 1/-1 1 -1/1 -1 -1")
    mirrored, _ = x_maps("1 -1 -1/-1 1 -1/-1 -1 1")
    np.testing.assert_allclose(rectified, mirrored[:, ::-1], atol=1e-6)
    assert other.shape == pooled.shape == (4, 4)


def test_the_x_and_the_cross() -> None:
    _, pooled = x_maps("1 -1 1/-1 1 -1/1 -1 1")
    wanted = grid(".56 .33 .56 .33/.33 1 .56 .11/.56 .56 .56 .11/.33 .11 .11 .33")
    np.testing.assert_allclose(pooled, wanted, atol=0.006)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("maxpool", "6 8/3 4"),
        ("minpool", "1 2/1 0"),
        ("avgpool", "3.25 5.25/2 2"),
        ("l2pool", "7.93725393 11.53256259/4.24264069 5.09901951"),
    ],
)
def test_pooling_of_the_four_by_four(kind: str, answer: str) -> None:
    image = grid("1 1 2 4/5 6 7 8/3 2 1 0/1 2 3 4")
    pooled = run(graph_of([f"{{type: {kind}, kernel: 2, stride: 2}}"], (1, 4, 4)), image[None])[0]
    np.testing.assert_allclose(pooled, grid(answer), rtol=1e-6)


def test_a_ceil_pool_of_three_by_three_pads_to_two_by_two() -> None:
    image = grid("1 2 3/4 5 6/7 8 9")
    pooled = run(graph_of(["{type: maxpool, kernel: 2, stride: 2, rounding: ceil}"], (1, 3, 3)), image[None])[0]
    assert pooled.tolist() == [[5, 6], [8, 9]]


def test_backward_is_correlation_and_convolution_with_the_turned_kernel() -> None:
    """dE/dw: the input correlated with delta; dE/dx: delta, padded by F - 1, with the kernel turned by 180 degrees."""
    rng = np.random.default_rng(0)
    image, kernel, delta = rng.standard_normal((6, 6)), rng.standard_normal((3, 3)), rng.standard_normal((4, 4))
    graph = graph_of(["{type: conv, filters: 1, kernel: 3, bias: false}"], (1, 6, 6))
    parameters = Parameters(graph)
    parameters.tensors()["conv1.weight"][...] = kernel
    network = Network(graph, parameters, 1, input_gradient=True)
    network.images[...] = kernels.batches.to_lanes(image[None, None].astype(np.float32))
    network.forward(1)
    network.output_gradient[...] = kernels.batches.to_lanes(delta[None, None].astype(np.float32))
    network.backward(1)
    dx = kernels.batches.from_lanes(network.images_gradient, 1)[0, 0]
    np.testing.assert_allclose(parameters.gradients.reshape(3, 3), convolve(image, delta), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dx, convolve(np.pad(delta, 2), kernel[::-1, ::-1]), rtol=1e-5, atol=1e-5)
