"""Convolution as the lecture writes it: for every filter and place, the products of a window summed."""

from tests.layers.kinds._window import output, symmetric_padding, torch_padded, windows

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
    ("{type: conv, filters: 2, kernel: [4, 3], stride: 2, padding: same}", (2, 6, 8)),
    ("{type: conv, filters: 33, kernel: 2}", (17, 3, 3)),
]


def reference(layer, weights, x):
    w = weights["weight"]
    per_group, filters_per_group = x.shape[1] // layer.groups, layer.filters // layer.groups
    y = output(layer, x, layer.filters)
    for oh, ow, cells in windows(layer, x, 0.0):
        for k in range(layer.filters):
            first = k // filters_per_group * per_group
            y[:, k, oh, ow] = (cells[:, first : first + per_group] * w[k]).sum(axis=(1, 2, 3))
    if "bias" in weights:
        y += weights["bias"][:, None, None]
    return y


def in_torch(layer, weights, x):
    import torch

    both = symmetric_padding(layer)
    if both is None or layer.rounding == "ceil":  # PyTorch's convolution has no ceil_mode
        x, both = torch_padded(layer, x, 0.0), (0, 0)
    window = layer.stride, both, layer.dilation, layer.groups
    return torch.nn.functional.conv2d(x, weights["weight"], weights.get("bias"), *window)
