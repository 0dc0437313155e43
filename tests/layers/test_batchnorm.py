"""Batch normalisation where a single batch cannot see it: running statistics, use, idle lanes, the fused ReLU."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.graph import Graph
from cnncli.kernels.vector import LANES
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from tests.layers import harness
from tests.layers.norms import SEVERAL_CHUNKS, close, graph_of, normal


def forward(network: Network, x: np.ndarray) -> np.ndarray:
    network.images[: network.blocks(len(x))] = kernels.batches.to_lanes(x)
    return kernels.batches.from_lanes(network.forward(len(x)), len(x)).astype(np.float64)


class Running:
    """PyTorch's rule, written out."""

    def __init__(self, channels: int, momentum: float) -> None:
        self.momentum, self.mean, self.var = momentum, np.zeros(channels), np.ones(channels)

    def step(self, x: np.ndarray) -> None:
        for channel in range(len(self.mean)):
            numbers = x[:, channel].reshape(-1)
            mean = numbers.sum() / numbers.size
            unbiased = ((numbers - mean) ** 2).sum() / (numbers.size - 1)
            self.mean[channel] = (1 - self.momentum) * self.mean[channel] + self.momentum * mean
            self.var[channel] = (1 - self.momentum) * self.var[channel] + self.momentum * unbiased


def batches(channels: int = 4) -> list[np.ndarray]:
    """Of all sizes, the last less than a block."""
    sizes = (2 * LANES, LANES + 1, LANES, 2 * LANES - 1, 3)
    return [normal(count, count, channels, 5, 3, mean=count / 8) for count in sizes]


@pytest.mark.parametrize("momentum", [0.1, 0.01, 1.0, 0.0])
def test_running_statistics_follow_the_batches(momentum: float) -> None:
    graph = graph_of(f"{{type: batchnorm, momentum: {momentum}}}", (4, 5, 3))
    parameters, running = Parameters(graph), Running(4, momentum)
    parameters.initialize(0)
    network = Network(graph, parameters, 2 * LANES)
    for x in batches():
        close(forward(network, x), harness.reference(graph, parameters.tensors(), x), 2e-6)
        running.step(x)
        close(parameters.tensors()["batchnorm1.running_mean"], running.mean)
        close(parameters.tensors()["batchnorm1.running_var"], running.var)


def test_a_single_number_moves_the_running_mean_only() -> None:
    graph = graph_of("{type: batchnorm}", (3,))
    parameters = Parameters(graph)
    parameters.initialize(0)
    y = forward(Network(graph, parameters, 1), np.array([[1.0, -2.0, 30.0]]))
    assert not y.any()
    close(parameters.tensors()["batchnorm1.running_mean"], np.array([0.1, -0.2, 3.0]))
    assert (parameters.tensors()["batchnorm1.running_var"] == 1).all()


def trained(text: str = "{type: batchnorm}") -> tuple[Graph, Parameters, np.ndarray, np.ndarray]:
    """A batchnorm whose parameters and running statistics are not what they are at the start, and what y is then."""
    graph = graph_of(text, (4, 5, 3))
    parameters = Parameters(graph)
    for seed, view in enumerate(parameters.tensors().values()):
        view[...] = np.abs(normal(seed, *view.shape)) + 0.3
    x = normal(9, LANES + 3, 4, 5, 3, mean=2)
    own = {name.split(".")[1]: value.astype(float)[:, None, None] for name, value in parameters.tensors().items()}
    normalised = (x - own["running_mean"]) / np.sqrt(own["running_var"] + 1e-5)
    return graph, parameters, x, normalised * own.get("weight", 1) + own.get("bias", 0)


@pytest.mark.parametrize("affine", ["true", "false"])
def test_use_takes_the_running_statistics_and_leaves_them(affine: str) -> None:
    graph, parameters, x, wanted = trained(f"{{type: batchnorm, affine: {affine}}}")
    before = parameters.buffers.copy()
    network = Network(graph, parameters, 2 * LANES, training=False)
    close(forward(network, x), wanted)
    close(forward(network, x[:1]), wanted[:1])  # nothing depends on the other images
    np.testing.assert_array_equal(parameters.buffers, before)


