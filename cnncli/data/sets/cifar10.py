"""CIFAR-10: 50,000 + 10,000 pictures of animals and vehicles in ten classes, 32x32 colour.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. Read from the binary
version: records of one label byte and 3,072 pixel bytes (red, green, blue planes). The archive is never
unpacked: its six files of records are read straight from it, and whatever else it holds is passed over.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from cnncli.data.dataset import DataSet, Split
from cnncli.data.download import Published
from cnncli.data.files import AGAIN, INFLATED_LIMIT, is_present, open_inflated, read_exactly, reason
from cnncli.data.locate import Collection, Found, counted, locate, reading_set
from cnncli.data.request import Request
from cnncli.errors import DataError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDER = "cifar-10-batches-bin"
OWN_FOLDER = "cifar10"
ARCHIVE = "cifar-10-binary.tar.gz"
TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = ("test_batch.bin",)
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32

ARCHIVE_LIMIT = 256 << 20
"""The most bytes that the archive may inflate to: the published one holds 184 million."""


def collection() -> Collection:
    """Where it is published."""
    return CIFAR10


def load(request: Request) -> DataSet:
    """CIFAR-10, [3, 32, 32]. Raises as `locate` and `counted`, and DataError where a file is damaged."""
    located = locate(CIFAR10, request)
    with reading_set(located):
        if ARCHIVE in located.files:
            batches = _read_archive(located.files[ARCHIVE])
        else:
            batches = {name: _read_batch(path) for name, path in located.files.items()}
    train, test = _split(batches, TRAIN), _split(batches, TEST)
    return counted(DataSet("cifar10", CLASSES, train, test, located.source, located.notices), CIFAR10, request.full)


def _find(place: Path) -> Found:
    """The six files, in the archive's folder or the place; else the archive, which the place may be."""
    partial: Found = {}
    for base in (place / FOLDER, place):
        found = {name: base / name if is_present(base / name) else None for name in TRAIN + TEST}
        if all(found.values()):
            return found
        partial = partial or (found if any(found.values()) else {})
    archives = (place / OWN_FOLDER / ARCHIVE, place / ARCHIVE, place)
    archive = next((path for path in archives if path.name == ARCHIVE and is_present(path)), None)
    return partial if partial and archive is None else {ARCHIVE: archive}


CIFAR10 = Collection(
    "CIFAR-10",
    OWN_FOLDER,
    (50_000, 10_000),
    (Published(ARCHIVE, 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),),
    ("https://www.cs.toronto.edu/~kriz/",),
    _find,
)


def _split(batches: Mapping[str, np.ndarray], names: tuple[str, ...]) -> Split:
    records = np.concatenate([batches[name] for name in names])
    return Split(np.ascontiguousarray(records[:, 1:]).reshape(-1, *SHAPE), records[:, 0].astype(np.int64))


def _read_batch(path: Path) -> np.ndarray:
    with open_inflated(path) as (stream, most):
        return _records(read_exactly(stream, min(most, INFLATED_LIMIT)), str(path))


def _records(data: bytes | bytearray, where: str) -> np.ndarray:
    """[N, 3073] uint8. Raises DataError where the bytes are not whole records with labels in range."""
    if not data or len(data) % RECORD:
        raise DataError(
            f"{where} is cut off or no CIFAR-10 batch: {len(data):,} bytes are no whole number of records"
            f" of {RECORD:,}",
            AGAIN,
        )
    records = np.frombuffer(data, dtype=np.uint8).reshape(-1, RECORD)
    wrong = np.flatnonzero(records[:, 0] >= len(CLASSES))
    if wrong.size:
        raise DataError(
            f"{where}: label {records[wrong[0], 0]} in record {wrong[0]:,} is out of range (0 to {len(CLASSES) - 1})",
            AGAIN,
        )
    return records


class _Bounded:
    """A stream that ends in an error past ARCHIVE_LIMIT, wherever tarfile would read on to."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self.stream, self.path, self.left = stream, path, ARCHIVE_LIMIT

    def read(self, count: int) -> bytes:
        """Raises DataError once more than ARCHIVE_LIMIT bytes have been inflated."""
        data = self.stream.read(count)
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.path} inflates to more than {ARCHIVE_LIMIT:,} bytes: not CIFAR-10", AGAIN)
        return data


def _read_archive(path: Path) -> dict[str, np.ndarray]:
    """The six batches by their names; nothing is written, and no other member is read."""
    wanted = {f"{FOLDER}/{name}": name for name in TRAIN + TEST}
    batches: dict[str, np.ndarray] = {}
    with open_inflated(path) as (stream, _):
        try:
            bounded = cast(BinaryIO, _Bounded(stream, path))
            with tarfile.open(fileobj=bounded, mode="r|") as archive:
                for member in archive:
                    if member.size > ARCHIVE_LIMIT:  # passing over it would take tarfile for ever
                        raise DataError(f"{path}: a member claims {member.size:,} bytes: not CIFAR-10", AGAIN)
                    name = wanted.get(member.name)
                    if name is None:
                        continue
                    if not member.isreg() or member.issparse() or name in batches:
                        raise DataError(f"{path}: {member.name} is no plain file, or is there twice", AGAIN)
                    content = archive.extractfile(member)
                    data = content.read() if content is not None else b""
                    batches[name] = _records(data, f"{path}: {member.name}")
        except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
            raise DataError(f"{path} is damaged: {reason(error)}", AGAIN) from error
    if missing := [name for name in TRAIN + TEST if name not in batches]:
        raise DataError(f"{path} lacks {', '.join(missing)}", AGAIN)
    return batches
