"""One layer at work in the engine, beside its float64 reference.

A kind's module in `tests/layers/kinds/` gives `reference(layer, weights, x)`: the forward pass as plain loops
over places, in float64, for x of [N, ...]; `in_torch(layer, weights, x)`: the same in PyTorch; and `CASES`,
more YAML than the kind's own example. For a kind that merges, x is a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.graph import Graph, read_architecture
from cnncli.graph.graph import INPUT
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters, by_full_name
from cnncli.spec.source import Source


def kind_module(kind: str):
    """The test module of a kind; a kind without one fails here."""
    return import_module(f"tests.layers.kinds.{kind}")


def graph_of(layers: list[str], shape: tuple[int, ...]) -> Graph:
    lines = "\n".join(f"  - {layer}" for layer in layers)
    text = f"version: 1\ninput: {list(shape)}\nlayers:\n{lines}\n"
    return read_architecture(Source("test.yaml", text)).require_sound()


def reference(graph: Graph, weights: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """The whole graph in float64."""
    return walk(graph, "reference", weights, x)[graph.output]


def walk(graph: Graph, how: str, weights: dict[str, Any], x: Any) -> dict[int, Any]:
    """Every node's output, computed by the function called `how` of the kinds' test modules."""
    outputs = {INPUT: x}
    for node in graph.nodes:
        prefix = node.name + "."
        own = {name[len(prefix) :]: value for name, value in weights.items() if name.startswith(prefix)}
        inputs = [outputs[source] for source in node.inputs]
        y = getattr(kind_module(node.layer.kind), how)(node.layer, own, inputs if node.layer.merges else inputs[0])
        if node.activation is not None:
            y = getattr(kind_module(node.activation.kind), how)(node.activation, {}, y)
        outputs[node.index] = y
    return outputs


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers in (-1.5, 1.5) of which no two are closer than a finite difference can tell, none near a kink at 0."""
    size = int(np.prod(shape))
    values = np.linspace(-1.5, 1.5, size + 1)[:size] + 1.5 / (size + 1)
    return rng.permutation(values).reshape(shape)


@dataclass
class Result:
    """What the engine made of a case, as [N, ...] and float64."""

    graph: Graph
    parameters: Parameters
    x: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    dx: np.ndarray
    gradients: dict[str, np.ndarray]

    @property
    def weights(self) -> dict[str, np.ndarray]:
        return {name: value.astype(np.float64) for name, value in self.parameters.tensors().items()}


def run(graph: Graph, count: int, seed: int = 0, x: np.ndarray | None = None, dy: np.ndarray | None = None) -> Result:
    """Forward and backward of `count` images through the engine. x and dy are drawn where they are not given.

    So is every bias, and a parameter that starts as a constant is drawn near it.
    """
    rng = np.random.default_rng(seed)
    parameters = Parameters(graph)
    parameters.initialize(seed)
    for name, view in parameters.tensors().items():
        if name.endswith("bias"):
            view[...] = rng.standard_normal(view.shape)
    for node in graph.nodes:
        for parameter in node.parameters:
            if parameter.initializer == "constant":
                near = parameter.value + 0.3 * rng.standard_normal(parameter.shape)
                parameters.views[node.name][parameter.name][...] = near
    network = Network(graph, parameters, count, input_gradient=True, seed=seed)
    x = (distinct(rng, (count, *graph.input_shape)) if x is None else x).astype(np.float32)
    dy = (rng.standard_normal((count, *graph.output_shape)) if dy is None else dy).astype(np.float32)
    network.images[...] = kernels.batches.to_lanes(x)
    y = kernels.batches.from_lanes(network.forward(count), count)
    network.output_gradient[...] = kernels.batches.to_lanes(dy)
    network.backward(count)
    assert network.images_gradient is not None
    dx = kernels.batches.from_lanes(network.images_gradient, count)
    gradients = {name: view.astype(np.float64) for name, view in by_full_name(parameters.gradient_views).items()}
    x, y, dy, dx = (array.astype(np.float64) for array in (x, y, dy, dx))
    return Result(graph, parameters, x, y, dy, dx, gradients)


def assert_close(actual: np.ndarray, wanted: np.ndarray, what: str, tolerance: float = 2e-5) -> None:
    """Equal within `tolerance` of the largest number wanted."""
    assert actual.shape == wanted.shape, f"{what}: {actual.shape} is not {wanted.shape}"
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    worst = float(np.abs(actual - wanted).max(initial=0))
    assert worst <= tolerance * scale, f"{what} is off by {worst:.2e} of {scale:.2e}"


def check_gradients(result: Result, directions: int = 2, coordinates: int = 12) -> None:
    """dx and every parameter's gradient against central differences of the reference.

    A random direction looks at all coordinates at once; single coordinates name the one that is wrong.
    """
    rng = np.random.default_rng(1)
    tensors = {"x": (result.x, result.dx)}
    weights = result.weights
    tensors |= {name: (weights[name], gradient) for name, gradient in result.gradients.items()}

    def objective() -> float:
        return float((result.dy * reference(result.graph, weights, tensors["x"][0])).sum())

    for name, (value, gradient) in tensors.items():
        flat = value.reshape(-1)
        scale = max(1.0, float(np.abs(gradient).max()))
        chosen = [np.flatnonzero(np.arange(flat.size) == i) for i in rng.permutation(flat.size)[:coordinates]]
        chosen += [np.arange(flat.size)] * directions
        for indices in chosen:
            direction = rng.standard_normal(len(indices))
            step, saved = 1e-6, flat[indices].copy()
            flat[indices] = saved + step * direction
            above = objective()
            flat[indices] = saved - step * direction
            below = objective()
            flat[indices] = saved
            wanted = (above - below) / (2 * step)
            actual = float((gradient.reshape(-1)[indices] * direction).sum())
            bound = 5e-5 * scale * max(1.0, float(np.sqrt(len(indices))))
            assert abs(actual - wanted) <= bound, f"d/d{name}[{indices[:3]}]: {actual} is not {wanted}"
