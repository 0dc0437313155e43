"""The bundled networks as tests want them: small enough to run, and with nothing left to chance."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from cnncli.analysis.costs import totals
from cnncli.graph import Graph, read_architecture
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.spec.source import bundled_names, find

CLASSES = 10
_MOST_MACS = 40_000_000
"""For one image: the references are plain loops, which take half a second for so many."""


def graph_of(name: str, **settings: str) -> Graph:
    """A bundled network, sound, whose dropout drops nothing."""
    return _quiet(read_architecture(find(name), settings).require_sound())


def small(name: str, smallest: int = 32) -> Graph:
    """Likewise, with 10 classes, and for images as small as all windows fit, from `smallest` on, where it says so."""
    source = find(name)
    settings = {"classes": str(CLASSES)} if "$classes" in source.text else {}
    if "$size" not in source.text:
        return graph_of(name, **settings)
    for size in range(smallest, 225):
        architecture = read_architecture(source, settings | {"size": str(size)})
        if not architecture.diagnostics:
            return _quiet(architecture.graph)
    raise AssertionError(f"{name} takes no image from {smallest} to 224")


@cache
def quick() -> dict[str, Graph]:
    """Those `small` networks that a test runs in a moment, by name."""
    return {name: graph for name in bundled_names() if totals(graph := small(name)).macs <= _MOST_MACS}


def _quiet(graph: Graph) -> Graph:
    nodes = (
        replace(node, layer=replace(node.layer, p=0.0)) if node.layer.kind == "dropout" else node
        for node in graph.nodes
    )
    return replace(graph, nodes=tuple(nodes))


def drawn_parameters(graph: Graph, seed: int) -> Parameters:
    """As training starts; but what starts as a constant is drawn near it, buffers too, so that each number counts."""
    rng = np.random.default_rng(seed)
    parameters = Parameters(graph)
    parameters.initialize(seed)
    for node in graph.nodes:
        views = parameters.views[node.name] | parameters.buffer_views[node.name]
        for tensor in (*node.parameters, *node.buffers):
            if tensor.initializer in ("constant", "zeros"):
                views[tensor.name][...] = tensor.value + 0.05 * rng.standard_normal(tensor.shape)
    return parameters


def output_of(network: Network, index: int, count: int) -> np.ndarray:
    """What a node gave for each of `count` images in the last forward pass; for -1, what the network was given."""
    return network.output_of(index, count)