def test_gradients_outside_training_take_the_statistics_as_constants() -> None:
    graph, parameters, x, y = trained("{type: batchnorm, activation: relu}")
    network = Network(graph, parameters, len(x), input_gradient=True)
    memory, layer = network._memories[0], graph.nodes[0].layer
    memory.training, memory.count = False, len(x)
    images, gradient = kernels.batches.to_lanes(x), kernels.memory.zeros((2, 4, 5, 3, LANES))
    dy = normal(10, *x.shape)
    layer.forward(memory, images, kernels.memory.zeros(images.shape))
    layer.backward(memory, images, images, kernels.batches.to_lanes(dy), gradient)
    own = {name: view.astype(float)[:, None, None] for name, view in (memory.weights | memory.buffers).items()}
    inverse = 1 / np.sqrt(own["running_var"] + 1e-5)
    passed = np.where(y > 0, dy, 0)
    close(kernels.batches.from_lanes(gradient, len(x)), passed * own["weight"] * inverse)
    close(memory.gradients["bias"], passed.sum((0, 2, 3)))
    close(memory.gradients["weight"], (passed * (x - own["running_mean"]) * inverse).sum((0, 2, 3)))


@pytest.mark.oracle
def test_training_and_use_equal_pytorch() -> None:
    torch = pytest.importorskip("torch")
    graph = graph_of("{type: batchnorm, momentum: 0.3, epsilon: 1e-3}", (4, 5, 3))
    parameters = Parameters(graph)
    parameters.initialize(0)
    network, theirs = Network(graph, parameters, 2 * LANES), torch.nn.BatchNorm2d(4, eps=1e-3, momentum=0.3).double()
    for x in batches():
        close(forward(network, x), theirs(torch.tensor(x)).detach().numpy())
    for name in ("running_mean", "running_var"):
        close(parameters.tensors()[f"batchnorm1.{name}"], getattr(theirs, name).numpy())
    theirs.eval()
    x = batches()[1]
    used = Network(graph, parameters, 2 * LANES, training=False)
    close(forward(used, x), theirs(torch.tensor(x)).detach().numpy())


@pytest.mark.parametrize("count", [1, 3, LANES - 1, LANES, LANES + 1, 2 * LANES - 1])
@pytest.mark.parametrize("garbage", [1e6, np.nan])
def test_idle_lanes_take_no_part(count: int, garbage: float) -> None:
    graph = graph_of("{type: batchnorm, activation: relu}", SEVERAL_CHUNKS)
    parameters = Parameters(graph)
    parameters.initialize(0)
    x, dy = normal(1, count, *SEVERAL_CHUNKS, mean=3), normal(2, count, *SEVERAL_CHUNKS)
    network = Network(graph, parameters, 3 * LANES, input_gradient=True)  # room for more than there is
    last, idle = network.blocks(count), range(count, network.blocks(count) * LANES)
    for array, values in ((network.images, x), (network.output_gradient, dy)):
        array.fill(garbage)
        array[:last] = kernels.batches.to_lanes(values)
        for image in idle:
            array[image // LANES, ..., image % LANES] = garbage
    y = kernels.batches.from_lanes(network.forward(count), last * LANES)
    network.backward(count)
    dx = kernels.batches.from_lanes(network.images_gradient, last * LANES)
    assert not y[count:].any() and not dx[count:].any()

    alone = harness.reference(graph, parameters.tensors(), x)
    close(y[:count], alone, 2e-6)
    close(parameters.tensors()["batchnorm1.running_mean"], 0.1 * x.mean((0, 2, 3)))
    close(parameters.gradient_views["batchnorm1"]["bias"], np.where(alone > 0, dy, 0).sum((0, 2, 3)), 2e-6)


@pytest.mark.parametrize("shape", [(4, 5, 3), SEVERAL_CHUNKS, (7,)])
@pytest.mark.parametrize("affine", ["true", "false"])
def test_fused_relu_is_a_relu_after_it(shape: tuple[int, ...], affine: str) -> None:
    fused = harness.run(harness.graph_of([f"{{type: batchnorm, affine: {affine}, activation: relu}}"], shape), 21)
    apart = harness.run(harness.graph_of([f"{{type: batchnorm, affine: {affine}}}", "{type: relu}"], shape), 21)
    assert (fused.y == 0).any() and (fused.y > 0).any()
    for mine, other in ((fused.y, apart.y), (fused.dx, apart.dx)):
        np.testing.assert_array_equal(mine, other)
    for name, gradient in fused.gradients.items():
        np.testing.assert_array_equal(gradient, apart.gradients[name])


def test_a_nan_is_the_whole_channel_s_in_a_batchnorm() -> None:
    x = normal(5, LANES, 4, 3, 3)
    x[1, 0, 0, 0] = np.nan
    result = harness.run(graph_of("{type: batchnorm}", (4, 3, 3)), LANES, x=x)
    assert np.isnan(result.y[:, 0]).all() and np.isfinite(result.y[:, 1:]).all()
    assert np.isnan(result.weights["batchnorm1.running_var"]).tolist() == [True, False, False, False]
