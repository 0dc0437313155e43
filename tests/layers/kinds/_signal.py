"""What the references for signals share: the layer as one for images of height 1, by its fields as the YAML gave them.

The engine sees a signal as an image one column wide, so the two ways of looking at it do not share a slip.
"""

from types import SimpleNamespace

from tests.layers.kinds._window import extents


def for_images(layer):
    """The same layer over an image's width."""
    fields = {"rounding": layer.rounding, "kernel": (1, layer.kernel), "stride": layer.stride and (1, layer.stride)}
    fields["padding"] = "same" if layer.padding == "same" else (0, 0, *layer.padding)
    if hasattr(layer, "dilation"):
        fields["dilation"] = (1, layer.dilation)
    others = {name: getattr(layer, name) for name in ("filters", "groups", "count_padding") if hasattr(layer, name)}
    return SimpleNamespace(**fields, **others)


def torch_padded(layer, x, value):
    """The signal padded as far as its last window reaches, as a tensor."""
    import torch

    _, _, before, after = extents(for_images(layer), (x.shape[1], 1, x.shape[2]))
    return torch.nn.functional.pad(x, (before, after), value=value)


def symmetric_padding(layer):
    """P where PyTorch's own `padding=` can say it, else None."""
    if layer.padding == "same" or layer.padding[0] != layer.padding[1]:
        return None
    return layer.padding[0]
