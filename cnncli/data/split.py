"""Splits: the fixed one of a data set that comes without, and the validation images held out of the training."""

from __future__ import annotations

import numpy as np

from cnncli.data.dataset import Split
from cnncli.errors import DataError

EVERY = 5
_STREAM = 2**31 + 1
"""Of the seed's streams, the one that validation images are drawn from."""


def test_mask(labels: np.ndarray, classes: tuple[str, ...], where: str) -> np.ndarray:
    """Which of the images [N] are test: within each class, in the order given, every fifth.

    Raises DataError for a class with fewer than five images: nothing of it would be tested.
    """
    mask = np.zeros(len(labels), dtype=bool)
    for index, name in enumerate(classes):
        members = np.flatnonzero(labels == index)
        if 0 < len(members) < EVERY:
            raise DataError(
                f"{where}: class {name!r} has {len(members)} images; every fifth is kept for the test, so it"
                f" takes at least {EVERY}",
                "add images, or give the training and the test images apart",
            )
        mask[members[EVERY - 1 :: EVERY]] = True
    return mask


def hold_out(split: Split, wanted: float, seed: int) -> tuple[Split, Split]:
    """(what is trained on, what is held out), both in the split's order; how many that are says `held_count`.

    Stratified: each class gives its share of them, rounded down or up, and keeps an image at least. Which of a class
    are held out is drawn from the seed alone. Raises DataError as `held_count`.
    """
    numbers = np.bincount(split.labels)
    held = _shares(numbers, held_count(split, wanted))
    order = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM,))).permutation(len(split.labels))
    order = order[np.argsort(split.labels[order], kind="stable")]  # class by class, each in the order drawn
    place = np.arange(len(order)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
    mask = np.zeros(len(order), dtype=bool)
    mask[order] = place < np.repeat(held, numbers)
    return split.part(np.flatnonzero(~mask)), split.part(np.flatnonzero(mask))


def held_count(split: Split, wanted: float) -> int:
    """How many images are held out: a share below 1 of all, or that many.

    Raises DataError where that is none, or would leave a class without an image to train on.
    """
    images = len(split.labels)
    count = round(wanted * images) if wanted < 1 else int(wanted)
    most = images - np.count_nonzero(np.bincount(split.labels))
    if not 0 < count <= most:
        raise DataError(
            f"validation {wanted:g} is {count:,} of {images:,} training images, of which it can have 1 to {most:,}:"
            " each class keeps one to train on",
            "another share, as in --validation 0.1, or another number of images",
        )
    return count


def _shares(numbers: np.ndarray, count: int) -> np.ndarray:
    """`count` divided among classes of `numbers` [K] images, by the largest remainder; none gives its last image."""
    quotas = numbers * (count / numbers.sum())
    room = np.maximum(numbers - 1, 0)
    held: np.ndarray = np.minimum(np.floor(quotas).astype(np.int64), room)
    while missing := count - int(held.sum()):
        open_classes = np.flatnonzero(held < room)
        largest = np.argsort(held[open_classes] - quotas[open_classes], kind="stable")
        held[open_classes[largest[:missing]]] += 1
    return held
