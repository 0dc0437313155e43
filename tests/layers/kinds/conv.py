"""Convolution as the lecture writes it: for every filter and place, the products of a window summed."""

import numpy as np

from tests.layers.kinds._window import padded, torch_cut, torch_padded

CASES = [
    ("{type: conv, filters: 6, kernel: 5, padding: 2, activation: relu}", (1, 9, 9)),
    ("{type: conv, filters: 7, kernel: 3, stride: 2}", (3, 9, 7)),
    ("{type: conv, filters: 4, kernel: [3, 2], stride: [1, 2], padding: [1, 0], bias: false}", (5, 6, 8)),
    ("{type: conv, filters: 6, kernel: 3, dilation: 2, padding: same, activation: tanh}", (4, 7, 9)),
    ("{type: conv, filters: 6, kernel: 3, padding: [0, 1, 2, 3], groups: 2, activation: relu, bias: false}", (4, 6, 6)),
    ("{type: conv, filters: 6, kernel: 3, groups: 6, padding: 1}", (6, 5, 5)),
    ("{type: conv, filters: 5, kernel: 1}", (9, 4, 3)),
    ("{type: conv, filters: 3, kernel: 1, stride: 2, rounding: floor}", (4, 6, 6)),
    ("{type: conv, filters: 3, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6, 6)),
    ("{type: conv, filters: 2, kernel: 4, padding: same}", (2, 5, 6)),
    ("{type: conv, filters: 33, kernel: 2}", (17, 3, 3)),
]


def reference(layer, weights, x):
    w = weights["weight"]
    count, channels, height, width = x.shape
    _, out_h, out_w = layer.output_shape((channels, height, width))
    x = padded(layer, x, 0.0)
    per_group, filters_per_group = channels // layer.groups, layer.filters // layer.groups
    y = np.zeros((count, layer.filters, out_h, out_w))
    for k in range(layer.filters):
        first = k // filters_per_group * per_group
        for oh in range(out_h):
            for ow in range(out_w):
                for i in range(layer.kernel[0]):
                    for j in range(layer.kernel[1]):
                        h, v = (
                            oh * layer.stride[0] + i * layer.dilation[0],
                            ow * layer.stride[1] + j * layer.dilation[1],
                        )
                        y[:, k, oh, ow] += x[:, first : first + per_group, h, v] @ w[k, :, i, j]
        if "bias" in weights:
            y[:, k] += weights["bias"][k]
    return y


def in_torch(layer, weights, x):
    import torch

    window = layer.stride, 0, layer.dilation, layer.groups
    y = torch.nn.functional.conv2d(torch_padded(layer, x, 0.0), weights["weight"], weights.get("bias"), *window)
    return torch_cut(layer, x.shape, y)
