"""What a trained network says of single images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.errors import DataError
from cnncli.network.network import Network
from cnncli.training import scores
from cnncli.training.batches import Batches
from cnncli.training.evaluation import Evaluation, evaluate
from cnncli.training.losses import graph_for
from cnncli.training.run import Run
from cnncli.training.scores import Verdicts

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
    if run.pixels != str(images.dtype):
        raise DataError(
            f"this run was trained on {run.pixels} images; an image file holds {images.dtype} (0 to 255)",
            "train on uint8 images",
        )
    split = Split(images, np.zeros(len(images), np.int64))
    network = Network(graph_for("cross_entropy", run.graph), run.parameters, min(len(images), _BATCH), training=False)
    direct = run.recipe.loss == "mean_squared_error" and not run.graph.ends_in_probabilities
    found: list[list[Guess]] = []
    for count in Batches(split, run.normalization, network).walk(np.arange(len(images))):
        outputs = network.forward(count)
        if not direct:
            kernels.softmax.forward(outputs, outputs)
        rows = kernels.batches.from_lanes(outputs, count)
        found += [_best(run.classes, row, guesses) for row in (scores.cut_shares(rows) if direct else rows)]
    return found


def judge_split(run: Run, split: Split) -> tuple[Evaluation, Verdicts]:
    """A run's totals on a split, and what it says of each image."""
    parts: list[Verdicts] = []
    seen = 0

    def see(outputs: np.ndarray[Any, np.dtype[Any]]) -> None:
        nonlocal seen
        labels = split.labels[seen : seen + len(outputs)]
        parts.append(scores.judge(outputs, labels, run.recipe.loss, run.graph.ends_in_probabilities))
        seen += len(outputs)

    result = evaluate(run.graph, run.recipe, run.parameters, split, run.normalization, see=see)
    return result, scores.joined(parts)


def _best(classes: tuple[str, ...], row: np.ndarray[Any, np.dtype[np.float32]], guesses: int) -> list[Guess]:
    return [Guess(classes[label], float(row[label])) for label in np.argsort(-row, kind="stable")[:guesses]]
