"""The bundled samples are what their README says."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from cnncli.data import load


@pytest.mark.parametrize(
    ("name", "side", "train", "test", "first_train", "first_test"),
    [
        ("digits", 8, 1442, 355, "e9b8ed7f45c052af", "27a0958067ca9af4"),
        ("mnist-5k", 28, 4000, 1000, "2d1c3087ac5f2bed", "fb55c7582f39fc02"),
    ],
)
def test_sample(name: str, side: int, train: int, test: int, first_train: str, first_test: str) -> None:
    dataset = load(name)
    assert dataset.name == name
    assert dataset.classes == tuple("0123456789")
    assert dataset.image_shape == (1, side, side)
    assert dataset.notices == ()
    for split, count, first in ((dataset.train, train, first_train), (dataset.test, test, first_test)):
        assert split.images.shape == (count, 1, side, side)
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
        assert split.images.min() == 0
        assert split.images.max() == 255
        assert hashlib.sha256(split.images[0].tobytes()).hexdigest()[:16] == first


def test_classes_are_balanced() -> None:
    assert np.bincount(load("mnist-5k").train.labels).tolist() == [400] * 10
    assert np.bincount(load("mnist-5k").test.labels).tolist() == [100] * 10
    digits = load("digits")
    assert np.bincount(digits.train.labels).tolist() == [143, 146, 142, 147, 145, 146, 145, 144, 140, 144]
    assert np.bincount(digits.test.labels).tolist() == [35, 36, 35, 36, 36, 36, 36, 35, 34, 36]


def test_no_image_is_in_both_splits() -> None:
    for name in ("digits", "mnist-5k"):
        dataset = load(name)
        trained = {image.tobytes() for image in dataset.train.images}
        assert not any(image.tobytes() in trained for image in dataset.test.images)


def test_the_pictures_go_with_their_labels() -> None:
    """The nearest class mean recognises most digits: labels and images were not shifted against each other."""
    for name, least in (("digits", 0.85), ("mnist-5k", 0.75)):
        dataset = load(name)
        flat = dataset.train.images.reshape(len(dataset.train.labels), -1).astype(np.float64)
        means = np.stack([flat[dataset.train.labels == digit].mean(axis=0) for digit in range(10)])
        tested = dataset.test.images.reshape(len(dataset.test.labels), -1)
        distances = ((tested[:, None] - means[None]) ** 2).sum(axis=2)
        assert (distances.argmin(axis=1) == dataset.test.labels).mean() > least
