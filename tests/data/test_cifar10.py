"""CIFAR-10's binary batches, from files and straight from the archive."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnncli.data import load
from cnncli.data.sets import cifar10
from cnncli.data.sets.cifar10 import ARCHIVE, FOLDER, RECORD, TEST, TRAIN
from cnncli.errors import CnncliError, DataError, UsageError

Put = Callable[[Path, dict[str, bytes]], Path]


def _record(label: int, shade: int) -> bytes:
    return bytes([label]) + b"".join(bytes([shade + plane]) * 1024 for plane in range(3))


@pytest.fixture
def batches() -> dict[str, bytes]:
    """Two records in each training batch, three in the test batch."""
    files = {name: _record(index, 10 * index) + _record(9, 200) for index, name in enumerate(TRAIN)}
    return {**files, TEST[0]: b"".join(_record(label, 50) for label in range(3))}


def _tar(members: dict[str, bytes], extra: Callable[[tarfile.TarFile], None] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if extra is not None:
            extra(archive)
    return buffer.getvalue()


def _archive(batches: dict[str, bytes]) -> bytes:
    return gzip.compress(_tar({f"{FOLDER}/{name}": content for name, content in batches.items()}))


def _check(folder: Path) -> None:
    dataset = load("cifar10", data_dir=folder)
    assert dataset.name == "cifar10"
    assert dataset.classes[0] == "airplane"
    assert dataset.image_shape == (3, 32, 32)
    assert dataset.train.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert dataset.test.labels.tolist() == [0, 1, 2]
    assert dataset.train.images[2, :, 5, 7].tolist() == [10, 11, 12]
    assert (dataset.train.images[3] == np.array([200, 201, 202])[:, None, None]).all()
    assert dataset.train.images.flags.c_contiguous
    (notice,) = dataset.notices
    assert notice.endswith("holds 10 of 50,000 training and 3 of 10,000 test images")


def test_layouts_of_a_data_folder(tmp_path: Path, put: Put, batches: dict[str, bytes]) -> None:
    _check(put(tmp_path / "flat", batches))
    put(tmp_path / "nested" / FOLDER, batches)
    _check(tmp_path / "nested")
    archive = put(tmp_path / "archive", {ARCHIVE: _archive(batches)})
    _check(archive)
    _check(archive / ARCHIVE)
    put(tmp_path / "own" / "cifar10", {ARCHIVE: _archive(batches)})
    _check(tmp_path / "own")


def test_a_file_for_a_folder_is_refused_unless_it_is_the_archive(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"")
    with pytest.raises(UsageError, match=r"notes\.txt is not a folder"):
        load("cifar10", data_dir=tmp_path / "notes.txt")


def test_full_refuses_batches_that_lack_images(tmp_path: Path, put: Put, batches: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match="holds 10 of 50,000 training and 3 of 10,000 test images"):
        load("cifar10", data_dir=put(tmp_path / "d", batches), full=True)


def test_an_archive_completes_a_folder_that_lacks_a_batch(tmp_path: Path, put: Put, batches: dict[str, bytes]) -> None:
    folder = put(tmp_path / "d", {ARCHIVE: _archive(batches)})
    del batches[TEST[0]]
    put(folder, batches)
    _check(folder)


def test_a_folder_that_lacks_a_batch_is_told(tmp_path: Path, put: Put, batches: dict[str, bytes]) -> None:
    del batches[TEST[0]]
    with pytest.raises(DataError, match=r"not found: test_batch\.bin") as caught:
        load("cifar10", data_dir=put(tmp_path / "d", batches))
    assert "DIR/cifar10" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "0 bytes are no whole number of records"),
        (bytes(RECORD - 1), "3,072 bytes are no whole number of records"),
        (_record(3, 1) + _record(10, 1), "label 10 in record 1"),
    ],
)
@pytest.mark.parametrize("archived", [True, False])
def test_damaged_batches(
    tmp_path: Path, put: Put, batches: dict[str, bytes], content: bytes, says: str, archived: bool
) -> None:
    batches["data_batch_3.bin"] = content
    folder = put(tmp_path / "d", {ARCHIVE: _archive(batches)} if archived else batches)
    with pytest.raises(DataError) as caught:
        load("cifar10", data_dir=folder)
    assert says in caught.value.message
    assert "data_batch_3.bin" in caught.value.message


def _members(batches: dict[str, bytes], without: str = "") -> dict[str, bytes]:
    return {f"{FOLDER}/{name}": body for name, body in batches.items() if name != without}


def test_members_with_other_names_are_never_read_or_written(
    tmp_path: Path, put: Put, batches: dict[str, bytes]
) -> None:
    hostile = {"../escaped": b"x", "/absolute": b"x", f"{FOLDER}/../../escaped": b"x", f"{FOLDER}/readme.html": b""}
    folder = put(tmp_path / "a" / "b", {ARCHIVE: gzip.compress(_tar({**hostile, **_members(batches)}))})
    before = sorted(tmp_path.rglob("*"))
    _check(folder)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_in_place_of_batches(tmp_path: Path, put: Put, batches: dict[str, bytes], kind: bytes) -> None:
    def link(archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(f"{FOLDER}/{TEST[0]}")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)

    content = gzip.compress(_tar(_members(batches, without=TEST[0]), link))
    with pytest.raises(DataError, match="no plain file"):
        load("cifar10", data_dir=put(tmp_path / "d", {ARCHIVE: content}))


def test_archives_that_lie(tmp_path: Path, put: Put, batches: dict[str, bytes]) -> None:
    def huge(archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo("huge")
        info.size = 1 << 60
        archive.addfile(info)

    def pax_chain(archive: tarfile.TarFile) -> None:
        for _ in range(3000):
            info = tarfile.TarInfo("header")
            info.type = tarfile.XHDTYPE
            archive.addfile(info)

    whole = _archive(batches)
    twice = _tar(_members(batches), lambda archive: archive.addfile(_info(TEST[0]), io.BytesIO(b"")))
    cases = {
        "claims 1,152,921,504,606,846,976 bytes": gzip.compress(_tar(_members(batches), huge)),
        "maximum recursion depth": gzip.compress(_tar({}, pax_chain)),
        "is there twice": gzip.compress(twice),
        "lacks test_batch.bin": gzip.compress(_tar(_members(batches, without=TEST[0]))),
        "damaged: Compressed file ended": whole[: len(whole) // 2],
        "damaged: invalid header": gzip.compress(b"not a tar" * 200),
    }
    for says, content in cases.items():
        with pytest.raises(DataError) as caught:
            load("cifar10", data_dir=put(tmp_path / "d", {ARCHIVE: content}))
        assert says in caught.value.message, says


def _info(name: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(f"{FOLDER}/{name}")


def test_inflating_stops_at_the_limit(
    tmp_path: Path, put: Put, batches: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar10, "ARCHIVE_LIMIT", 30_000)
    put(tmp_path / "d", {ARCHIVE: _archive(batches)})
    with pytest.raises(DataError, match="inflates to more than 30,000 bytes"):
        load("cifar10", data_dir=tmp_path / "d")


def test_mutated_archives_are_read_or_refused(tmp_path: Path, put: Put, batches: dict[str, bytes]) -> None:
    plain = _tar(_members(batches))
    random = np.random.default_rng(1)
    for _ in range(150):
        mutated = bytearray(plain)
        start = 512 * int(random.integers(0, len(plain) // 512))  # where headers may be
        for offset in random.integers(0, 512, size=3):
            mutated[min(start + int(offset), len(plain) - 1)] = int(random.integers(0, 256))
        put(tmp_path / "d", {ARCHIVE: bytes(mutated)})
        try:
            assert load("cifar10", data_dir=tmp_path / "d").image_shape == (3, 32, 32)
        except CnncliError as error:
            assert ARCHIVE in error.message
