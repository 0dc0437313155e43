"""The same network and step in PyTorch, each set up as PyTorch likes it best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.engine_side import LEARNING_RATE, Workload
from benchmarks.surroundings import fail
from cnncli.graph import Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Layer

LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
UPDATES: dict[str, dict[str, bool]] = {"fused": {"fused": True}, "foreach": {"foreach": True}}


class TorchStep:
    """Call it for one training step. The batch is ready: normalised float32 in `layout`; only labels stay integers."""

    def __init__(self, workload: Workload, layout: str, update: str) -> None:
        self.layout, self.update = layout, update
        self.model = Twin(workload).train()
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


class Twin(nn.Module):
    """A graph up to its logits, walked node by node: PyTorch's own layers, whatever the branches."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        graph = workload.graph.up_to_logits()
        self.nodes = [graph.nodes[index] for index in sorted(graph.needed_for((graph.output,)))]
        self.output = graph.output
        self.steps = nn.ModuleList()
        views = workload.parameters().views
        for node in self.nodes:
            made = [module_of(layer, node) for layer in filter(None, (node.layer, node.activation))]
            for name, values in views[node.name].items():
                with torch.no_grad():
                    getattr(made[0], name).copy_(torch.from_numpy(values))
            self.steps.append(made[0] if len(made) == 1 else _Both(*made))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        found = {INPUT: images}
        for node, step in zip(self.nodes, self.steps, strict=True):
            found[node.index] = step(*(found[source] for source in node.inputs))
        return found[self.output]


class _Both(nn.Module):
    """A layer and its activation."""

    def __init__(self, layer: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.layer, self.activation = layer, activation

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.activation(self.layer(*inputs))


class _Add(nn.Module):
    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        for other in others:
            first = first + other
        return first


class _EverySecond(nn.Module):
    """What a pool of one cell does, as views."""

    def __init__(self, stride: tuple[int, int]) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, :: self.stride[0], :: self.stride[1]]


def module_of(layer: Layer, node: Node) -> nn.Module:
    make = _MAKERS.get(layer.kind)
    if make is None:
        fail(f"{node.name}: the benchmark has no `{layer.kind}` for PyTorch; it knows {', '.join(_MAKERS)}")
    return make(layer, node)


def _conv(layer: Any, node: Node) -> nn.Module:
    window = _symmetric_window(layer, node)
    filters, groups = layer.split(node.x[0])
    return nn.Conv2d(
        node.x[0], filters, window.kernel, window.stride, window.before, window.dilation, groups, layer.bias
    )


def _maxpool(layer: Any, node: Node) -> nn.Module:
    window = _symmetric_window(layer, node)
    if window.kernel == (1, 1):
        return _EverySecond(window.stride)
    return nn.MaxPool2d(window.kernel, window.stride, window.before, ceil_mode=layer.rounding == "ceil")


def _symmetric_window(layer: Any, node: Node) -> Any:
    window = layer.window(node.x[1:])
    if window.before != window.after:
        fail(f"{node.name}: PyTorch's layers pad both sides alike, not {window.before} and {window.after}")
    return window


def _batchnorm(layer: Any, node: Node) -> nn.Module:
    return nn.BatchNorm2d(node.x[0], layer.epsilon, layer.momentum, layer.affine)


_MAKERS: dict[str, Callable[[Any, Node], nn.Module]] = {
    "add": lambda layer, node: _Add(),
    "avgpool": lambda layer, node: nn.AvgPool2d(layer.kernel, layer.strides),
    "batchnorm": _batchnorm,
    "conv": _conv,
    "dense": lambda layer, node: nn.Linear(node.x[0], layer.units, layer.bias),
    "depthwise_conv": _conv,
    "dropout": lambda layer, node: nn.Dropout(layer.p),
    "flatten": lambda layer, node: nn.Flatten(),
    "global_avgpool": lambda layer, node: nn.AdaptiveAvgPool2d(1),
    "lrn": lambda layer, node: nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k),
    "maxpool": _maxpool,
    "pad_channels": lambda layer, node: nn.ConstantPad3d((0, 0, 0, 0, layer.before, layer.after), 0.0),
    "relu": lambda layer, node: nn.ReLU(inplace=True),
}
