"""The layers' arithmetic in the most obvious way: float64, image order [N, C, H, W], plain loops over places.

Nothing here is shared with the kernels. The gradients are the loops read backwards: what a forward line adds to
an output, the gradient adds to the input it came from; finite differences check them in test_reference.py.
"""

from __future__ import annotations

from itertools import product

import numpy as np


def cells(position, kernel, stride, padding, dilation=(1, 1)):
    """(i, j, row, column) of every cell of the window at an output position, inside the input or not."""
    for i, j in product(range(kernel[0]), range(kernel[1])):
        row = position[0] * stride[0] + i * dilation[0] - padding[0]
        column = position[1] * stride[1] + j * dilation[1] - padding[1]
        yield i, j, row, column


def inside(array, row, column):
    return 0 <= row < array.shape[2] and 0 <= column < array.shape[3]


def convolution(x, weight, bias, out, stride, padding, dilation, groups):
    """[N, C, H, W] -> [N, K, *out]."""
    K, channels, *kernel = weight.shape
    y = np.zeros((len(x), K, *out)) + bias[:, None, None]
    for k, c, oh, ow in product(range(K), range(channels), range(out[0]), range(out[1])):
        source = k // (K // groups) * channels + c
        for i, j, row, column in cells((oh, ow), kernel, stride, padding, dilation):
            if inside(x, row, column):
                y[:, k, oh, ow] += weight[k, c, i, j] * x[:, source, row, column]
    return y


def convolution_gradients(x, weight, dy, stride, padding, dilation, groups):
    """(dx, dweight, dbias)."""
    K, channels, *kernel = weight.shape
    dx, dweight = np.zeros_like(x), np.zeros_like(weight)
    for k, c, oh, ow in product(range(K), range(channels), range(dy.shape[2]), range(dy.shape[3])):
        source = k // (K // groups) * channels + c
        for i, j, row, column in cells((oh, ow), kernel, stride, padding, dilation):
            if inside(x, row, column):
                dx[:, source, row, column] += weight[k, c, i, j] * dy[:, k, oh, ow]
                dweight[k, c, i, j] += np.sum(x[:, source, row, column] * dy[:, k, oh, ow])
    return dx, dweight, dy.sum(axis=(0, 2, 3))


