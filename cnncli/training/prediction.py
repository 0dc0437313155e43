"""What a trained network says of single images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.box_width import images_of_box_width, split_of_box_width
from cnncli.data.dataset import Split
from cnncli.errors import DataError
from cnncli.network.network import Network
from cnncli.training import scores
from cnncli.training.batches import Batches
from cnncli.training.evaluation import Evaluation, evaluate, fitting_batch
from cnncli.training.losses import graph_for
from cnncli.training.run import Run
from cnncli.training.scores import Verdicts

Array = np.ndarray[Any, np.dtype[Any]]
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Guess:
    """A class and the probability the network gives it."""

    label: str
    probability: float


def predict(run: Run, images: np.ndarray[Any, np.dtype[np.uint8]], guesses: int = 2) -> list[list[Guess]]:
    """For each of the images [N, C, H, W], the most probable classes, the best first.

    Probabilities are the softmax of the logits. A network trained with mean squared error on outputs that are no
    softmax estimates them directly: its outputs, cut to [0, 1], are divided by their sum.
    """
    return [best(run.classes, row, guesses) for row in shares(run, images)]


def shares(run: Run, images: np.ndarray[Any, np.dtype[np.uint8]]) -> Array:
    """Each class's probability for each of the images: [N, K] float32. As `predict` for the rest."""
    if run.pixels != str(images.dtype):
        raise DataError(
            f"this run was trained on {run.pixels} images; an image file holds {images.dtype} (0 to 255)",
            "train on uint8 images",
        )
    split = Split(images_of_box_width(images, run.recipe.box_width), np.zeros(len(images), np.int64))
    graph = graph_for("cross_entropy", run.graph)
    batch_size = min(fitting_batch(graph, min(len(images), _BATCH)), len(images))
    network = Network(graph, run.parameters, batch_size, training=False)
    direct = run.recipe.loss == "mean_squared_error" and not run.graph.ends_in_probabilities
    found: list[Array] = []
    for count in Batches(split, run.normalization, network).walk(np.arange(len(images))):
        outputs = network.forward(count)
        if not direct:
            kernels.softmax.forward(outputs, outputs)
        rows = kernels.batches.from_lanes(outputs, count)
        found.append(scores.cut_shares(rows) if direct else rows)
    return np.concatenate(found)


def judge_split(run: Run, split: Split) -> tuple[Evaluation, Verdicts]:
    """A run's totals on a split, and what it says of each image."""
    parts: list[Verdicts] = []
    seen = 0

    def see(outputs: Array) -> None:
        nonlocal seen
        labels = split.labels[seen : seen + len(outputs)]
        parts.append(scores.judge(outputs, labels, run.recipe.loss, run.graph.ends_in_probabilities))
        seen += len(outputs)

    result = watch_split(run, split, see)
    return result, scores.joined(parts)


def watch_split(run: Run, split: Split, see: Callable[[Array], None]) -> Evaluation:
    """A run's totals on a split; `see` is shown the outputs of each batch, [n, K] in the split's order."""
    seen = split_of_box_width(split, run.recipe.box_width)
    return evaluate(run.graph, run.recipe, run.parameters, seen, run.normalization, see=see)


def best(classes: tuple[str, ...], row: Array, guesses: int) -> list[Guess]:
    """The most probable classes of an image, the best first, by the probabilities [K] of all."""
    return [Guess(classes[label], float(row[label])) for label in np.argsort(-row, kind="stable")[:guesses]]
