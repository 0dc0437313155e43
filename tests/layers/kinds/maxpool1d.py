"""Max pooling of a signal: the largest of each window; what is padded never wins."""

import numpy as np

from tests.layers.kinds._signal import for_images, symmetric_padding, torch_padded
from tests.layers.kinds._window import pooled

CASES = [
    ("{type: maxpool1d, kernel: 3, stride: 2}", (3, 9)),
    ("{type: maxpool1d, kernel: 2, rounding: floor}", (5, 7)),
    ("{type: maxpool1d, kernel: 2, rounding: ceil}", (2, 7)),
    ("{type: maxpool1d, kernel: 3, stride: 2, padding: [0, 1]}", (3, 6)),
    ("{type: maxpool1d, kernel: 3, stride: 1, padding: same}", (2, 5)),
    ("{type: maxpool1d, kernel: 2, stride: 3}", (2, 8)),
    ("{type: maxpool1d, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6)),
]


def reference(layer, weights, x):
    return pooled(for_images(layer), x[:, :, None], -np.inf, lambda cells: cells.max(axis=(2, 3)))[:, :, 0]


def in_torch(layer, weights, x):
    import torch

    both, window = symmetric_padding(layer), (layer.kernel, layer.stride or layer.kernel)
    if both is None or 2 * both > layer.kernel:
        return torch.nn.functional.max_pool1d(torch_padded(layer, x, -torch.inf), *window)
    return torch.nn.functional.max_pool1d(x, *window, both, ceil_mode=layer.rounding == "ceil")
