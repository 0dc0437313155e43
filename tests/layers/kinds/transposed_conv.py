"""Transposed convolution: every input cell lays its filters onto the output, and the padding is cut off."""

import numpy as np

CASES = [
    ("{type: transposed_conv, filters: 3, kernel: 2, stride: 2, activation: relu}", (4, 3, 4)),
    ("{type: transposed_conv, filters: 6, kernel: 3, stride: 2, padding: 1, output_padding: 1, groups: 2}", (4, 4, 3)),
    ("{type: transposed_conv, filters: 5, kernel: [3, 2], stride: [1, 3], padding: [1, 0], bias: false}", (7, 5, 4)),
    ("{type: transposed_conv, filters: 2, kernel: 4, stride: 2, padding: same, activation: tanh}", (3, 4, 5)),
    ("{type: transposed_conv, filters: 2, kernel: 3, stride: 2, padding: same}", (3, 4, 5)),
    ("{type: transposed_conv, filters: 2, kernel: [2, 5], stride: [3, 1], padding: same, activation: relu}", (2, 3, 4)),
    ("{type: transposed_conv, filters: 3, kernel: 3, dilation: [2, 3], padding: [1, 0, 2, 3]}", (2, 4, 3)),
    ("{type: transposed_conv, filters: 3, kernel: 2, dilation: 3, output_padding: [2, 1], bias: false}", (2, 4, 3)),
    ("{type: transposed_conv, filters: 2, kernel: 1, stride: 3, padding: [0, 1, 1, 0], output_padding: 2}", (2, 3, 3)),
    ("{type: transposed_conv, filters: 33, kernel: 2, stride: 2}", (5, 2, 2)),
]


def cuts(layer):
    """((top, bottom), (left, right)): what is cut off; Keras's rule leaves S cells for each of the input's."""
    if layer.padding != "same":
        return layer.padding[:2], layer.padding[2:]
    reach = [dilation * (kernel - 1) + 1 for kernel, dilation in zip(layer.kernel, layer.dilation, strict=True)]
    surplus = [max(0, cells - stride) for cells, stride in zip(reach, layer.stride, strict=True)]
    return tuple((number // 2, number - number // 2) for number in surplus)


def added(layer):
    """Rows and columns that no filter may reach, below and to the right."""
    if layer.padding != "same":
        return layer.output_padding
    fields = zip(layer.kernel, layer.stride, layer.dilation, strict=True)
    return tuple(max(0, stride - (dilation * (kernel - 1) + 1)) for kernel, stride, dilation in fields)


def reference(layer, weights, x):
    (_, channels, height, width), (down, across) = x.shape, layer.stride
    weight = weights["weight"]
    reach = [dilation * (kernel - 1) + 1 for kernel, dilation in zip(layer.kernel, layer.dilation, strict=True)]
    more = added(layer)
    y = np.zeros(
        (len(x), layer.filters, (height - 1) * down + reach[0] + more[0], (width - 1) * across + reach[1] + more[1])
    )
    per_group, filters_per_group = channels // layer.groups, layer.filters // layer.groups
    for c in range(channels):
        first = c // per_group * filters_per_group
        for k in range(filters_per_group):
            for i in range(layer.kernel[0]):
                for j in range(layer.kernel[1]):
                    for h in range(height):
                        for w in range(width):
                            row, column = h * down + i * layer.dilation[0], w * across + j * layer.dilation[1]
                            y[:, first + k, row, column] += weight[c, k, i, j] * x[:, c, h, w]
    (top, bottom), (left, right) = cuts(layer)
    y = y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]
    return y + weights["bias"][:, None, None] if "bias" in weights else y


def in_torch(layer, weights, x):
    import torch

    (top, bottom), (left, right) = cuts(layer)
    own = (top, left) if top == bottom and left == right and layer.padding != "same" else (0, 0)
    settings = {"stride": layer.stride, "groups": layer.groups, "dilation": layer.dilation}
    if layer.padding != "same":
        settings["output_padding"] = layer.output_padding
    y = torch.nn.functional.conv_transpose2d(x, weights["weight"], padding=own, **settings)
    if own == (0, 0):  # PyTorch has no lopsided padding, and `same` may add
        more = added(layer) if layer.padding == "same" else (0, 0)
        y = torch.nn.functional.pad(y, (-left, more[1] - right, -top, more[0] - bottom))
    return y + weights["bias"][:, None, None] if "bias" in weights else y
