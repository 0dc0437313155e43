"""The kernels against PyTorch, the second oracle: run by `make test-oracle`."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.kernels import activations, convolution, dense, extremes, losses, pooling, softmax

from .lanes import LANES, close, from_lanes, normal, to_lanes, unset

pytestmark = pytest.mark.oracle
IMAGES = 21


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def tensor(torch, array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


CONVOLUTIONS = [  # channels, filters, size, kernel, stride, padding, dilation, groups
    (1, 6, (28, 28), (5, 5), (1, 1), (2, 2), (1, 1), 1),
    (6, 16, (14, 14), (5, 5), (1, 1), (0, 0), (1, 1), 1),
    (32, 24, (12, 12), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (3, 8, (23, 23), (11, 11), (4, 4), (2, 2), (1, 1), 1),
    (8, 12, (9, 11), (3, 2), (2, 3), (1, 0), (2, 1), 4),
    (10, 10, (8, 8), (3, 3), (1, 1), (1, 1), (1, 1), 10),
    (16, 16, (7, 7), (1, 1), (2, 2), (0, 0), (1, 1), 1),
    (4, 4, (5, 5), (3, 3), (1, 1), (4, 5), (1, 1), 1),
]


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution(torch, case):
    channels, filters, size, kernel, stride, padding, dilation, groups = case
    x = tensor(torch, normal(1, IMAGES, channels, *size))
    weight, bias = tensor(torch, normal(2, filters, channels // groups, *kernel)), tensor(torch, normal(3, filters))
    expected = torch.nn.functional.conv2d(x, weight, bias, stride, padding, dilation, groups)
    dy = normal(4, *expected.shape)
    expected.backward(torch.tensor(dy))
    settings = (stride, padding, dilation, groups)
    lanes, w32 = to_lanes(x.detach().numpy()), weight.detach().numpy().astype(np.float32)
    y, dx, dw = unset(IMAGES, *expected.shape[1:]), unset(IMAGES, *x.shape[1:]), np.empty_like(w32)
    convolution.forward(lanes, w32, bias.detach().numpy().astype(np.float32), y, *settings)
    convolution.data_gradient(to_lanes(dy), w32, dx, *settings)
    convolution.weight_gradient(lanes, to_lanes(dy), dw, *settings)
    close(from_lanes(y, IMAGES), expected.detach().numpy())
    close(from_lanes(dx, IMAGES), x.grad.numpy())
    close(dw, weight.grad.numpy())


def test_dense(torch):
    x, weight, bias = (tensor(torch, normal(*s)) for s in ((1, IMAGES, 130), (2, 77, 130), (3, 77)))
    expected = torch.nn.functional.linear(x, weight, bias)
    dy = normal(4, *expected.shape)
    expected.backward(torch.tensor(dy))
    w32, lanes = weight.detach().numpy().astype(np.float32), to_lanes(x.detach().numpy())
    y, dx, dw = unset(IMAGES, 77), unset(IMAGES, 130), np.empty_like(w32)
    dense.forward(lanes, w32, bias.detach().numpy().astype(np.float32), y)
    dense.data_gradient(to_lanes(dy), w32, dx)
    dense.weight_gradient(lanes, to_lanes(dy), dw)
    close(from_lanes(y, IMAGES), expected.detach().numpy())
    close(from_lanes(dx, IMAGES), x.grad.numpy())
    close(dw, weight.grad.numpy())


POOLS = [  # size, kernel, stride, padding, ceil
    ((8, 8), (2, 2), (2, 2), (0, 0), False),
    ((9, 7), (3, 2), (2, 1), (1, 1), False),
    ((7, 8), (3, 3), (2, 2), (1, 0), True),
    ((5, 5), (3, 3), (3, 3), (1, 1), True),
]


@pytest.mark.parametrize("case", POOLS)
@pytest.mark.parametrize("name", ["max", "min", "average", "average_real"])
def test_pooling(torch, name, case):
    size, kernel, stride, padding, ceil = case
    x = tensor(torch, normal(1, IMAGES, 3, *size))
    functional = torch.nn.functional
    if name in {"max", "min"}:
        sign = 1 if name == "max" else -1
        expected = sign * functional.max_pool2d(sign * x, kernel, stride, padding, ceil_mode=ceil)
    else:
        expected = functional.avg_pool2d(x, kernel, stride, padding, ceil, name == "average")
    dy = normal(2, *expected.shape)
    expected.backward(torch.tensor(dy))
    lanes, out = to_lanes(x.detach().numpy()), expected.shape[1:]
    y, dx = unset(IMAGES, *out), unset(IMAGES, 3, *size)
    if name in {"max", "min"}:
        winner = unset(IMAGES, *out, dtype=np.int32)
        getattr(extremes, f"{name}_forward")(lanes, y, winner, kernel, stride, padding)
        extremes.backward(winner, to_lanes(dy), dx, kernel, stride, padding)
    else:
        settings = (kernel, stride, (*padding, *padding), name == "average")
        pooling.average_forward(lanes, y, *settings)
        pooling.average_backward(to_lanes(dy), dx, *settings)
    close(from_lanes(y, IMAGES), expected.detach().numpy(), 1e-6)
    close(from_lanes(dx, IMAGES), x.grad.numpy(), 1e-6)


def test_l2_pooling(torch):
    x = tensor(torch, normal(1, IMAGES, 2, 6, 7))
    expected = torch.nn.functional.lp_pool2d(x, 2, (3, 2), (1, 2))
    dy = normal(2, *expected.shape)
    expected.backward(torch.tensor(dy))
    lanes, y, dx = to_lanes(x.detach().numpy()), unset(IMAGES, *expected.shape[1:]), unset(IMAGES, *x.shape[1:])
    pooling.l2_forward(lanes, y, (3, 2), (1, 2), (0, 0))
    pooling.l2_backward(lanes, y, to_lanes(dy), dx, (3, 2), (1, 2), (0, 0))
    close(from_lanes(y, IMAGES), expected.detach().numpy(), 1e-6)
    close(from_lanes(dx, IMAGES), x.grad.numpy(), 1e-6)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softplus", "softsign"])
def test_activations(torch, name):
    x = tensor(torch, normal(1, 64 * LANES) * 4)
    dy = normal(2, *x.shape)
    expected = getattr(torch.nn.functional, name)(x)
    expected.backward(torch.tensor(dy))
    y, dx = np.empty(x.shape, np.float32), np.empty(x.shape, np.float32)
    getattr(activations, f"{name}_forward")(x.detach().numpy().astype(np.float32), y)
    getattr(activations, f"{name}_backward")(y, dy.astype(np.float32), dx)
    close(y, expected.detach().numpy(), 1e-6)
    close(dx, x.grad.numpy(), 2e-6)


@pytest.mark.parametrize("smoothing", [0.05, 0.3, 1.0])
def test_smoothed_labels(torch, smoothing):
    outputs, labels = tensor(torch, normal(1, IMAGES, 10) * 4), np.arange(2 * LANES * 8) % 10
    expected = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)(outputs, torch.tensor(labels[:IMAGES]))
    expected.backward()
    gradients = unset(IMAGES, 10)
    loss, _ = losses.softmax_cross_entropy(to_lanes(outputs.detach().numpy()), labels, IMAGES, gradients, smoothing)
    assert loss / IMAGES == pytest.approx(expected.item(), rel=1e-6)
    close(from_lanes(gradients, IMAGES), outputs.grad.numpy(), 1e-6)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "mean_squared_error"])
def test_losses(torch, name):
    outputs, labels = tensor(torch, normal(1, IMAGES, 10)), np.arange(2 * LANES * 8) % 10
    target = torch.tensor(labels[:IMAGES])
    if name == "softmax_cross_entropy":
        expected = torch.nn.CrossEntropyLoss()(outputs, target)
    else:
        expected = torch.nn.MSELoss()(outputs, torch.nn.functional.one_hot(target, 10).double())
    expected.backward()
    gradients = unset(IMAGES, 10)
    loss, _ = getattr(losses, name)(to_lanes(outputs.detach().numpy()), labels, IMAGES, gradients)
    assert loss / IMAGES == pytest.approx(expected.item(), rel=1e-6)
    close(from_lanes(gradients, IMAGES), outputs.grad.numpy(), 1e-6)


def test_softmax(torch):
    x = tensor(torch, normal(1, IMAGES, 12))
    expected = torch.softmax(x, 1)
    dy = normal(2, IMAGES, 12)
    expected.backward(torch.tensor(dy))
    y, dx = unset(IMAGES, 12), unset(IMAGES, 12)
    softmax.forward(to_lanes(x.detach().numpy()), y)
    softmax.backward(y, to_lanes(dy), dx)
    close(from_lanes(y, IMAGES), expected.detach().numpy(), 1e-6)
    close(from_lanes(dx, IMAGES), x.grad.numpy(), 1e-6)
