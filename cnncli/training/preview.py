"""Images of a data set side by side, as they are and as training changes them: for people to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import DataSet
from cnncli.training.augmentation import Augmentation
from cnncli.training.distortions import distortions
from cnncli.training.normalization import normalization_of

Array = np.ndarray[Any, np.dtype[Any]]
EPOCHS = 8
"""Pictures of one image."""
_MOST_COLUMNS, _COLUMNS = 16, 8


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows of pictures, uint8 [C, H, W], with what stands under each ("" for nothing) and above the columns.

    has_originals: the first of every row is an image as it is, the others what becomes of it.
    """

    rows: tuple[tuple[tuple[Array, str], ...], ...]
    headings: tuple[str, ...] = ()

    @property
    def has_originals(self) -> bool:
        return bool(self.headings)


def preview(dataset: DataSet, augmentation: Augmentation, seed: int, epoch: int, count: int) -> Preview:
    """About `count` pictures of training images, each class in turn; with an augmentation, of fewer images, each as
    training with `seed` sees it in `epoch` and those after it.
    """
    split = dataset.train
    if not augmentation:
        chosen = _of_every_class(split.labels, count, seed)
        tiles = [
            (picture, dataset.classes[split.labels[number]])
            for number, picture in zip(chosen, _pictures(split.images[chosen], split.images[chosen]), strict=True)
        ]
        columns = len(dataset.classes) if len(dataset.classes) <= _MOST_COLUMNS else _COLUMNS
        return Preview(tuple(tuple(tiles[start : start + columns]) for start in range(0, len(tiles), columns)))
    columns = min(count, EPOCHS)
    chosen = _of_every_class(split.labels, -(-count // columns), seed)
    originals = split.images[chosen]
    seen: list[Array] = [_pictures(originals, originals)]
    for number in range(epoch, epoch + columns):
        drawn = distortions(augmentation, len(split.labels), split.images.shape[1:], seed, number)
        changed: Array = np.empty(originals.shape, np.float32)
        kernels.augment.augment(split.images, chosen, len(chosen), drawn, normalization_of(split).mean(), changed)
        seen.append(_pictures(changed, originals))
    names = [dataset.classes[label] for label in split.labels[chosen]]
    rows = tuple(
        tuple((pictures[row], "" if column else name) for column, pictures in enumerate(seen))
        for row, name in enumerate(names)
    )
    return Preview(rows, ("original", *(f"epoch {number}" for number in range(epoch, epoch + columns))))


def _of_every_class(labels: Array, count: int, seed: int) -> Array:
    """Numbers of images in a drawn order, but of each class in turn."""
    order = np.random.default_rng(seed).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    sizes = np.bincount(labels)
    turn: Array = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return by_class[np.lexsort((labels[by_class], turn))][:count]


def _pictures(images: Array, originals: Array) -> Array:
    """As uint8; numbers that are no pixels are stretched: the originals' smallest is black, the largest white."""
    values = images.astype(np.float32)
    if originals.dtype != np.uint8:
        low, high = float(originals.min()), float(originals.max())
        values = (values - low) * (255 / (high - low) if high > low else 1)
    return np.nan_to_num(values).round().clip(0, 255).astype(np.uint8)
