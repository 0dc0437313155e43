"""A network's learned numbers: one flat vector, and a named view of it for every tensor.

One vector, so that an optimizer's step is one pass over memory and a checkpoint is one list of names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnncli.errors import FileError
from cnncli.graph import Graph
from cnncli.layers import Parameter

Vector = np.ndarray[Any, np.dtype[np.float32]]


class Parameters:
    """`flat` and `gradients` are float32 vectors of all parameters, in the graph's order.

    `views` and `gradient_views` map `conv1.weight` to the tensor's place in them.
    """

    def __init__(self, graph: Graph) -> None:
        self.declared = dict(_declared(graph))
        size = sum(parameter.count for parameter in self.declared.values())
        self.flat: Vector = np.zeros(size, np.float32)
        self.gradients: Vector = np.zeros(size, np.float32)
        self.views = self._split(self.flat)
        self.gradient_views = self._split(self.gradients)

    def _split(self, vector: Vector) -> dict[str, Vector]:
        views, start = {}, 0
        for name, parameter in self.declared.items():
            views[name] = vector[start : start + parameter.count].reshape(parameter.shape)
            start += parameter.count
        return views

    def of(self, node_name: str, views: Mapping[str, Vector]) -> dict[str, Vector]:
        """One layer's tensors by their short names: `weight`, `bias`."""
        prefix = node_name + "\0"
        return {name[len(prefix) :]: view for name, view in views.items() if name.startswith(prefix)}

    def initialize(self, seed: int) -> None:
        """Draws every tensor from a stream of its own: adding a layer does not change the others' numbers."""
        for index, (name, parameter) in enumerate(self.declared.items()):
            stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
            self.views[name][...] = draw(parameter, stream)

    def tensors(self) -> dict[str, Vector]:
        """`conv1.weight` -> tensor, as a weights file names them."""
        return {name.replace("\0", "."): view for name, view in self.views.items()}

    def load(self, tensors: Mapping[str, Vector], origin: str) -> None:
        """Takes the values of a weights file; `FileError` where it belongs to another network."""
        own = self.tensors()
        missing, extra = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
        if missing or extra:
            what = f"has no {missing[0]}" if missing else f"holds {extra[0]}, which the network has not"
            raise FileError(f"{origin} {what}: these weights belong to another network")
        for name, view in own.items():
            value = tensors[name]
            if value.shape != view.shape or value.dtype != np.float32:
                raise FileError(
                    f"{origin}: {name} is {value.dtype} {list(value.shape)}, not float32 {list(view.shape)}"
                )
        for name, view in own.items():
            view[...] = tensors[name]


def _declared(graph: Graph) -> Iterator[tuple[str, Parameter]]:
    # A NUL joins the names: a layer may be called `a.b`, and no name in a spec holds a NUL.
    for node in graph.nodes:
        for parameter in node.parameters:
            yield f"{node.name}\0{parameter.name}", parameter


def draw(parameter: Parameter, stream: np.random.Generator) -> Vector:
    """Initial values: `he`, `glorot` and `lecun` in their normal and uniform forms, or zeros.

    Each has the variance its paper asks for: 2/fan_in (He et al., 2015), 2/(fan_in + fan_out) (Glorot &
    Bengio, 2010), 1/fan_in (LeCun et al., 1998).
    """
    if parameter.initializer == "zeros":
        return np.zeros(parameter.shape, np.float32)
    family, _, distribution = parameter.initializer.partition("_")
    variance = {
        "he": 2 / parameter.fan_in,
        "glorot": 2 / (parameter.fan_in + parameter.fan_out),
        "lecun": 1 / parameter.fan_in,
    }[family]
    if distribution == "uniform":
        limit = np.sqrt(3 * variance)
        return stream.uniform(-limit, limit, parameter.shape).astype(np.float32)
    return stream.standard_normal(parameter.shape, np.float32) * np.float32(np.sqrt(variance))
