"""Depthwise convolution: a channel at a time, M filters each."""

from tests.layers.kinds._window import output, symmetric_padding, torch_padded, windows

CASES = [
    ("{type: depthwise_conv, kernel: 3, padding: 1, stride: 2, rounding: floor, activation: relu}", (5, 8, 6)),
    ("{type: depthwise_conv, kernel: [3, 2], multiplier: 3, bias: false}", (4, 5, 6)),
    ("{type: depthwise_conv, kernel: 5, padding: same, dilation: 2, activation: tanh}", (17, 7, 9)),
    ("{type: depthwise_conv, kernel: 3, padding: [0, 1, 2, 3], multiplier: 2}", (1, 6, 6)),
    ("{type: depthwise_conv, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6, 6)),
    ("{type: depthwise_conv, kernel: 3, stride: 2, padding: same}", (3, 5, 16)),
]


def reference(layer, weights, x):
    y = output(layer, x, x.shape[1] * layer.multiplier)
    for oh, ow, cells in windows(layer, x, 0.0):
        for channel in range(x.shape[1]):
            for m in range(layer.multiplier):
                k = channel * layer.multiplier + m
                y[:, k, oh, ow] = (cells[:, channel] * weights["weight"][k, 0]).sum(axis=(1, 2))
    if "bias" in weights:
        y += weights["bias"][:, None, None]
    return y


def in_torch(layer, weights, x):
    import torch

    both = symmetric_padding(layer)
    if both is None or layer.rounding == "ceil":
        x, both = torch_padded(layer, x, 0.0), (0, 0)
    window = layer.stride, both, layer.dilation, x.shape[1]
    return torch.nn.functional.conv2d(x, weights["weight"], weights.get("bias"), *window)
