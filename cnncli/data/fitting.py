"""Whether a data set's images are what a network takes, and scaling them where that is wanted."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from cnncli.data.dataset import DataSet, Split
from cnncli.errors import DataError

if TYPE_CHECKING:
    import numpy as np


def fit(dataset: DataSet, input_shape: tuple[int, int, int], resize: bool) -> DataSet:
    """The data set with images of `input_shape` (C, H, W): itself where they are so already.

    With `resize`, height and width are scaled (bilinear, antialiased), and 1 and 3 channels converted into
    each other. Raises DataError where the images do not fit and may not, or cannot, be made to.
    """
    if dataset.image_shape == input_shape:
        return dataset
    from cnncli.data.images import convertible

    have, want = list(dataset.image_shape), list(input_shape)
    mismatch = f"the images of {dataset.name} are {have} (C, H, W), but the network's input is {want}"
    # The network may be a trained one, whose input can no longer be changed.
    write = f"before training, write `input: {have}` in the spec"
    if not convertible(have[0], want[0]):
        raise DataError(f"{mismatch}; {have[0]} channels cannot be made {want[0]}", write)
    if not resize:
        raise DataError(mismatch, f"--resize turns the images into {want}; or, {write}")
    _check_memory(dataset, input_shape)
    return replace(dataset, train=_scaled(dataset.train, input_shape), test=_scaled(dataset.test, input_shape))


def _scaled(split: Split, shape: tuple[int, int, int]) -> Split:
    import numpy as np

    from cnncli.data.images import scale

    images: np.ndarray = np.empty((len(split.images), *shape), dtype=split.images.dtype)
    for index, image in enumerate(split.images):
        images[index] = scale(image, shape)
    return Split(images, split.labels)


def _check_memory(dataset: DataSet, shape: tuple[int, int, int]) -> None:
    """Raises DataError where the scaled images could not be held in this machine's memory."""
    count = len(dataset.train.images) + len(dataset.test.images)
    needed = count * shape[0] * shape[1] * shape[2] * dataset.train.images.dtype.itemsize
    try:
        most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not every system says
        most = 1 << 40
    if needed > most:
        raise DataError(
            f"{count:,} images of {list(shape)} need {needed / 1e9:,.1f} GB of memory; this machine has"
            f" {most / 1e9:,.1f} GB",
            "write a smaller `input:` in the spec",
        )
