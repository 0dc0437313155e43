"""Which layers `benchmarks.kernels` measures: those of the bundled networks, each size once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cnncli.graph import Node, read_architecture
from cnncli.graph.graph import INPUT
from cnncli.spec.source import find

SUMS = {
    "lenet5": 128, "tensorflow_mnist": 128, "keras_cifar10": 128, "resnet20": 128, "vgg_like": 32,
    "alexnet": 32, "vgg16": 32, "resnet18": 32, "resnet50": 32,
}  # fmt: skip
"""Networks whose conv and dense layers are measured, and the images in a batch."""
PASSES_OVER_MEMORY = {"resnet20": 128, "alexnet": 32, "mobilenet_v2": 32}
MEMORY_KINDS = ("batchnorm", "lrn", "depthwise_conv", "maxpool", "add")
_LARGEST = 3
"""Of each kind that memory limits, this many sizes of a network."""


@dataclass(frozen=True, slots=True)
class Case:
    """A layer of a network at a batch size. `is_first`: it reads the images, whose gradient nobody needs."""

    network: str
    node: Node
    batch: int
    is_first: bool

    @property
    def name(self) -> str:
        return f"{self.network} {self.node.name}"

    @property
    def x(self) -> tuple[int, ...]:
        """Of one input, for one image."""
        return self.node.input_shapes[0]

    @property
    def key(self) -> tuple[Any, ...]:
        """Alike for layers that take the same work."""
        layer = self.node.layer
        window = layer.window(self.x[1:]) if hasattr(layer, "window") else layer.settings()
        return layer.kind, self.node.input_shapes, self.node.output_shape, window, self.batch, self.is_first

    def words(self) -> str:
        """`32 x 64x56x56 -> 128x28x28, 3x3`"""
        sizes = ["x".join(map(str, shape)) for shape in (self.x, self.node.output_shape)]
        kernel = [parameter.shape[2:] for parameter in self.node.parameters if len(parameter.shape) == 4]
        return f"{self.batch} x {' -> '.join(sizes)}" + "".join(f", {'x'.join(map(str, shape))}" for shape in kernel)


def sums(wanted: Iterable[str]) -> list[Case]:
    """The conv and dense layers whose names hold one of the words `wanted`, or all without any."""
    return _chosen([case for case in _cases(SUMS) if case.node.layer.kind in ("conv", "dense")], wanted)


def over_memory(wanted: Iterable[str]) -> list[Case]:
    """Of each network's norms, pools, additions and depthwise convolutions the largest, as `sums` chooses."""
    found = []
    # A pool of one cell only picks places, which PyTorch does when somebody reads them.
    cases = [case for case in _cases(PASSES_OVER_MEMORY) if getattr(case.node.layer, "kernel_sizes", 0) != (1, 1)]
    for network in PASSES_OVER_MEMORY:
        for kind in MEMORY_KINDS:
            own = {case.key: case for case in cases if (case.network, case.node.layer.kind) == (network, kind)}
            found += sorted(own.values(), key=lambda case: -case.node.output_count)[:_LARGEST]
    return _chosen(found, wanted)


def _cases(batches: dict[str, int]) -> list[Case]:
    found = []
    for network, batch in batches.items():
        graph = read_architecture(find(network)).require_sound()
        found += [Case(network, node, batch, INPUT in node.inputs) for node in graph.nodes]
    return found


def _chosen(cases: list[Case], wanted: Iterable[str]) -> list[Case]:
    words = tuple(wanted)
    found: dict[tuple[Any, ...], Case] = {}
    for case in cases:
        if not words or any(word in case.name for word in words):
            found.setdefault(case.key, case)
    return list(found.values())
