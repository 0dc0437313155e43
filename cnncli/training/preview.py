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
    """Rows of pictures, uint8 [C, H, W], with the lines that stand under each, and what stands above the columns.

    With headings, the first of every row is an image as it is, the others what becomes of it.
    """

    rows: tuple[tuple[tuple[Array, tuple[str, ...]], ...], ...]
    headings: tuple[str, ...] = ()


def preview(dataset: DataSet, augmentation: Augmentation, seed: int, epoch: int, count: int) -> Preview:
    """About `count` pictures of training images, each class in turn; with an augmentation, of fewer images, each as
    training with `seed` sees it in `epoch` and those after it.
    """
    split = dataset.train
    if not augmentation:
        chosen = _of_every_class(split.labels, count, seed)
        tiles = [
            (picture, (dataset.classes[split.labels[number]],))
            for number, picture in zip(chosen, as_pixels(split.images[chosen]), strict=True)
        ]
        columns = len(dataset.classes) if len(dataset.classes) <= _MOST_COLUMNS else _COLUMNS
        return Preview(tuple(tuple(tiles[start : start + columns]) for start in range(0, len(tiles), columns)))
    columns = min(count, EPOCHS)
    chosen = _of_every_class(split.labels, -(-count // columns), seed)
    originals = split.images[chosen]
    seen: list[Array] = [as_pixels(originals)]
    for number in range(epoch, epoch + columns):
        drawn = distortions(augmentation, len(split.labels), split.images.shape[1:], seed, number)
        changed: Array = np.empty(originals.shape, np.float32)
        kernels.augment.augment(split.images, chosen, len(chosen), drawn, normalization_of(split).mean(), changed)
        seen.append(as_pixels(changed, originals))
    names = [dataset.classes[label] for label in split.labels[chosen]]
    rows = tuple(
        tuple((pictures[row], () if column else (name,)) for column, pictures in enumerate(seen))
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


def as_pixels(images: Array, originals: Array | None = None) -> Array:
    """As uint8; numbers that are no pixels are stretched: the originals' smallest is black, the largest white.

    originals: what `images` were made of, where they are not what they were.
    """
    if images.dtype == np.uint8:
        return images
    originals = images if originals is None else originals
    if originals.dtype == np.uint8:
        return stretched(images, 0, 255)
    finite = originals[np.isfinite(originals)]
    return stretched(images, *((finite.min(), finite.max()) if finite.size else (0, 1)))


def stretched(values: Array, low: Any, high: Any) -> Array:
    """As uint8: `low` is 0, `high` is 255, or all is 0 where they are the same; so is what is no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        span = np.asarray(high, np.float64) - low
        shares = (values - np.asarray(low, np.float64)) / np.where(span > 0, span, 1)
        shades: Array = np.nan_to_num(shares).clip(0, 1) * 255 * (span > 0)
    return shades.round().astype(np.uint8)
