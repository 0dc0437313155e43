"""Upsampling: a cell repeated, or straight lines between the centres of cells."""

import numpy as np

CASES = [
    ("{type: upsample, scale: 1}", (2, 3, 4)),
    ("{type: upsample, scale: [3, 1]}", (2, 3, 4)),
    ("{type: upsample, scale: 2, mode: bilinear}", (3, 4, 3)),
    ("{type: upsample, scale: [1, 5], mode: bilinear}", (2, 3, 4)),
    ("{type: upsample, scale: [3, 4], mode: bilinear}", (5, 1, 2)),
]


def along(values, scale, mode):
    """The last axis `scale` times as long."""
    size = values.shape[-1]
    y = np.zeros((*values.shape[:-1], size * scale))
    for place in range(size * scale):
        if mode == "nearest":
            y[..., place] = values[..., place // scale]
        else:
            # Where the new cell's centre falls among the old centres; beyond the outermost the line is level.
            centre = min(max((place + 0.5) / scale - 0.5, 0), size - 1)
            lines = [np.interp(centre, range(size), line) for line in values.reshape(-1, size)]
            y[..., place] = np.reshape(lines, values.shape[:-1])
    return y


def reference(layer, weights, x):
    wide = along(x, layer.scale[1], layer.mode)
    return along(wide.swapaxes(2, 3), layer.scale[0], layer.mode).swapaxes(2, 3)


def in_torch(layer, weights, x):
    import torch

    return torch.nn.functional.interpolate(x, scale_factor=tuple(map(float, layer.scale)), mode=layer.mode)
