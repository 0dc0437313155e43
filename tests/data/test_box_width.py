"""What is drawn in gray images, made equally wide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnncli.data import DataSet, Split, load
from cnncli.data.box_width import check_box_width, images_of_box_width, of_box_width
from cnncli.errors import DataError


def drawn(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Images 12 x 16 with a bright rectangle each: its top, bottom, left, right."""
    images = np.zeros((len(boxes), 1, 12, 16), np.uint8)
    for image, (top, bottom, left, right) in zip(images, boxes, strict=True):
        image[0, top:bottom, left:right] = 200
    return images


def extent(image: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = (np.flatnonzero((image[0] >= 32).any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


@pytest.mark.parametrize("width", [4, 6, 10, 16])
def test_what_is_drawn_is_so_wide_in_the_middle_and_as_high_as_before(width: int) -> None:
    images = drawn((2, 9, 1, 5), (0, 12, 6, 16), (3, 4, 0, 1))
    changed = images_of_box_width(images, width)
    begin = (16 - width) // 2
    for before, after in zip(images, changed, strict=True):
        assert extent(after) == (*extent(before)[:2], begin, begin + width)
        assert set(np.unique(after)) <= {0, 200}
    assert changed.dtype == np.uint8 and changed.shape == images.shape


def test_what_is_drawn_is_scaled_linearly() -> None:
    image = np.zeros((1, 1, 3, 8), np.uint8)
    image[0, 0, :, 2:4] = [40, 240]
    assert images_of_box_width(image, 4)[0, 0, 1].tolist() == [0, 0, 40, 90, 190, 240, 0, 0]
    image[0, 0, :, 2:6] = [100, 200, 200, 100]
    assert images_of_box_width(image, 2)[0, 0, 1, 3:5].tolist() == pytest.approx([157, 157], abs=1)


def test_a_one_and_an_empty_image_stay_as_they_are() -> None:
    images = drawn((1, 11, 4, 9), (0, 0, 0, 0), (1, 11, 4, 10))
    images[1, 0, 5, 5] = 20  # a ground that is not quite dark
    changed = images_of_box_width(images, 10)
    assert changed[:2].tobytes() == images[:2].tobytes()
    assert extent(changed[2]) == (1, 11, 3, 13)


def test_no_width_is_the_images_themselves() -> None:
    digits = load("digits")
    assert of_box_width(digits, 0) is digits
    assert images_of_box_width(digits.train.images, 0) is digits.train.images


def test_both_splits_of_a_data_set_are_changed_and_labels_are_not() -> None:
    digits = load("digits")
    changed = of_box_width(digits, 7)
    assert changed.train.labels is digits.train.labels and changed.test.labels is digits.test.labels
    assert not np.array_equal(changed.train.images, digits.train.images)
    assert not np.array_equal(changed.test.images, digits.test.images)


def test_what_has_no_box_is_refused() -> None:
    digits = load("digits")
    check_box_width(digits, 8)
    with pytest.raises(DataError, match="box_width 9 is more"):
        check_box_width(digits, 9)
    with pytest.raises(DataError, match="for gray images"):
        check_box_width(replace(digits, train=Split(digits.train.images.astype(np.float32), digits.train.labels)), 5)
    colours = Split(np.zeros((2, 3, 8, 8), np.uint8), np.zeros(2, np.int64))
    with pytest.raises(DataError, match="for gray images"):
        check_box_width(DataSet("photos", ("a",), colours, colours, ""), 5)
