"""Average pooling: each window's sum over its cells, padded ones counted or not, cells beyond the padding never."""

from tests.layers.kinds._window import output, slides, stride_of, symmetric_padding, torch_padded, windows

CASES = [
    ("{type: avgpool, kernel: 3, stride: 2}", (3, 7, 9)),
    ("{type: avgpool, kernel: 2, rounding: floor}", (5, 7, 5)),
    ("{type: avgpool, kernel: 2, rounding: ceil}", (2, 7, 7)),
    ("{type: avgpool, kernel: 3, stride: 2, padding: 1, rounding: ceil}", (2, 6, 8)),
    ("{type: avgpool, kernel: 3, stride: 2, padding: 1, rounding: ceil, count_padding: false}", (2, 6, 8)),
    ("{type: avgpool, kernel: [3, 2], stride: [1, 2], padding: [1, 0]}", (3, 5, 6)),
    ("{type: avgpool, kernel: 3, stride: 1, padding: same, count_padding: false}", (2, 4, 5)),
    ("{type: avgpool, kernel: 3, stride: 1, padding: same}", (2, 4, 5)),
    ("{type: avgpool, kernel: 2, stride: 1, padding: same, count_padding: true}", (2, 4, 5)),
]


def counts_padding(layer):
    """As given, else as PyTorch and Caffe do; with their padding `same`, as Keras does."""
    return layer.padding != "same" if layer.count_padding is None else layer.count_padding


def divisor(layer, shape, oh, ow):
    """The cells of a window that count: real ones, and padded ones if asked for."""
    product = 1
    for along, size, kernel, place in zip(slides(layer, shape), shape[1:], layer.kernel, (oh, ow), strict=True):
        low, high = (-along.before, size + along.after) if counts_padding(layer) else (0, size)
        product *= sum(low <= along.starts[place] + cell < high for cell in range(kernel))
    return product


def reference(layer, weights, x):
    y = output(layer, x, x.shape[1])
    for oh, ow, cells in windows(layer, x, 0.0):
        y[:, :, oh, ow] = cells.sum(axis=(2, 3)) / divisor(layer, x.shape[1:], oh, ow)
    return y


def in_torch(layer, weights, x):
    import torch

    both, window = symmetric_padding(layer), (layer.kernel, stride_of(layer))
    if both is not None:
        ceil = layer.rounding == "ceil"
        return torch.nn.functional.avg_pool2d(x, *window, both, ceil, counts_padding(layer))

    # PyTorch has no lopsided padding: the mean of the padded image over the mean of a padded image of ones.
    def mean(image):
        return torch.nn.functional.avg_pool2d(torch_padded(layer, image, 0.0), *window)

    return mean(x) if counts_padding(layer) else mean(x) / mean(torch.ones_like(x))
