"""A network's learned numbers: one flat vector, and a named view of it for every tensor; its buffers likewise.

One vector, so that an optimizer's step is one pass over memory and a checkpoint is one list of names.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.errors import FileError
from cnncli.graph import Graph
from cnncli.layers import Parameter

Vector = np.ndarray[Any, np.dtype[np.float32]]


Views = dict[str, dict[str, Vector]]
"""Node name -> parameter name -> tensor."""
Declared = dict[str, tuple[Parameter, ...]]
"""Node name -> what its layer declares."""


class Parameters:
    """`flat` and `gradients` are float32 vectors of all parameters, in the graph's order; `buffers` one of all buffers.

    `views`, `gradient_views` and `buffer_views` hold the tensors' places in them: `views["conv1"]["weight"]`.
    Buffers start as the layers declare them; parameters at 0, until `initialize` or `load`.
    """

    def __init__(self, graph: Graph) -> None:
        self.declared = {node.name: node.parameters for node in graph.nodes}
        self.flat = _vector(self.declared)
        self.gradients = _vector(self.declared)
        self.views = _split(self.flat, self.declared)
        self.gradient_views = _split(self.gradients, self.declared)
        self.kept = {node.name: node.buffers for node in graph.nodes}
        self.buffers = _vector(self.kept)
        self.buffer_views = _split(self.buffers, self.kept)
        for node_name, buffers in self.kept.items():
            for buffer in buffers:
                self.buffer_views[node_name][buffer.name].fill(buffer.value)

    def initialize(self, seed: int) -> None:
        """Draws every tensor from a stream of its own: the n-th tensor's numbers depend on the seed and n alone."""
        index = 0
        for node_name, parameters in self.declared.items():
            for parameter in parameters:
                stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
                self.views[node_name][parameter.name][...] = draw(parameter, stream)
                index += 1

    def copy(self) -> Parameters:
        """The same values in memory of their own; the gradients are shared."""
        other = copy(self)
        other.flat, other.buffers = _vector(self.declared), _vector(self.kept)
        other.flat[...], other.buffers[...] = self.flat, self.buffers
        other.views, other.buffer_views = _split(other.flat, self.declared), _split(other.buffers, self.kept)
        return other

    def tensors(self) -> dict[str, Vector]:
        """`conv1.weight` -> tensor, as a weights file names them, buffers included."""
        return by_full_name(self.views) | by_full_name(self.buffer_views)

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
            if not np.isfinite(value).all():
                raise FileError(f"{origin}: {name} holds numbers that are not finite", "train again")
        for name, view in own.items():
            view[...] = tensors[name]


def _vector(declared: Declared) -> Vector:
    size = sum(parameter.count for parameters in declared.values() for parameter in parameters)
    return kernels.memory.zeros((size,))


def _split(vector: Vector, declared: Declared) -> Views:
    views: Views = {}
    start = 0
    for node_name, parameters in declared.items():
        views[node_name] = {}
        for parameter in parameters:
            part = vector[start : start + parameter.count]
            views[node_name][parameter.name] = part.reshape(parameter.shape)
            start += parameter.count
    return views


def by_full_name(views: Views) -> dict[str, Vector]:
    """`conv1.weight` -> tensor. A node's name may hold dots; its parameter's does not, so no two names meet."""
    return {f"{node_name}.{name}": view for node_name, own in views.items() for name, view in own.items()}


def draw(parameter: Parameter, stream: np.random.Generator) -> Vector:
    """Initial values: `he`, `glorot`, `lecun` in their normal and uniform forms, what takes a number, or a constant.

    Each has the variance its paper asks for: 2/fan_in (He et al., 2015), 2/(fan_in + fan_out) (Glorot &
    Bengio, 2010), 1/fan_in (LeCun et al., 1998).
    """
    number = np.float32(parameter.value)
    if parameter.initializer in ("constant", "zeros"):
        return np.full(parameter.shape, number, np.float32)
    if parameter.initializer == "orthogonal":
        return _orthogonal(parameter, stream) * number
    if parameter.initializer == "normal":
        return stream.standard_normal(parameter.shape, np.float32) * number
    if parameter.initializer == "uniform":
        return stream.uniform(-number, number, parameter.shape).astype(np.float32)
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


def _orthogonal(parameter: Parameter, stream: np.random.Generator) -> Vector:
    """One row per output: orthonormal rows, or orthonormal columns where there are fewer of those.

    Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear networks", 2014;
    evenly distributed by the signs of Mezzadri, "How to generate random matrices from the classical compact groups",
    2007.
    """
    rows = parameter.shape[0]
    columns = parameter.count // rows
    q, r = np.linalg.qr(stream.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))
    return np.ascontiguousarray(q if rows >= columns else q.T, np.float32).reshape(parameter.shape)
