"""A split of a data set as batches in the engine's layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.network.network import Network
from cnncli.training.augmentation import Augmentation
from cnncli.training.distortions import distortions
from cnncli.training.normalization import Normalization

Array = np.ndarray[Any, np.dtype[Any]]


class Batches:
    """Fills a network's `images` from a split, a batch at a time, in a given order.

    With an augmentation every image is changed as its number, the seed and the epoch say: see `start_epoch`.
    """

    def __init__(
        self,
        split: Split,
        normalization: Normalization,
        network: Network,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        self.split = split
        self.network = network
        self.scale, self.shift = normalization.arrays()
        self.mean = normalization.mean()
        self.labels = np.zeros(len(network.images) * network.images.shape[-1], np.int64)
        self.augmentation = augmentation or Augmentation()
        self.seed = seed
        if self.augmentation:
            self.changed = kernels.memory.empty((network.batch_size, *split.images.shape[1:]))
            self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draws what happens to the images in an epoch; without augmentation nothing does."""
        if self.augmentation:
            shape = self.split.images.shape
            self.drawn = distortions(self.augmentation, shape[0], shape[1:], self.seed, epoch)

    def count(self) -> int:
        """Batches in one pass; the last may be smaller."""
        return -(-len(self.split.labels) // self.network.batch_size)

    def sizes(self) -> set[int]:
        """The sizes that batches have: whole ones, and what is left over. Kernels are compiled for either."""
        images, size = len(self.split.labels), self.network.batch_size
        return {size, images % size or size}

    def walk(self, order: Array) -> Iterator[int]:
        """Yields the number of images in each batch, once it lies in `network.images` and `labels`."""
        size = self.network.batch_size
        for start in range(0, len(order), size):
            yield self.load(order[start : start + size])

    def load(self, chosen: Array) -> int:
        """Puts the chosen images (their numbers in the split) into the network; returns how many."""
        count = len(chosen)
        target = self.network.images[: self.network.blocks(count)]
        images, rows = self.split.images, self.split.rows_of(chosen)
        if self.augmentation:
            kernels.augment.augment(images, rows, count, self.drawn, self.mean, self.changed)
            kernels.batches.gather(self.changed, np.arange(count), count, self.scale, self.shift, target)
        else:
            kernels.batches.gather(images, rows, count, self.scale, self.shift, target)
        self.labels[:count] = self.split.labels[chosen]
        return count
