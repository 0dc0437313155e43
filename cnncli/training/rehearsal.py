"""Everything run once on next to nothing, so that its kernels are compiled before they are needed.

A kernel is compiled for the types of its arguments, which tell the size of a register tile but no other size: one
block of images, or a layer kind's smallest example, needs the kernels that any does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from cnncli import kernels, layers
from cnncli.data.dataset import Split
from cnncli.graph import Graph, read_architecture
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory
from cnncli.spec.source import Source, bundled_names, find
from cnncli.training import losses
from cnncli.training.augmentation import parse
from cnncli.training.distortions import distortions
from cnncli.training.evaluation import evaluate
from cnncli.training.loop import Trainer
from cnncli.training.normalization import Normalization
from cnncli.training.optimizers import OPTIMIZERS
from cnncli.training.recipe import LOSSES, Recipe, read_recipe
from cnncli.training.update import rehearse

_SMALL = 50_000_000
"""MACs of a bundled network that is run whole among `everything`, for the sake of what its layers are fused to."""
_MOST_BLOCKS = 4
"""A dense layer's tile is as wide as there are blocks of images, up to this many."""
_MOST_FILTERS = 64
_CHANNELS = tuple(vectors * kernels.vector.LANES for vectors in (1, 2, 4))
"""Of Winograd's weight gradient, whose tile is as wide as there are vectors of channels."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Something to run once, and what it is."""

    name: str
    run: Callable[[], None]


def of_network(name: str, graph: Graph, recipe: Recipe) -> list[Rehearsal]:
    """What training, evaluating and asking a network takes. Raises `TrainingError` where the memory is too small."""
    check_memory(graph, kernels.vector.LANES, kernels.vector.LANES)
    return [*_common(), Rehearsal(name, _whole(graph, recipe))]


def everything() -> list[Rehearsal]:
    """What is usual: every kind's example, optimizers, the usual windows, every tile, and small bundled networks."""
    found = [*_common()]
    for kind in layers.names():
        text, shape = layers.find(kind).example
        found.append(Rehearsal(kind, partial(both_passes, _graph(shape, text))))
    for name in OPTIMIZERS.names:
        recipe = Recipe(optimizer=OPTIMIZERS.find(name)(), clip_norm=1.0, ema=0.5)
        found.append(Rehearsal(name, partial(rehearse, recipe)))
    found += [Rehearsal(text, partial(both_passes, _graph(shape, f"{{{text}}}"))) for text, shape in _usual_windows()]
    filters = {len(kernels.tiles.tile_for(number)[0]): number for number in range(_MOST_FILTERS, 0, -1)}
    for number in filters.values():
        text = f"{{type: conv, filters: {number}, kernel: 3, padding: 1, activation: relu}}"
        found.append(Rehearsal(f"conv of {number}", partial(both_passes, _graph((3, 8, 8), text))))
    found += [Rehearsal(f"winograd {size}, {taps}x{taps}", partial(_winograd, size, taps, channels))
              for size, taps in kernels.algorithm.FORMS for channels in _CHANNELS]  # fmt: skip
    found.append(Rehearsal("augmentation", _augment))
    for name in bundled_names():
        architecture = read_architecture(find(name))
        if sum(node.macs for node in architecture.graph.nodes) <= _SMALL:
            found.append(Rehearsal(name, _whole(architecture.graph, read_recipe(architecture))))
    return found


def _usual_windows() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Layers whose kernels are made for their window, or for how wide the image is, and the input's shape."""
    for kind in ("maxpool", "avgpool"):
        yield f"type: {kind}, kernel: 2", (2, 8, 8)
        yield f"type: {kind}, kernel: 3, stride: 2", (2, 9, 9)
    for kernel, stride, size in product((3, 5), (1, 2), (4, 7, 8, 9, 14, 16)):
        window = f"kernel: {kernel}, stride: {stride}, padding: {kernel // 2}, rounding: floor"
        yield f"type: depthwise_conv, {window}", (2, size, size)
    yield "type: lrn, size: 5", (8, 3, 3)