def convolution_by_taps(x, weight, bias, dy, padding, groups):
    """(y, dx, dweight) with stride 1: as the loops above, a tap at a time, for what would take those minutes."""
    top, left = padding
    _, K, height, width = dy.shape
    rows, columns = height + weight.shape[2] - 1, width + weight.shape[3] - 1
    padded = np.zeros((*x.shape[:2], rows + top, columns + left))
    padded[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    y, dpadded, dweight = np.zeros(dy.shape) + bias[:, None, None], np.zeros_like(padded), np.zeros_like(weight)
    for group, i, j in product(range(groups), range(weight.shape[2]), range(weight.shape[3])):
        ks = slice(group * K // groups, (group + 1) * K // groups)
        cs = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
        seen = padded[:, cs, i : i + height, j : j + width]
        y[:, ks] += np.einsum("kc,nchw->nkhw", weight[ks, :, i, j], seen, optimize=True)
        dpadded[:, cs, i : i + height, j : j + width] += np.einsum(
            "kc,nkhw->nchw", weight[ks, :, i, j], dy[:, ks], optimize=True
        )
        dweight[ks, :, i, j] = np.einsum("nkhw,nchw->kc", dy[:, ks], seen, optimize=True)
    return y, dpadded[:, :, top : top + x.shape[2], left : left + x.shape[3]], dweight


def extreme_pool(x, out, kernel, stride, padding, better):
    """(y, winner): the value and the cell i * F_w + j that is `better` than all before; NaN beats everything."""
    y = np.zeros((*x.shape[:2], *out))
    winner = np.zeros(y.shape, np.int64)
    for n, c, oh, ow in product(*map(range, y.shape)):
        best = None
        for i, j, row, column in cells((oh, ow), kernel, stride, padding):
            if inside(x, row, column):
                value = x[n, c, row, column]
                if best is None or np.isnan(value) or better(value, best):
                    best, winner[n, c, oh, ow] = value, i * kernel[1] + j
        y[n, c, oh, ow] = best
    return y, winner


def extreme_pool_gradient(winner, dy, shape, kernel, stride, padding):
    dx = np.zeros(shape)
    for n, c, oh, ow in product(*map(range, dy.shape)):
        i, j = divmod(winner[n, c, oh, ow], kernel[1])
        dx[n, c, oh * stride[0] + i - padding[0], ow * stride[1] + j - padding[1]] += dy[n, c, oh, ow]
    return dx


def average_weights(shape, out, kernel, stride, padding, count_padding):
    """(oh, ow, row, column, 1 / divisor) of every real cell of every window. padding: top, left, bottom, right."""
    height, width = shape[2:]
    for oh, ow in product(*map(range, out)):
        window = list(cells((oh, ow), kernel, stride, padding))
        real = [(r, c) for _, _, r, c in window if 0 <= r < height and 0 <= c < width]
        padded = [(r, c) for _, _, r, c in window if r < height + padding[2] and c < width + padding[3]]
        for row, column in real:
            yield oh, ow, row, column, 1 / len(padded if count_padding else real)


def average_pool(x, out, kernel, stride, padding, count_padding):
    y = np.zeros((*x.shape[:2], *out))
    for oh, ow, row, column, share in average_weights(x.shape, out, kernel, stride, padding, count_padding):
        y[:, :, oh, ow] += x[:, :, row, column] * share
    return y


def average_pool_gradient(dy, shape, kernel, stride, padding, count_padding):
    dx = np.zeros(shape)
    for oh, ow, row, column, share in average_weights(shape, dy.shape[2:], kernel, stride, padding, count_padding):
        dx[:, :, row, column] += dy[:, :, oh, ow] * share
    return dx


def l2_pool(x, out, kernel, stride, padding):
    y = np.zeros((*x.shape[:2], *out))
    for oh, ow in product(*map(range, out)):
        for _, _, row, column in cells((oh, ow), kernel, stride, padding):
            if inside(x, row, column):
                y[:, :, oh, ow] += x[:, :, row, column] ** 2
    return np.sqrt(y)


def l2_pool_gradient(x, y, dy, kernel, stride, padding):
    dx = np.zeros_like(x)
    for oh, ow in product(*map(range, dy.shape[2:])):
        share = np.divide(dy[:, :, oh, ow], y[:, :, oh, ow], where=y[:, :, oh, ow] != 0, out=np.zeros(dy.shape[:2]))
        for _, _, row, column in cells((oh, ow), kernel, stride, padding):
            if inside(x, row, column):
                dx[:, :, row, column] += share * x[:, :, row, column]
    return dx


def softmax(x):
    power = np.exp(x - x.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


def softmax_gradient(y, dy):
    """By the Jacobian dy_u / dx_v = y_u (1 if u = v else 0) - y_u y_v, image by image."""
    jacobians = [np.diag(row) - np.outer(row, row) for row in y]
    return np.stack([row @ jacobian for row, jacobian in zip(dy, jacobians, strict=True)])


def cross_entropy(logits, labels):
    """(sum over images of -log softmax at the label, gradient of the mean)."""
    probabilities = softmax(logits)
    one_hot = np.eye(logits.shape[1])[labels]
    return -np.log(probabilities[one_hot == 1]).sum(), (probabilities - one_hot) / len(logits)


def squared_error(outputs, labels):
    """(sum over images of the mean over classes of the squared error, gradient of the mean over both)."""
    error = outputs - np.eye(outputs.shape[1])[labels]
    return (error**2).mean(axis=1).sum(), 2 * error / error.size


ACTIVATIONS = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (2 + np.exp(x) + np.exp(-x))),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x: 1 / (1 + np.exp(-x))),
    "softsign": (lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2),
    "hard_sigmoid": (lambda x: np.clip(0.2 * x + 0.5, 0, 1), lambda x: np.where(np.abs(x) < 2.5, 0.2, 0.0)),
}
"""Name -> (value, slope), both of the input."""
