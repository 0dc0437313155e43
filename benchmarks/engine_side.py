"""This engine's training step, as `cnncli train` takes it: gather, forward, loss, backward, update."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from cnncli.data.dataset import Split
from cnncli.graph import Graph
from cnncli.layers.dropout import Dropout
from cnncli.network.parameters import Parameters
from cnncli.training.crew import Crew
from cnncli.training.loop import Trainer
from cnncli.training.normalization import Normalization, normalization_of
from cnncli.training.optimizers.sgd import SGD
from cnncli.training.recipe import Recipe

SEED = 0
LEARNING_RATE = 1e-6
"""So small that no side learns its random images by heart: gradients near zero would become subnormal numbers,
which take a CPU many times longer than others."""
_IMAGES = 4096
_IMAGE_BYTES = 2**26


@dataclass(frozen=True, slots=True)
class Workload:
    """A network, its recipe and random images of its size: what both sides train on."""

    graph: Graph
    recipe: Recipe
    split: Split
    normalization: Normalization

    @property
    def batch_size(self) -> int:
        return self.recipe.batch_size

    def parameters(self) -> Parameters:
        """The initial weights, the same at every call."""
        parameters = Parameters(self.graph)
        parameters.initialize(SEED)
        return parameters

    def without_dropout(self) -> Workload:
        """The same with p = 0, where both sides must compute the same."""
        nodes = tuple(
            replace(node, layer=replace(node.layer, p=0.0)) if isinstance(node.layer, Dropout) else node
            for node in self.graph.nodes
        )
        return replace(self, graph=replace(self.graph, nodes=nodes))


def plain(recipe: Recipe, batch_size: int | None) -> Recipe:
    """What both sides train by: gradient descent with the recipe's numbers, whatever else it asks for.

    `batch_size`: None for the recipe's.
    """
    return Recipe(
        SGD(momentum=recipe.momentum),
        recipe.learning_rate,
        recipe.weight_decay,
        batch_size=batch_size or recipe.batch_size,
        loss=recipe.loss,
    )


def random_workload(graph: Graph, recipe: Recipe, images: int = _IMAGES) -> Workload:
    """`graph` takes images [C, H, W] and gives one number per class. There are at most `images`, or one batch."""
    stream = np.random.default_rng(SEED)
    count = max(recipe.batch_size, min(images, _IMAGE_BYTES // math.prod(graph.input_shape)))
    pixels = stream.integers(0, 256, (count, *graph.input_shape), np.uint8)
    split = Split(pixels, stream.integers(0, graph.output_shape[0], count))
    return Workload(graph, recipe, split, normalization_of(split))


class EngineStep:
    """Call it for one training step. The images are uint8, in memory, and drawn in a random order.

    On as many threads as are set: a training, which now and then tries another number, is not in turns with others.
    """

    def __init__(self, workload: Workload) -> None:
        self.parameters = workload.parameters()
        self.trainer = Trainer(
            workload.graph, workload.recipe, self.parameters, workload.split, workload.normalization, SEED
        )
        self.trainer.crew = Crew(tries=False)
        order = np.random.default_rng(SEED).permutation(len(workload.split.labels))
        size = workload.batch_size
        whole = len(order) - len(order) % size
        self._choices = cycle([order[start : start + size] for start in range(0, whole, size)])

    def __call__(self) -> None:
        count = self.trainer.batches.load(next(self._choices))
        self.trainer.step(count, LEARNING_RATE)

    def first_step(self, count: int) -> tuple[float, np.ndarray]:
        """(mean loss, all gradients as one vector) of a step on the first `count` images."""
        self.trainer.batches.load(np.arange(count))
        loss, _ = self.trainer.step(count, LEARNING_RATE)
        return loss / count, self.parameters.gradients
