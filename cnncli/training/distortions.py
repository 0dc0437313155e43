"""What happens to each image in an epoch: the numbers that the recipe's augmentation draws, and nothing but those.

A draw is named by the seed, the epoch, the augmentation, and the image's number in the split: it is the same in
whatever order images come, in whatever batches, and whatever else is asked for. There is no state to keep.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.training.augmentation import Augmentation

Array = np.ndarray[Any, np.dtype[Any]]
_SALT = 0x6175676D656E74
"""So that no other user of the same seed and step meets these streams."""


def distortions(
    augmentation: Augmentation, images: int, shape: tuple[int, ...], seed: int, epoch: int
) -> kernels.augment.Drawn:
    """Those of a whole split of images of `shape`, [C, H, W], in an epoch."""
    draw = _Draws(images, kernels.draws.stream(seed + _SALT, epoch))
    sides = np.array(shape[1:])
    tones = [1 + draw.evenly(name, getattr(augmentation, name))[:, 0] for name in ("brightness", "contrast")]
    elastic = augmentation.elastic
    return kernels.augment.Drawn(
        maps=_maps(augmentation, draw, sides).astype(np.float32),
        tones=np.stack(tones, axis=1).astype(np.float32),
        holes=_holes(augmentation.cutout, draw, sides),
        weights=kernels.augment.gaussian(elastic.sigma) if elastic else np.zeros(0, np.float32),
        alpha=np.float32(elastic.alpha),
        stream=np.uint64(draw.stream("elastic")),
    )


class _Draws:
    """Numbers for each image by the name of what they are for."""

    def __init__(self, images: int, stream: int) -> None:
        self.images = images
        self._stream = stream

    def stream(self, name: str) -> int:
        """The stream of its own that every name has."""
        return kernels.draws.stream(self._stream, zlib.crc32(name.encode()))

    def shares(self, name: str, count: int = 1) -> Array:
        """[N, count] float64, evenly from (0, 1)."""
        drawn = kernels.draws.draws(self.stream(name), self.images * count).reshape(self.images, count)
        return np.asarray((drawn + 0.5) / 2**kernels.draws.RESOLUTION)

    def evenly(self, name: str, most: float, count: int = 1) -> Array:
        """[N, count] float64, evenly from -most to most; exactly 0 for 0."""
        return (2 * self.shares(name, count) - 1) * most if most else np.zeros((self.images, count))

    def whole(self, name: str, choices: int | Array, count: int = 1) -> Array:
        """[N, count] int64, evenly from the `choices` whole numbers from 0 on."""
        return np.asarray(self.shares(name, count) * choices, np.int64)


def _maps(augmentation: Augmentation, draw: _Draws, sides: Array) -> Array:
    """[N, 2, 3]: (row, column, 1) of a new image to a place of the old one.

    The old image is mirrored, scaled, sheared, turned, and moved, all about its middle: read backwards here.
    """
    steps: list[Array] = []
    if augmentation.flip:
        steps.append(_matrices(draw.images, ((1, 0), (0, 1 - 2 * draw.whole("flip", 2)[:, 0]))))
    if augmentation.scale:
        tall, wide = 1 / (1 + draw.evenly("scale", augmentation.scale, 2)).T
        steps.append(_matrices(draw.images, ((tall, 0), (0, wide))))
    if augmentation.shear:
        slant = np.tan(np.radians(draw.evenly("shear", augmentation.shear)[:, 0]))
        steps.append(_matrices(draw.images, ((1, 0), (slant, 1))))
    if augmentation.rotate:
        angle = np.radians(draw.evenly("rotate", augmentation.rotate)[:, 0])
        steps.append(_matrices(draw.images, ((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle)))))
    moved = draw.evenly("shift", augmentation.shift, 2)
    if augmentation.crop:
        moved = moved + draw.whole("crop", 2 * augmentation.crop + 1, 2) - augmentation.crop
    linear = _matrices(draw.images, ((1, 0), (0, 1)))
    for step in steps:
        linear = linear @ step
    middle = (sides - 1) / 2
    start = middle - (linear @ (middle + moved)[:, :, None])[:, :, 0]
    return np.concatenate((linear, start[:, :, None]), axis=2)


def _matrices(images: int, rows: Any) -> Array:
    """[N, 2, 2] from entries that are numbers or [N]."""
    found = np.empty((images, 2, 2))
    for row, column in np.ndindex(2, 2):
        found[:, row, column] = rows[row][column]
    return found


def _holes(side: int, draw: _Draws, sides: Array) -> Array:
    """[N, 4]: squares around drawn pixels, as far as they lie in the image (DeVries & Taylor, 2017)."""
    if not side:
        return np.zeros((draw.images, 4), np.int32)
    start = draw.whole("cutout", sides, 2) - side // 2
    edges = np.stack((start, start + side), axis=2).clip(0, sides[:, None])
    return edges.reshape(draw.images, 4).astype(np.int32)
