"""Average pooling of a signal: as of an image of height 1."""

from tests.layers.kinds import avgpool
from tests.layers.kinds._signal import for_images, symmetric_padding, torch_padded

CASES = [
    ("{type: avgpool1d, kernel: 3, stride: 2}", (3, 9)),
    ("{type: avgpool1d, kernel: 2, rounding: floor}", (5, 7)),
    ("{type: avgpool1d, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6)),
    ("{type: avgpool1d, kernel: 3, stride: 2, padding: 1, rounding: ceil, count_padding: false}", (2, 6)),
    ("{type: avgpool1d, kernel: 3, stride: 2, padding: [0, 1]}", (3, 6)),
    ("{type: avgpool1d, kernel: 3, stride: 1, padding: same}", (2, 5)),
    ("{type: avgpool1d, kernel: 2, stride: 1, padding: same, count_padding: true}", (2, 5)),
]


def reference(layer, weights, x):
    return avgpool.reference(for_images(layer), weights, x[:, :, None])[:, :, 0]


def in_torch(layer, weights, x):
    import torch

    both, window = symmetric_padding(layer), (layer.kernel, layer.stride or layer.kernel)
    counts = layer.padding != "same" if layer.count_padding is None else layer.count_padding
    if both is not None:
        return torch.nn.functional.avg_pool1d(x, *window, both, layer.rounding == "ceil", counts)

    # PyTorch has no lopsided padding: the mean of the padded signal over the mean of a padded signal of ones.
    def mean(signal):
        return torch.nn.functional.avg_pool1d(torch_padded(layer, signal, 0.0), *window)

    return mean(x) if counts else mean(x) / mean(torch.ones_like(x))
