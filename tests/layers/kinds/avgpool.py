"""Average pooling: each window's sum over its cells, padded ones counted or not, cells beyond the padding never."""

import numpy as np

from tests.layers.kinds._window import windows

CASES = [
    ("{type: avgpool, kernel: 3, stride: 2}", (3, 7, 9)),
    ("{type: avgpool, kernel: 2, rounding: floor}", (5, 7, 5)),
    ("{type: avgpool, kernel: 2, rounding: ceil}", (2, 7, 7)),
    ("{type: avgpool, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6, 8)),
    ("{type: avgpool, kernel: 3, stride: 2, padding: 1, rounding: ceil, count_padding: false}", (2, 6, 8)),
    ("{type: avgpool, kernel: [3, 2], stride: [1, 2], padding: [1, 0]}", (3, 5, 6)),
    ("{type: avgpool, kernel: 3, stride: 1, padding: same, count_padding: false}", (2, 4, 5)),
]


def divisor(layer, shape, oh, ow):
    """The cells of a window that count: real ones, and padded ones if asked for."""
    top, bottom, left, right = layer.padding_of(shape)
    if not layer.count_padding:
        low_h, high_h, low_w, high_w = 0, shape[1], 0, shape[2]
    else:
        low_h, high_h, low_w, high_w = -top, shape[1] + bottom, -left, shape[2] + right
    rows = [oh * layer.strides[0] + i - top for i in range(layer.kernel[0])]
    columns = [ow * layer.strides[1] + j - left for j in range(layer.kernel[1])]
    return sum(low_h <= h < high_h for h in rows) * sum(low_w <= w < high_w for w in columns)


def reference(layer, weights, x):
    y = np.zeros((len(x), *layer.output_shape(x.shape[1:])))
    for oh, ow, cells in windows(layer, x, 0.0):
        y[:, :, oh, ow] = cells.sum(axis=(2, 3)) / divisor(layer, x.shape[1:], oh, ow)
    return y


def in_torch(layer, weights, x):
    import torch

    top, bottom, left, right = layer.padding_of(tuple(x.shape[1:]))
    if top == bottom and left == right and layer.padding != "same":
        ceil = layer.rounding == "ceil"
        return torch.nn.functional.avg_pool2d(
            x, layer.kernel, layer.strides, (top, left), ceil_mode=ceil, count_include_pad=layer.count_padding
        )

    # PyTorch has no lopsided padding: the mean of the padded image over the mean of a padded image of ones.
    def mean(image):
        return torch.nn.functional.avg_pool2d(
            torch.nn.functional.pad(image, (left, right, top, bottom)), layer.kernel, layer.strides
        )

    return mean(x) if layer.count_padding else mean(x) / mean(torch.ones_like(x))
