"""What every data set is once it is read: two splits of images and labels, and where they came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[str, int, int | None], None]
"""Called with what is being read, how much is done, and the total where it is known."""


@dataclass(frozen=True, slots=True)
class Split:
    """Images and their labels, in a fixed order.

    images: [N or more, C, H, W], uint8 (0 to 255) or float32 (as the file has them)
    labels: [N] int64, each an index into the data set's `classes`
    rows: [N] int64, which of `images` belong to the split, where it is a part of another's; None: all, as they are
    """

    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray | None = None

    def part(self, numbers: np.ndarray) -> Split:
        """The images of these numbers [M] int64, in this order. Their pixels are shared, not copied."""
        return replace(self, labels=self.labels[numbers], rows=self.rows_of(numbers))

    def rows_of(self, numbers: np.ndarray) -> np.ndarray:
        """Where in `images` the split's images of these numbers lie."""
        return numbers if self.rows is None else self.rows[numbers]


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
