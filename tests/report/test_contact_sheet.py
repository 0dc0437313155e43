"""The picture that `cnncli data show` writes: what is where in it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cnncli import kernels
from cnncli.data import load
from cnncli.data.dataset import DataSet, Split
from cnncli.report.contact_sheet import contact_sheet
from cnncli.training.augmentation import Augmentation, parse
from cnncli.training.distortions import distortions
from cnncli.training.preview import preview


def dataset(shape=(3, 4, 5), classes=("cat", "dog"), pixels=np.uint8, images=12) -> DataSet:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (images, *shape)).astype(pixels)
    split = Split(values, np.arange(images) % len(classes))
    return DataSet("pets", classes, split, split, "drawn")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["PNG"])


def test_each_class_in_turn_a_column_each() -> None:
    found = preview(dataset(), Augmentation(), seed=0, epoch=1, count=7)
    assert [[words for _, words in row] for row in found.rows] == [["cat", "dog"]] * 3 + [["cat"]]
    shown = {picture.tobytes() for row in found.rows for picture, _ in row}
    assert len(shown) == 7 and shown <= {image.tobytes() for image in dataset().train.images}
    other = preview(dataset(), Augmentation(), seed=1, epoch=1, count=7)
    assert shown != {picture.tobytes() for row in other.rows for picture, _ in row}


def test_the_pictures_are_magnified_pixel_by_pixel() -> None:
    found = preview(dataset(), Augmentation(), seed=0, epoch=1, count=2)
    sheet = np.asarray(opened(contact_sheet(found)))
    (first, _), _ = found.rows[0]
    side = round(96 / 5)
    expected = np.kron(first.transpose(1, 2, 0), np.ones((side, side, 1), np.uint8))
    np.testing.assert_array_equal(sheet[12 : 12 + 4 * side, 12 : 12 + 5 * side], expected)


def test_a_row_is_an_image_as_it_is_and_as_training_with_that_seed_sees_it() -> None:
    """Number for number what the kernel makes of the split in these epochs."""
    data, augmentation = load("digits"), parse("shift=1,elastic=8/2,cutout=2")
    found = preview(data, augmentation, seed=5, epoch=3, count=20)
    assert found.headings == ("original", *(f"epoch {number}" for number in range(3, 11)))
    assert [row[0][1] for row in found.rows] == ["0", "1", "2"] and {words for _, words in found.rows[0][1:]} == {""}
    images = data.train.images
    original = found.rows[1][0][0]
    (number,) = np.flatnonzero((images == original).all(axis=(1, 2, 3)))
    drawn = distortions(augmentation, len(images), images.shape[1:], 5, 4)
    changed = np.empty((1, 1, 8, 8), np.float32)
    fill = np.array([images.mean()], np.float32)
    kernels.augment.augment(images, np.array([number]), 1, drawn, fill, changed)
    np.testing.assert_allclose(found.rows[1][2][0], changed[0].round(), atol=1)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 300, 7), (4, 9, 9), (3, 500, 400)])
@pytest.mark.parametrize("text", ["none", "brightness=0.5"])
def test_images_of_any_size_and_number_of_channels(shape: tuple[int, int, int], text: str) -> None:
    names = ("a name far too long for a picture of this size", "tab\tand\x1b[31m")
    found = preview(dataset(shape, names, images=4), parse(text), seed=0, epoch=1, count=4)
    sheet = opened(contact_sheet(found))
    sheet.load()
    assert sheet.mode == "RGB" and sheet.size[0] < 1500


def test_numbers_that_are_no_pixels_are_stretched() -> None:
    data = dataset(pixels=np.float32)
    data.train.images[...] = np.linspace(-3, 3, data.train.images.size).reshape(data.train.images.shape)
    data.train.images[0, 0, 0, 0] = np.nan
    found = preview(data, Augmentation(), seed=0, epoch=1, count=11)
    values = np.stack([picture for row in found.rows for picture, _ in row])
    assert values.dtype == np.uint8
    constant = dataset(pixels=np.float32)
    constant.train.images[...] = 7
    assert not preview(constant, Augmentation(), 0, 1, 2).rows[0][0][0].any()


def test_the_same_bytes_again() -> None:
    first, second = (contact_sheet(preview(dataset(), parse("rotate=9"), 0, 1, 16)) for _ in range(2))
    assert first == second
