"""What a trained network says of single images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.network.network import Network
from cnncli.training.batches import Batches
from cnncli.training.losses import graph_for
from cnncli.training.run import Run


@dataclass(frozen=True, slots=True)
class Guess:
    """A class and the probability the network gives it."""

    label: str
    probability: float


def predict(run: Run, images: np.ndarray[Any, np.dtype[np.uint8]], guesses: int = 2) -> list[list[Guess]]:
    """For each of the images [N, C, H, W], the most probable classes, the best first.

    Probabilities are the softmax of the outputs; a network that ends in a softmax has its own looked at.
    """
    split = Split(images, np.zeros(len(images), np.int64))
    network = Network(graph_for("cross_entropy", run.graph), run.parameters, len(images), training=False)
    probabilities = np.empty_like(network.output)
    for count in Batches(split, run.normalization, network).walk(np.arange(len(images))):
        kernels.softmax.forward(network.forward(count), probabilities)
    rows = kernels.batches.from_lanes(probabilities, len(images))
    best = np.argsort(-rows, axis=1, kind="stable")[:, :guesses]
    return [
        [Guess(run.classes[label], float(row[label])) for label in labels]
        for row, labels in zip(rows, best, strict=True)
    ]
