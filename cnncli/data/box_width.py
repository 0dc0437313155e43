"""Gray images in which all that is drawn is equally wide: an input normalisation, as Ciresan et al. (2012) have it.

They train members of a committee on MNIST's digits made 10, 12, ..., 20 pixels wide, so that each sees other images.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.data.dataset import DataSet, Split
from cnncli.errors import DataError

_INK = 32
"""From this level on a pixel is drawn, on a ground of 0."""
_SLIM = 2
"""What is so many times as high as wide stays as it is: a one, drawn wide, would be a bar. Ciresan et al. spare the
class of ones; but of a test image the class is not known. Of MNIST's ones 58% are so slim, of its other digits 4%."""


def check_box_width(dataset: DataSet, width: int) -> None:
    """Raises `DataError` where the images are none that can be drawn so wide; 0 is as they are."""
    C, _, W = dataset.image_shape
    if width and (C != 1 or dataset.train.images.dtype != np.uint8):
        raise DataError(f"box_width is for gray images of 0 to 255; those of {dataset.name} are none", "leave it out")
    if width > W:
        raise DataError(f"box_width {width} is more than the images of {dataset.name} are wide: {W}", f"at most {W}")


def of_box_width(dataset: DataSet, width: int) -> DataSet:
    """The data set with all its images so; itself with 0."""
    if not width:
        return dataset
    train, test = (split_of_box_width(split, width) for split in (dataset.train, dataset.test))
    return replace(dataset, train=train, test=test)


def split_of_box_width(split: Split, width: int) -> Split:
    """The split with all its images so; itself with 0."""
    return replace(split, images=images_of_box_width(split.images, width))


def images_of_box_width(images: np.ndarray, width: int) -> np.ndarray:
    """New images [N, 1, H, W], uint8: the columns from the first to the last that is drawn on, scaled to `width` of
    them (at most W) and put in the middle. Light on dark is taken for granted; an image where nothing is drawn stays
    as it is. With 0, the images themselves.
    """
    if not width:
        return images
    from PIL import Image  # not before it is needed: it takes its time

    drawn = images[:, 0] >= _INK
    left, right = _extent(drawn.any(axis=1))
    top, bottom = _extent(drawn.any(axis=2))
    changed = np.array(images)
    begin = (images.shape[3] - width) // 2
    for n in np.flatnonzero((right > left) & (bottom - top < _SLIM * (right - left))):
        # Cut out first: what is resized by its `box` takes in some of what lies around it.
        ink = Image.fromarray(np.ascontiguousarray(images[n, 0, :, left[n] : right[n]]))
        changed[n] = 0
        changed[n, 0, :, begin : begin + width] = ink.resize((width, ink.height), Image.Resampling.BILINEAR)
    return changed


def _extent(marked: Any) -> tuple[np.ndarray, np.ndarray]:
    """For rows of marks [N, W] the first, and the one after the last: [N] each, both 0 where there are none."""
    some = marked.any(axis=1)
    return marked.argmax(axis=1) * some, (marked.shape[1] - marked[:, ::-1].argmax(axis=1)) * some
