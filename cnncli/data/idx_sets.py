"""MNIST and the sets published in its form: four IDX files of ten classes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncli.data import idx
from cnncli.data.dataset import DataSet
from cnncli.data.download import Published
from cnncli.data.files import is_present
from cnncli.data.locate import Collection, Found, counted, locate, reading_set
from cnncli.data.request import Request
from cnncli.errors import DataError

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
COUNTS = (60_000, 10_000)

# All of these sets use the same file names. The test labels tell them apart: SHA-256 of the 10,000 bytes.
_OWNERS = {
    "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5": "mnist",
    "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9": "fashion-mnist",
}


@dataclass(frozen=True, slots=True)
class IdxSet:
    """A named set of four IDX files: its name, the names of its classes, and where it is published."""

    name: str
    classes: tuple[str, ...]
    collection: Collection


def collection(title: str, folder: str, files: tuple[Published, ...], mirrors: tuple[str, ...]) -> Collection:
    """A set of the four FILES and of COUNTS images, found in a folder of data or in the set's own folder there."""
    return Collection(title, folder, COUNTS, files, mirrors, lambda place: _find(place, folder))


def load(idx_set: IdxSet, request: Request) -> DataSet:
    """Reads the set from where it is found. Raises as `locate`, `counted` and `idx.read_split` do.

    Raises DataError, too, where the four files do not belong together.
    """
    located = locate(idx_set.collection, request)
    files = located.files
    with reading_set(located):
        train = idx.read_split(files[TRAIN_IMAGES], files[TRAIN_LABELS], len(idx_set.classes))
        test = idx.read_split(files[TEST_IMAGES], files[TEST_LABELS], len(idx_set.classes))
    if train.images.shape[1:] != test.images.shape[1:]:
        sizes = [" x ".join(str(size) for size in split.images.shape[2:]) for split in (train, test)]
        raise DataError(
            f"{files[TRAIN_IMAGES]} holds images of {sizes[0]}, but {files[TEST_IMAGES]} images of {sizes[1]}"
        )
    owner = _OWNERS.get(hashlib.sha256(test.labels.astype("u1").tobytes()).hexdigest(), idx_set.name)
    if owner != idx_set.name:
        raise DataError(
            f"{files[TEST_LABELS]} belongs to {owner}, not to {idx_set.name}",
            f"pass --data {owner}, or keep each set in a folder of its own name",
        )
    if np.array_equal(train.images[: len(test.images)], test.images):
        raise DataError(
            f"{files[TRAIN_IMAGES]} begins with the images of {files[TEST_IMAGES]}: a test would only measure memory",
            f"put the published {TRAIN_IMAGES} and {TRAIN_LABELS} there",
        )
    dataset = DataSet(idx_set.name, idx_set.classes, train, test, located.source, located.notices)
    return counted(dataset, idx_set.collection, request.full)


def _find(place: Path, folder: str) -> Found:
    return {name: _first(place, folder, name) for name in FILES}


def _first(place: Path, folder: str, name: str) -> Path | None:
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")  # the name some unpackers and re-publishers give
    candidates = (base / variant for base in (place / folder, place) for variant in (name, plain, dotted))
    return next((path for path in candidates if is_present(path)), None)
