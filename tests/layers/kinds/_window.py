"""What the windows' references share: where a window stands, by sliding it over the cells and counting.

Nothing here asks the layer for a size or a padding: only for the fields as the YAML gave them.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Slide:
    """A window along one axis. `starts` count from the input's first cell, so the padding before it is negative."""

    before: int
    after: int
    starts: tuple[int, ...]
    reach: int


def same(size, reach, stride):
    """Keras's rule: ceil(size / S) windows, and of the padding they need the smaller half before."""
    out = 0
    while out * stride < size:
        out += 1
    total = max((out - 1) * stride + reach - size, 0)
    before = total // 2
    return before, total - before, tuple(number * stride - before for number in range(out))


def slide(size, reach, stride, padding, rounding):
    """The window's places on one axis; `padding` is (before, after) or "same"."""
    if padding == "same":
        return Slide(*same(size, reach, stride), reach)
    before, after = padding
    starts = [start for start in range(-before, size + after, stride) if start + reach <= size + after]
    if rounding == "ceil" and starts[-1] + reach < size + after and starts[-1] + stride < size:
        starts.append(starts[-1] + stride)
    return Slide(before, after, tuple(starts), reach)


def stride_of(layer):
    """The stride along H and W: a pool's is its kernel where none is given."""
    return layer.stride or layer.kernel


def dilation_of(layer):
    return getattr(layer, "dilation", (1, 1))


def slides(layer, shape):
    """The window's places along H and along W, for an image [C, H, W]."""
    top_bottom, left_right = ("same", "same") if layer.padding == "same" else (layer.padding[:2], layer.padding[2:])
    sizes = zip(shape[1:], layer.kernel, stride_of(layer), dilation_of(layer), (top_bottom, left_right), strict=True)
    return tuple(
        slide(size, dilation * (kernel - 1) + 1, stride, padding, layer.rounding)
        for size, kernel, stride, dilation, padding in sizes
    )


def extents(layer, shape):
    """(top, bottom, left, right) of padding so that every window lies inside."""
    vertical, horizontal = slides(layer, shape)
    bottom, right = (
        max(0, along.starts[-1] + along.reach - size)
        for along, size in zip((vertical, horizontal), shape[1:], strict=True)
    )
    return vertical.before, bottom, horizontal.before, right


def padded(layer, x, value):
    top, bottom, left, right = extents(layer, x.shape[1:])
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def windows(layer, x, value):
    """Yields (oh, ow, cells) with cells [N, C, F_h, F_w] of the padded image."""
    vertical, horizontal = slides(layer, x.shape[1:])
    image = padded(layer, x, value)
    (down, across), (kernel_h, kernel_w) = dilation_of(layer), layer.kernel
    for oh, start_h in enumerate(vertical.starts):
        for ow, start_w in enumerate(horizontal.starts):
            rows = [start_h + vertical.before + i * down for i in range(kernel_h)]
            columns = [start_w + horizontal.before + j * across for j in range(kernel_w)]
            yield oh, ow, image[:, :, rows][:, :, :, columns]


def output(layer, x, channels):
    """Zeros in the shape that the slides give."""
    vertical, horizontal = slides(layer, x.shape[1:])
    return np.zeros((len(x), channels, len(vertical.starts), len(horizontal.starts)))


def pooled(layer, x, value, reduce):
    """y[oh, ow] = reduce(cells) over [N, C, F_h, F_w]."""
    y = output(layer, x, x.shape[1])
    for oh, ow, cells in windows(layer, x, value):
        y[:, :, oh, ow] = reduce(cells)
    return y


def symmetric_padding(layer):
    """(vertical, horizontal) where PyTorch's own `padding=` can say it, else None."""
    if layer.padding == "same":
        return None
    top, bottom, left, right = layer.padding
    return (top, left) if top == bottom and left == right else None


def torch_padded(layer, x, value):
    """The image padded as far as its last window reaches, as a tensor: for what PyTorch has no word for."""
    import torch

    top, bottom, left, right = extents(layer, tuple(x.shape[1:]))
    return torch.nn.functional.pad(x, (left, right, top, bottom), value=value)


def torch_max_pool(layer, x):
    """PyTorch's max pooling, with its own padding where it has one of that kind."""
    import torch

    both, window = symmetric_padding(layer), (layer.kernel, stride_of(layer))
    if both is None or any(2 * p > f for p, f in zip(both, layer.kernel, strict=True)):
        return torch.nn.functional.max_pool2d(torch_padded(layer, x, -torch.inf), *window)
    return torch.nn.functional.max_pool2d(x, *window, both, ceil_mode=layer.rounding == "ceil")
