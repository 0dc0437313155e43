"""What every data set is once it is read: two splits of images and labels, and where they came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[str, int, int | None], None]
"""Called with what is being read, how much is done, and the total where it is known."""


@dataclass(frozen=True, slots=True)
class Split:
    """Images and their labels, in a fixed order.

    images: [N, C, H, W], uint8 (0 to 255) or float32 (as the file has them)
    labels: [N] int64, each an index into the data set's `classes`
    """

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set in memory.

    source: one line for people: where it came from; recorded in the run.
    notices: what the user must be told before anything is made of the data.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    source: str
    notices: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of every image, in training and in test."""
        _, channels, height, width = self.train.images.shape
        return channels, height, width
