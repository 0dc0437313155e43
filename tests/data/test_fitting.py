"""Whether a data set fits a network's input, and scaling it."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.data import DataSet, Split, fit
from cnncli.errors import DataError

RANDOM = np.random.default_rng(0)


def _dataset(shape: tuple[int, int, int], dtype: str = "uint8", count: int = 4) -> DataSet:
    images = RANDOM.integers(0, 256, (count, *shape)).astype(dtype)
    split = Split(images, np.arange(count))
    return DataSet("pictures", tuple("abcd"), split, Split(images[:2], np.arange(2)), "drawn")


def test_images_that_fit_are_left_alone() -> None:
    dataset = _dataset((1, 28, 28))
    assert fit(dataset, (1, 28, 28), resize=False) is dataset
    assert fit(dataset, (1, 28, 28), resize=True) is dataset


def test_a_mismatch_says_what_to_write() -> None:
    with pytest.raises(DataError) as caught:
        fit(_dataset((3, 32, 32)), (1, 28, 28), resize=False)
    assert "pictures are [3, 32, 32]" in caught.value.message
    assert "input is [1, 28, 28]" in caught.value.message
    assert caught.value.hint == (
        "--resize turns the images into [1, 28, 28]; or, before training, write `input: [3, 32, 32]` in the spec"
    )


@pytest.mark.parametrize("resize", [True, False])
def test_channels_that_cannot_be_converted_offer_no_resize(resize: bool) -> None:
    with pytest.raises(DataError, match="3 channels cannot be made 2") as caught:
        fit(_dataset((3, 8, 8)), (2, 8, 8), resize)
    assert "--resize" not in caught.value.hint


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(
    ("have", "want"),
    [((1, 6, 8), (1, 9, 5)), ((1, 6, 8), (3, 6, 8)), ((3, 6, 8), (1, 4, 4)), ((2, 6, 8), (2, 3, 4))],
)
def test_resize_gives_the_shape_and_keeps_the_rest(
    have: tuple[int, int, int], want: tuple[int, int, int], dtype: str
) -> None:
    dataset = _dataset(have, dtype)
    fitted = fit(dataset, want, resize=True)
    assert fitted.image_shape == want
    assert fitted.test.images.shape == (2, *want)
    assert fitted.train.images.dtype == dtype
    assert fitted.train.labels is dataset.train.labels
    assert (fitted.name, fitted.classes, fitted.source) == ("pictures", dataset.classes, "drawn")
    assert dataset.image_shape == have


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_luma_and_repetition(dtype: str) -> None:
    colour = _dataset((3, 5, 5), dtype)
    gray = fit(colour, (1, 5, 5), resize=True).train.images[:, 0]
    luma = np.tensordot(colour.train.images, np.array([0.299, 0.587, 0.114]), axes=(1, 0))
    np.testing.assert_allclose(gray, luma.round() if dtype == "uint8" else luma, rtol=1e-6)
    back = fit(_dataset((1, 5, 5), dtype), (3, 5, 5), resize=True).train.images
    assert (back == back[:, :1]).all()


def test_halving_is_the_triangle_filter() -> None:
    """Antialiased bilinear at half size weighs the four source pixels around each centre 1, 3, 3, 1."""
    row = np.array([[0, 10, 40, 20, 200, 60, 80, 30]], dtype=np.float32)
    images = np.repeat(row, 8, axis=0)[None, None]
    dataset = DataSet("row", ("a",), Split(images, np.zeros(1)), Split(images, np.zeros(1)), "drawn")
    halved = fit(dataset, (1, 4, 4), resize=True).train.images[0, 0, 0]
    weights = np.array([1, 3, 3, 1]) / 8
    assert halved[1] == pytest.approx(row[0, 1:5] @ weights)
    assert halved[2] == pytest.approx(row[0, 3:7] @ weights)


def test_more_than_the_machines_memory_is_refused() -> None:
    with pytest.raises(DataError, match="GB of memory"):
        fit(_dataset((1, 4, 4)), (1, 10**6, 10**6), resize=True)
