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
from cnncli.training.preview import Preview, as_pixels, preview, stretched


def dataset(shape=(3, 4, 5), classes=("cat", "dog"), pixels=np.uint8, images=12) -> DataSet:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (images, *shape)).astype(pixels)
    split = Split(values, np.arange(images) % len(classes))
    return DataSet("pets", classes, split, split, "drawn")


def sheet_of(found: Preview) -> bytes:
    return contact_sheet(found.rows, found.headings)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["PNG"])


def test_each_class_in_turn_a_column_each() -> None:
    found = preview(dataset(), Augmentation(), seed=0, epoch=1, count=7)
    assert [[lines for _, lines in row] for row in found.rows] == [[("cat",), ("dog",)]] * 3 + [[("cat",)]]
    shown = {picture.tobytes() for row in found.rows for picture, _ in row}
    assert len(shown) == 7 and shown <= {image.tobytes() for image in dataset().train.images}
    other = preview(dataset(), Augmentation(), seed=1, epoch=1, count=7)
    assert shown != {picture.tobytes() for row in other.rows for picture, _ in row}


def test_the_pictures_are_magnified_pixel_by_pixel() -> None:
    found = preview(dataset(), Augmentation(), seed=0, epoch=1, count=2)
    sheet = np.asarray(opened(sheet_of(found)))
    (first, _), _ = found.rows[0]
    side = round(96 / 5)
    expected = np.kron(first.transpose(1, 2, 0), np.ones((side, side, 1), np.uint8))
    np.testing.assert_array_equal(sheet[12 : 12 + 4 * side, 12 : 12 + 5 * side], expected)


def test_a_row_is_an_image_as_it_is_and_as_training_with_that_seed_sees_it() -> None:
    """Number for number what the kernel makes of the split in these epochs."""
    data, augmentation = load("digits"), parse("shift=1,elastic=8/2,cutout=2")
    found = preview(data, augmentation, seed=5, epoch=3, count=20)
    assert found.headings == ("original", *(f"epoch {number}" for number in range(3, 11)))
    assert [row[0][1] for row in found.rows] == [("0",), ("1",), ("2",)]
    assert {lines for _, lines in found.rows[0][1:]} == {()}
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
    sheet = opened(sheet_of(found))
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
    first, second = (sheet_of(preview(dataset(), parse("rotate=9"), 0, 1, 16)) for _ in range(2))
    assert first == second


def test_several_lines_stand_under_each_picture() -> None:
    """Of 12 x 12 pixels, each 8 times as wide: 96, and a gap of 8."""
    shades = (10, 60, 110, 160, 210)
    tiles = [(np.full((1, 12, 12), shade, np.uint8), ("one", "two")) for shade in shades]
    sheet = np.asarray(opened(contact_sheet([tiles[:2], tiles[2:4], tiles[4:]])))
    assert sheet.shape[1] == 12 + 2 * (96 + 8) - 8 + 12
    for number, shade in enumerate(shades):
        top, left = 12 + number // 2 * (96 + 2 * 20 + 8), 12 + number % 2 * 104
        assert (sheet[top : top + 96, left : left + 96] == shade).all()
        for line in (0, 1):
            words = sheet[top + 98 + line * 20 : top + 116 + line * 20, left : left + 96]
            assert (words < 160).any(), "its caption"
    assert (sheet[12 + 2 * 144 :, 116:] == sheet[0, 0]).all()


def test_colours_and_numbers_as_pixels() -> None:
    red = np.zeros((3, 4, 4), np.uint8)
    red[0] = 200
    assert np.asarray(opened(contact_sheet([[(red, ())]])))[20, 20].tolist() == [200, 0, 0]
    assert as_pixels(np.array([-1.0, 0.0, np.nan, 1.0, np.inf], np.float32)).tolist() == [0, 128, 0, 255, 255]
    assert not as_pixels(np.full(3, np.nan, np.float32)).any()
    largest = np.finfo(np.float32).max
    assert as_pixels(np.array([-largest, largest])).tolist() == [0, 255]
    low, high = np.array([[0.0], [5.0]]), np.array([[2.0], [5.0]])
    assert stretched(np.array([[0.0, 1.0, 2.0], [5.0, 5.0, 5.0]]), low, high).tolist() == [[0, 128, 255], [0, 0, 0]]
