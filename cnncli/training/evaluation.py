"""A network over a whole split: mean loss, the share that is right, and each image's outputs for who wants to see."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.errors import TrainingError
from cnncli.graph import Graph
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory
from cnncli.training import losses, scores
from cnncli.training.batches import Batches
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe

Array = np.ndarray[Any, np.dtype[Any]]

_TOP = 5


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Over a whole split: mean loss and the share of images whose largest output is their label.

    `top5`: the share whose label is among the 5 largest outputs; None where there are no more than 5.
    """

    loss: float
    accuracy: float
    images_per_second: float
    top5: float | None = None


def evaluate(
    graph: Graph,
    recipe: Recipe,
    parameters: Parameters,
    split: Split,
    normalization: Normalization,
    *,
    what: str = "test",
    see: Callable[[Array], None] = lambda outputs: None,
    taken: int = 0,
) -> Evaluation:
    """Loss, accuracy and speed over a split, without training.

    In whole blocks of about the recipe's batch size, or fewer where memory has no room for them beside `taken` bytes;
    the results do not depend on how many they are. `what` names the images; `see` is shown the outputs of each batch,
    [n, K] in the split's order. Raises `TrainingError` where the loss is no finite number, as the network has diverged,
    and where not even one block fits.
    """
    graph = losses.graph_for(recipe.loss, graph)
    batch_size = min(fitting_batch(graph, min(recipe.batch_size, len(split.labels)), taken), len(split.labels))
    batches = Batches(split, normalization, Network(graph, parameters, batch_size, training=False))
    for size in batches.sizes():  # off the clock: compiling or loading kernels is not evaluating
        _loss_of_blocks(recipe.loss, batches, batches.load(np.arange(size)))
    loss_sum, correct, in_top5, seconds = 0.0, 0, 0, 0.0
    has_top5 = graph.output_shape[0] > _TOP
    start = time.perf_counter()
    for count in batches.walk(np.arange(len(split.labels))):
        outputs, found = _loss_of_blocks(recipe.loss, batches, count)
        for block_loss, block_correct in found:
            loss_sum, correct = loss_sum + block_loss, correct + block_correct
        seconds += time.perf_counter() - start  # what follows is not the network's work
        rows = kernels.batches.from_lanes(outputs, count)
        if has_top5:
            in_top5 += int((scores.ranks(rows, batches.labels[:count]) < _TOP).sum())
        see(rows)
        start = time.perf_counter()
    images = len(split.labels)
    if not math.isfinite(loss_sum):
        raise TrainingError(
            f"the loss on the {what} images is {loss_sum}: the network has diverged", "a lower learning rate"
        )
    return Evaluation(loss_sum / images, correct / images, images / seconds, in_top5 / images if has_top5 else None)


def fitting_batch(graph: Graph, batch_size: int, taken: int = 0) -> int:
    """The images of as many whole blocks: a block takes as long for one as for all. Halved until they fit.

    `taken`: bytes that are needed beside. Raises `TrainingError` where not even one block fits.
    """
    blocks, lanes = Network.blocks(batch_size), kernels.vector.LANES
    while True:
        try:
            check_memory(graph, blocks * lanes, lanes, training=False, taken=taken)
            return blocks * lanes
        except TrainingError:
            if blocks <= 1:
                raise
            blocks //= 2


def _loss_of_blocks(loss: str, batches: Batches, count: int) -> tuple[Array, list[tuple[float, int]]]:
    """The outputs [B, U, L] of the batch that lies in the network, and of each block the loss and how many are right.

    Block by block, so that no sum depends on the batch.
    """
    outputs, lanes = batches.network.forward(count), kernels.vector.LANES
    unused = np.empty_like(outputs[:1])
    return outputs, [
        losses.evaluate(loss, outputs[block : block + 1], batches.labels[start:], min(lanes, count - start), unused)
        for block, start in enumerate(range(0, count, lanes))
    ]
