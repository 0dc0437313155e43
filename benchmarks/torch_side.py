"""The same network and step in PyTorch, each set up as PyTorch likes it best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.engine_side import LEARNING_RATE, Workload
from benchmarks.surroundings import fail
from cnncli.graph import Node
from cnncli.layers import Layer

LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
UPDATES: dict[str, dict[str, bool]] = {"fused": {"fused": True}, "foreach": {"foreach": True}}


class TorchStep:
    """Call it for one training step. The batch is ready: normalised float32 in `layout`; only labels stay integers."""

    def __init__(self, workload: Workload, layout: str, update: str) -> None:
        self.layout, self.update = layout, update
        self.model = model_of(workload).train()
        self.model.to(memory_format=LAYOUTS[layout])  # type: ignore[call-overload]
        size, recipe = workload.batch_size, workload.recipe
        scale, shift = (values.reshape(-1, 1, 1) for values in workload.normalization.arrays())
        images = workload.split.images[:size].astype(np.float32) * scale + shift
        self.images = torch.from_numpy(images).contiguous(memory_format=LAYOUTS[layout])
        self.labels = torch.from_numpy(workload.split.labels[:size])
        self.optimizer = torch.optim.SGD(
            self.model.parameters(),
            LEARNING_RATE,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            **UPDATES[update],
        )

    def __call__(self) -> torch.Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(self.model(self.images), self.labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss

    def first_step(self) -> tuple[float, np.ndarray]:
        """(mean loss, all gradients as one vector, in the order of cnncli's parameters)."""
        loss = self().item()
        gradients = [parameter.grad for parameter in self.model.parameters() if parameter.grad is not None]
        return loss, np.concatenate([gradient.contiguous().numpy().reshape(-1) for gradient in gradients])


def model_of(workload: Workload) -> nn.Sequential:
    """The workload's graph up to its logits, with the workload's initial weights."""
    parameters = workload.parameters()
    modules: list[nn.Module] = []
    for node in workload.graph.up_to_logits().nodes:
        for layer, module in _modules(node):
            modules.append(module)
            if layer is node.layer:
                for name, values in parameters.views[node.name].items():
                    with torch.no_grad():
                        getattr(module, name).copy_(torch.from_numpy(values))
    return nn.Sequential(*modules)


def _modules(node: Node) -> Iterator[tuple[Layer, nn.Module]]:
    for layer in filter(None, (node.layer, node.activation)):
        make = _MAKERS.get(layer.kind)
        if make is None:
            fail(f"{node.name}: the benchmark has no `{layer.kind}` for PyTorch; it knows {', '.join(_MAKERS)}")
        yield layer, make(layer, node)


def _conv(layer: Any, node: Node) -> nn.Module:
    return nn.Conv2d(
        node.x[0],
        layer.filters,
        layer.kernel,
        layer.stride,
        _symmetric_padding(layer, node),
        layer.dilation,
        layer.groups,
        layer.bias,
    )


def _maxpool(layer: Any, node: Node) -> nn.Module:
    padding = _symmetric_padding(layer, node)
    return nn.MaxPool2d(layer.kernel, layer.strides, padding, ceil_mode=layer.rounding == "ceil")


def _symmetric_padding(layer: Any, node: Node) -> tuple[int, int]:
    top, bottom, left, right = layer.padding_of(node.x)
    if (top, left) != (bottom, right):
        fail(f"{node.name}: PyTorch's layers pad both sides alike, not [{top}, {bottom}, {left}, {right}]")
    return top, left


_MAKERS: dict[str, Callable[[Any, Node], nn.Module]] = {
    "conv": _conv,
    "maxpool": _maxpool,
    "dense": lambda layer, node: nn.Linear(node.x[0], layer.units, layer.bias),
    "relu": lambda layer, node: nn.ReLU(inplace=True),
    "dropout": lambda layer, node: nn.Dropout(layer.p),
    "flatten": lambda layer, node: nn.Flatten(),
}
