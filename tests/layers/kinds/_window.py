"""What the windows' references share: an image padded on all sides, far enough for the last window."""

import numpy as np


def extents(layer, shape):
    """(top, bottom, left, right) of padding so that every window of the declared output lies inside."""
    channels, height, width = shape
    _, out_h, out_w = layer.output_shape((channels, height, width))
    top, _, left, _ = layer.padding_of((channels, height, width))
    reach_h = (out_h - 1) * layer.strides[0] + (layer.kernel[0] - 1) * layer.dilations[0] + 1
    reach_w = (out_w - 1) * layer.strides[1] + (layer.kernel[1] - 1) * layer.dilations[1] + 1
    return top, max(0, reach_h - top - height), left, max(0, reach_w - left - width)


def padded(layer, x, value):
    top, bottom, left, right = extents(layer, x.shape[1:])
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def windows(layer, x, value):
    """Yields (oh, ow, cells) with cells [N, C, F_h, F_w] of the padded image."""
    _, out_h, out_w = layer.output_shape(x.shape[1:])
    x = padded(layer, x, value)
    for oh in range(out_h):
        for ow in range(out_w):
            h, w = oh * layer.strides[0], ow * layer.strides[1]
            yield oh, ow, x[:, :, h : h + layer.kernel[0], w : w + layer.kernel[1]]


def pooled(layer, x, value, reduce):
    """y[oh, ow] = reduce(cells) over [N, C, F_h, F_w]."""
    y = np.zeros((len(x), *layer.output_shape(x.shape[1:])))
    for oh, ow, cells in windows(layer, x, value):
        y[:, :, oh, ow] = reduce(cells)
    return y


def torch_padded(layer, x, value):
    """The image padded as far as its last window reaches, as a tensor."""
    import torch

    top, bottom, left, right = extents(layer, tuple(x.shape[1:]))
    return torch.nn.functional.pad(x, (left, right, top, bottom), value=value)


def torch_cut(layer, shape, y):
    """The declared output: a torch window may fit once more where padding was cut by `rounding: floor`."""
    _, out_h, out_w = layer.output_shape(tuple(shape[1:]))
    return y[:, :, :out_h, :out_w]