def _common() -> Iterator[Rehearsal]:
    """What is no layer's: images into the lanes, losses; and dense layers, whose tiles the batch decides on."""
    for pixels in (np.uint8, np.float32):
        yield Rehearsal(f"{np.dtype(pixels)} images", partial(_load, pixels))
    for loss in LOSSES:
        yield Rehearsal(loss.replace("_", " "), partial(_lose, loss))
    yield Rehearsal("softmax", partial(both_passes, _graph((4,), "{type: softmax}")))
    for blocks in range(1, _MOST_BLOCKS + 1):
        dense = _graph((8,), "{type: dense, units: 8, activation: relu}")
        yield Rehearsal(f"dense, {blocks} blocks", partial(both_passes, dense, blocks))


def _graph(shape: tuple[int, ...], layer: str) -> Graph:
    text = f"version: 1\ninput: {list(shape)}\nlayers:\n  - {layer}\n"
    return read_architecture(Source("a rehearsal", text)).require_sound()


def _whole(graph: Graph, recipe: Recipe) -> Callable[[], None]:
    """A step and an evaluation of a classifier; of what is none, both passes."""
    needed = graph.needed_for((graph.output,))
    trains = len(graph.output_shape) == 1 and any(graph.nodes[index].parameters for index in needed)
    return partial(_train, graph, recipe) if trains else partial(both_passes, graph)


def _winograd(size: int, taps: int, channels: int) -> None:
    """A convolution whose output is one tile of F(size, taps)."""
    text = f"{{type: conv, filters: {channels}, kernel: {taps}, padding: same}}"
    before = kernels.algorithm.wanted()
    kernels.algorithm.set_algorithm("winograd")
    try:
        both_passes(_graph((channels, size, size), text))
    finally:
        kernels.algorithm.set_algorithm(before)


def both_passes(graph: Graph, blocks: int = 1) -> None:
    """Forward and backward as in training, and forward as in inference."""
    count = blocks * kernels.vector.LANES
    parameters = Parameters(graph)
    parameters.initialize(0)
    for training in (True, False):
        network = Network(graph, parameters, count, training=training, input_gradient=training)
        network.forward(count)
        if training:
            network.backward(count)


def _train(graph: Graph, recipe: Recipe) -> None:
    count = kernels.vector.LANES
    parameters = Parameters(graph)
    parameters.initialize(0)
    recipe, split = replace(recipe, batch_size=count), _black(graph.input_shape, count, np.uint8)
    Trainer(graph, recipe, parameters, split, _as_is(graph.input_shape[0]), 0).warm_up()
    evaluate(graph, recipe, parameters, split, _as_is(graph.input_shape[0]))


def _load(pixels: Any) -> None:
    count, shape = kernels.vector.LANES, (1, 2, 2)
    batch = kernels.memory.zeros((1, *shape, count))
    images = _black(shape, count, pixels).images
    kernels.batches.gather(images, np.arange(count), count, *_as_is(1).arrays(), batch)


def _augment() -> None:
    count, shape = kernels.vector.LANES, (1, 2, 2)
    images, out = _black(shape, count, np.uint8).images, np.empty((count, *shape), np.float32)
    drawn = distortions(parse("flip"), count, shape, 0, 0)
    kernels.augment.augment(images, np.arange(count), count, drawn, np.zeros(1, np.float32), out)


def _lose(loss: str) -> None:
    count = kernels.vector.LANES
    outputs, gradient = (kernels.memory.zeros((1, 2, count)) for _ in range(2))
    losses.evaluate(loss, outputs, np.zeros(count, np.int64), count, gradient)


def _black(shape: tuple[int, ...], count: int, pixels: Any) -> Split:
    return Split(np.zeros((count, *shape), pixels), np.zeros(count, np.int64))


def _as_is(channels: int) -> Normalization:
    return Normalization((1.0,) * channels, (0.0,) * channels)
