"""Convolution along a signal."""

from tests.layers.kinds import conv
from tests.layers.kinds._signal import for_images, symmetric_padding, torch_padded

CASES = [
    ("{type: conv1d, filters: 6, kernel: 5, padding: 2, activation: relu}", (1, 9)),
    ("{type: conv1d, filters: 7, kernel: 3, stride: 2}", (3, 9)),
    ("{type: conv1d, filters: 4, kernel: 2, stride: 3, padding: [0, 1], bias: false}", (5, 7)),
    ("{type: conv1d, filters: 6, kernel: 3, dilation: 2, padding: same, activation: tanh}", (4, 7)),
    ("{type: conv1d, filters: 6, kernel: 3, padding: [1, 3], groups: 2, activation: relu, bias: false}", (4, 6)),
    ("{type: conv1d, filters: 3, kernel: 1, stride: 2, rounding: floor}", (4, 6)),
    ("{type: conv1d, filters: 3, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6)),
    ("{type: conv1d, filters: 2, kernel: 4, padding: same}", (2, 6)),
    ("{type: conv1d, filters: 3, kernel: 9, stride: 4, padding: 4}", (1, 401)),
]


def reference(layer, weights, x):
    as_filters = weights | {"weight": weights["weight"][:, :, None]}
    return conv.reference(for_images(layer), as_filters, x[:, :, None])[:, :, 0]


def in_torch(layer, weights, x):
    import torch

    both = symmetric_padding(layer)
    if both is None or layer.rounding == "ceil":  # PyTorch's convolution has no ceil_mode
        x, both = torch_padded(layer, x, 0.0), 0
    window = layer.stride, both, layer.dilation, layer.groups
    return torch.nn.functional.conv1d(x, weights["weight"], weights.get("bias"), *window)
