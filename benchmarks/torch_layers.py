"""The same single layers in PyTorch, in both of its memory layouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.engine_layers import EngineLayer
from benchmarks.torch_side import LAYOUTS, module_of
from cnncli import kernels


class TorchLayer:
    """A twin of `ours` in `layout`, made of its numbers. `passes` return their results."""

    def __init__(self, ours: EngineLayer, layout: str) -> None:
        self.case, self.layout = ours.case, layout
        self.x = [self._tensor(each) for each in ours.x]
        self.dy = self._tensor(ours.dy)
        self.weights = {name: torch.from_numpy(values).clone() for name, values in ours.weights.items()}
        if "weight" in self.weights and self.weights["weight"].ndim == 4:
            self.weights["weight"] = self.weights["weight"].contiguous(memory_format=LAYOUTS[layout])

    def _tensor(self, lanes: Any) -> torch.Tensor:
        tensor = torch.from_numpy(kernels.batches.from_lanes(lanes, self.case.batch))
        # A clone: in PyTorch's own memory, which starts on a cache line.
        return tensor.clone(memory_format=LAYOUTS[self.layout]) if tensor.ndim == 4 else tensor.clone()

    @property
    def passes(self) -> dict[str, Callable[[], Any]]:
        return {"conv": self._conv, "dense": self._dense}.get(self.case.node.layer.kind, self._any)()

    def _conv(self) -> dict[str, Callable[[], Any]]:
        layer: Any = self.case.node.layer
        window, (x,), weight = layer.window(self.case.x[1:]), self.x, self.weights["weight"]
        settings = window.stride, window.before, window.dilation

        def backward(data: bool) -> torch.Tensor:
            mask = [data, not data, False]
            found = torch.ops.aten.convolution_backward(
                self.dy, x, weight, None, *settings, False, (0, 0), layer.groups, mask
            )
            return found[0] if data else found[1]

        return {
            "forward": lambda: torch.nn.functional.conv2d(x, weight, None, *settings, layer.groups),
            "data gradient": lambda: backward(True),
            "weight gradient": lambda: backward(False),
        }

    def _dense(self) -> dict[str, Callable[[], Any]]:
        (x,), weight = self.x, self.weights["weight"]
        return {
            "forward": lambda: torch.nn.functional.linear(x, weight),
            "data gradient": lambda: self.dy @ weight,
            "weight gradient": lambda: self.dy.T @ x,
        }

    def _any(self) -> dict[str, Callable[[], Any]]:
        module = module_of(self.case.node.layer, self.case.node).train()
        for name, values in self.weights.items():
            getattr(module, name).data = values
        with torch.enable_grad():
            x = [each.clone(memory_format=torch.preserve_format).requires_grad_() for each in self.x]
            y = module(*x)
        wanted = [*x, *module.parameters()]
        return {
            "forward": lambda: module(*self.x),
            "backward": lambda: torch.autograd.grad(y, wanted, self.dy, retain_graph=True)[0],
        }


def distance(ours: Any, theirs: torch.Tensor) -> float:
    """How far two results lie apart, as a share of their length; of activations, the first block of images."""
    theirs_array = theirs.detach().contiguous().numpy()
    if ours.shape != theirs_array.shape:
        ours = kernels.batches.from_lanes(ours[:1], min(len(theirs_array), ours.shape[-1]))
        theirs_array = theirs_array[: len(ours)]
    return float(np.linalg.norm(ours - theirs_array) / np.linalg.norm(theirs_array))
