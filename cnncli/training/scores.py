"""What the outputs of a network are worth, from outputs and labels alone: top k, precision, recall, confusions.

N images, K classes. outputs: [N, K]; labels: [N] int64, each below K. Of equal outputs, the first class is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a network says of each image: arrays [N].

    label: the right class; guess: the one with the largest output; probability: what the network gives its guess;
    rank: how many classes come before the right one; loss: the image's own.
    """

    label: Array
    guess: Array
    probability: Array
    rank: Array
    loss: Array

    def mistakes(self, most: int) -> list[int]:
        """The numbers of the images guessed wrong, the one with the largest loss first."""
        wrong = np.flatnonzero(self.guess != self.label)
        return [int(number) for number in wrong[np.argsort(-self.loss[wrong], kind="stable")[:most]]]

    def top(self, k: int) -> float:
        """The share of images whose class is among the k largest outputs."""
        return float(np.mean(self.rank < k))


@dataclass(frozen=True, slots=True)
class ClassScore:
    """precision: of the images guessed to be of the class, the share that is; recall: of the images of the class, the
    share guessed so; f1: their harmonic mean. None where the share is one of no images. support: the class's images.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many images of the class `label` were guessed to be `guess`."""

    label: int
    guess: int
    count: int


def judge(outputs: Array, labels: Array, loss: str, is_softmax: bool) -> Verdicts:
    """Verdicts on a batch. loss: the recipe's; is_softmax: whether `outputs` are probabilities already.

    Of outputs that are no finite numbers, neither are loss and probability.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return _judge(outputs.astype(np.float64), labels, loss, is_softmax)


def _judge(outputs: Array, labels: Array, loss: str, is_softmax: bool) -> Verdicts:
    of_label = np.arange(len(labels)), labels
    guess = outputs.argmax(axis=1)
    if loss == "cross_entropy":
        logs = log_softmax(outputs)
        shares, losses = np.exp(logs), -logs[of_label]
    else:
        wanted = np.zeros_like(outputs)
        wanted[of_label] = 1
        losses = ((outputs - wanted) ** 2).mean(axis=1)
        shares = outputs if is_softmax else cut_shares(outputs)
    return Verdicts(labels, guess, shares[np.arange(len(labels)), guess], ranks(outputs, labels), losses)


def joined(parts: Iterable[Verdicts]) -> Verdicts:
    """Verdicts on several batches as one."""
    batches = list(parts)
    return Verdicts(*(np.concatenate([getattr(part, field.name) for part in batches]) for field in fields(Verdicts)))


def ranks(outputs: Array, labels: Array) -> Array:
    """[N] int64: how many classes come before each image's own."""
    own = outputs[np.arange(len(labels)), labels][:, np.newaxis]
    earlier = np.arange(outputs.shape[1]) < labels[:, np.newaxis]
    return np.asarray(((outputs > own) | ((outputs == own) & earlier)).sum(axis=1))


def log_softmax(logits: Array) -> Array:
    """Logarithms of probabilities, so that the smallest are not lost."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def cut_shares(outputs: Array) -> Array:
    """Probabilities estimated by outputs that are none: cut to [0, 1] and divided by their sum, or all the same."""
    estimates = np.clip(outputs, 0, 1)
    totals = estimates.sum(axis=1, keepdims=True)
    return np.where(totals > 0, estimates / np.where(totals > 0, totals, 1), 1 / outputs.shape[1])


def class_scores(labels: Array, guesses: Array, classes: int) -> list[ClassScore]:
    """One for each of K classes."""
    support, guessed = (np.bincount(of, minlength=classes).tolist() for of in (labels, guesses))
    right = np.bincount(labels[labels == guesses], minlength=classes).tolist()
    return [
        ClassScore(_share(both, taken), _share(both, there), _share(2 * both, taken + there), there)
        for both, taken, there in zip(right, guessed, support, strict=True)
    ]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def mean_score(scores: list[ClassScore]) -> ClassScore:
    """The plain mean over the classes that have a value (macro average), and all images."""
    precision, recall, f1 = (
        _mean([value for score in scores if (value := getattr(score, name)) is not None])
        for name in ("precision", "recall", "f1")
    )
    return ClassScore(precision, recall, f1, sum(score.support for score in scores))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def confusion_matrix(labels: Array, guesses: Array, classes: int) -> Array:
    """[K, K] int64: in row i, column j the images of class i that were guessed to be j."""
    return np.bincount(labels * classes + guesses, minlength=classes * classes).reshape(classes, classes)


def confusions(labels: Array, guesses: Array, classes: int) -> list[Confusion]:
    """The pairs of classes that were taken for one another, the most frequent first. Takes no K x K of memory."""
    wrong = labels != guesses
    pairs, counts = np.unique(labels[wrong] * classes + guesses[wrong], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [
        Confusion(*divmod(int(pair), classes), int(count))
        for pair, count in zip(pairs[order], counts[order], strict=True)
    ]
