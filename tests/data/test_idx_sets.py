"""MNIST and Fashion-MNIST from local files: where they are found, and what is said of damaged ones."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli.data import files, idx, idx_sets, load
from cnncli.errors import CnncliError, DataError, FileError

Put = Callable[[Path, dict[str, bytes]], Path]
Encode = Callable[[np.ndarray], bytes]


def test_reads_images_and_labels_exactly(tmp_path: Path, put: Put, small_mnist: dict[str, bytes]) -> None:
    dataset = load("mnist", data_dir=put(tmp_path / "d", small_mnist))
    assert dataset.name == "mnist"
    assert dataset.classes == tuple("0123456789")
    assert dataset.image_shape == (1, 2, 3)
    assert str(tmp_path / "d") in dataset.source
    expected = np.arange(120, dtype=np.uint8).reshape(20, 1, 2, 3)
    np.testing.assert_array_equal(dataset.train.images, expected)
    np.testing.assert_array_equal(dataset.test.images, expected[:10] + 120)
    np.testing.assert_array_equal(dataset.train.labels, np.arange(20) % 10)
    assert (dataset.train.images.dtype, dataset.train.labels.dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("own_folder", [True, False])
@pytest.mark.parametrize("spelling", ["gzipped", "plain", "dotted", "plain but called .gz"])
def test_layouts_of_a_data_folder(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], name: str, own_folder: bool, spelling: str
) -> None:
    def spelled(file: str) -> str:
        plain = file.removesuffix(".gz")
        return {"plain": plain, "dotted": plain.replace("-idx", ".idx")}.get(spelling, file)

    contents = {
        spelled(file): content if spelling == "gzipped" else gzip.decompress(content)
        for file, content in small_mnist.items()
    }
    put(tmp_path / "d" / name if own_folder else tmp_path / "d", contents)
    assert load(name, data_dir=tmp_path / "d").train.labels.shape == (20,)


def test_order_of_folders(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = put(tmp_path / "cache" / "data" / "mnist", small_mnist)
    assert str(cache) in load("mnist").source
    monkeypatch.setenv("CNNCLI_DATA_DIR", str(put(tmp_path / "env", small_mnist)))
    assert str(tmp_path / "env") in load("mnist").source
    named = put(tmp_path / "named", small_mnist)
    assert str(named) in load("mnist", data_dir=named).source


def test_a_named_folder_without_the_files_is_told_and_passed_over(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes]
) -> None:
    put(tmp_path / "cache" / "data" / "mnist", small_mnist)
    lacking = dict(small_mnist)
    del lacking[idx_sets.TEST_LABELS]
    dataset = load("mnist", data_dir=put(tmp_path / "named", lacking))
    assert dataset.name == "mnist"
    notice = dataset.notices[0]
    assert str(tmp_path / "named") in notice
    assert notice.endswith(f"(not found: {idx_sets.TEST_LABELS})")


def test_fashion_mnist_nowhere_says_where_to_put_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        load("fashion-mnist", data_dir=tmp_path / "empty")
    assert str(tmp_path / "empty") in caught.value.message
    assert "DIR/fashion-mnist" in caught.value.hint
    assert str(tmp_path / "cache" / "data") in caught.value.hint


def test_one_set_is_not_taken_for_the_other(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = {"1f825aa2f0020ef7cf91dfa30da4668d791c5d4824fc8e41354b89ec05795ab3": "mnist"}
    monkeypatch.setattr(idx_sets, "_OWNERS", owner)  # of the labels 0 to 9
    folder = put(tmp_path / "d", small_mnist)
    assert load("mnist", data_dir=folder).name == "mnist"
    with pytest.raises(DataError, match="belongs to mnist, not to fashion-mnist"):
        load("fashion-mnist", data_dir=folder)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_set_that_lacks_images_is_told_and_refused_where_all_are_wanted(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], name: str
) -> None:
    folder = put(tmp_path / "d", small_mnist)
    counts = "20 of 60,000 training and 10 of 10,000 test images"
    dataset = load(name, data_dir=folder)
    (notice,) = dataset.notices
    assert notice.endswith(f"{folder} holds {counts}")
    assert dataset.source.endswith(f"{folder} ({counts})")
    with pytest.raises(DataError, match=counts) as caught:
        load(name, data_dir=folder, full=True)
    assert str(folder) in caught.value.message


def test_a_full_set_is_taken_without_a_notice(tmp_path: Path, put: Put, idx_bytes: Encode) -> None:
    contents = []
    for count, value in ((60_000, 1), (10_000, 2)):
        contents += [idx_bytes(np.full((count, 1, 1), value, np.uint8)), idx_bytes(np.zeros(count, np.uint8))]
    folder = put(tmp_path / "d", dict(zip(idx_sets.FILES, contents, strict=True)))
    dataset = load("mnist", data_dir=folder, full=True)
    assert dataset.notices == ()
    assert dataset.source == f"MNIST from {folder}"


def test_the_test_images_under_the_training_images_name(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes]
) -> None:
    copied = {
        **small_mnist,
        idx_sets.TRAIN_IMAGES: small_mnist[idx_sets.TEST_IMAGES],
        idx_sets.TRAIN_LABELS: small_mnist[idx_sets.TEST_LABELS],
    }
    with pytest.raises(DataError, match=f"begins with the images of .*{idx_sets.TEST_IMAGES}"):
        load("mnist", data_dir=put(tmp_path / "d", copied))


def test_only_a_copy_in_the_cache_is_to_be_removed(tmp_path: Path, put: Put, small_mnist: dict[str, bytes]) -> None:
    damaged = {**small_mnist, idx_sets.TRAIN_IMAGES: b"\x1f\x8bdamaged"}
    for folder, cached in ((tmp_path / "own", False), (tmp_path / "cache" / "data" / "mnist", True)):
        with pytest.raises(DataError, match=idx_sets.TRAIN_IMAGES) as caught:
            load("mnist", data_dir=put(folder, damaged))
        assert ("cache" in caught.value.hint) == cached


def _damage(small: dict[str, bytes], name: str, content: bytes, zipped: bool = True) -> dict[str, bytes]:
    return {**small, name: gzip.compress(content) if zipped else content}


IMAGES, LABELS = idx_sets.TRAIN_IMAGES, idx_sets.TRAIN_LABELS
HEAD = struct.pack(">4I", 0x803, 20, 2, 3)
BIG = 2**31


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (IMAGES, HEAD + bytes(119), "cut off"),
        (IMAGES, HEAD + bytes(121), "goes on after the 20 x 2 x 3 bytes"),
        (IMAGES, HEAD[:9], "ends within its header"),
        (IMAGES, b"", "is empty"),
        (IMAGES, struct.pack(">4I", 0x801, 20, 2, 3) + bytes(120), "holds labels"),
        (IMAGES, struct.pack(">4I", 0x1234, 20, 2, 3) + bytes(120), "starts with 00001234"),
        (IMAGES, struct.pack(">4I", 0x803, 0, 2, 3), "holds no images"),
        (IMAGES, struct.pack(">4I", 0x803, BIG, BIG, BIG) + bytes(120), "cannot hold"),
        (IMAGES, struct.pack(">4I", 0x803, BIG, 1, 1) + bytes(120), "cannot hold"),
        (IMAGES, struct.pack(">4I", 0x803, 21, 2, 3) + bytes(126), "holds 21 images"),
        (IMAGES, struct.pack(">4I", 0x803, 20, 3, 2) + bytes(120), "images of 3 x 2"),
        (LABELS, struct.pack(">2I", 0x801, 20) + bytes(19) + b"\x0a", "label 10 at position 19"),
        (LABELS, struct.pack(">2I", 0x801, 20) + bytes(19), "cut off"),
        (LABELS, struct.pack(">2I", 0x803, 20) + bytes(20), "holds images"),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_damaged_files(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], name: str, content: bytes, says: str, zipped: bool
) -> None:
    folder = put(tmp_path / "d", _damage(small_mnist, name, content, zipped))
    with pytest.raises(DataError) as caught:
        load("mnist", data_dir=folder)
    assert says in caught.value.message
    assert str(folder / name) in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 2


def test_damaged_gzip(tmp_path: Path, put: Put, small_mnist: dict[str, bytes]) -> None:
    whole = small_mnist[IMAGES]
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for content in (whole[:-20], whole[:-3], bytes(flipped), whole[:2], whole + b"junk"):
        folder = put(tmp_path / "d", {**small_mnist, IMAGES: content})
        with pytest.raises(DataError, match=IMAGES):
            load("mnist", data_dir=folder)


def test_gzip_that_inflates_without_end_is_left_at_the_promise(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(HEAD + bytes(64 << 20))
    inflated = 0
    read = gzip.GzipFile.read

    def counting(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        nonlocal inflated
        data = read(self, size)
        inflated += len(data)
        return data

    monkeypatch.setattr(gzip.GzipFile, "read", counting)
    with pytest.raises(DataError, match="goes on after"):
        load("mnist", data_dir=put(tmp_path / "d", {**small_mnist, IMAGES: bomb}))
    assert inflated < 1000


def test_a_promise_past_the_limit_is_refused_before_reading(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idx, "INFLATED_LIMIT", 100)
    with pytest.raises(DataError, match="cannot hold"):
        load("mnist", data_dir=put(tmp_path / "d", small_mnist))


def test_folder_or_pipe_in_place_of_a_file(tmp_path: Path, put: Put, small_mnist: dict[str, bytes]) -> None:
    folder = put(tmp_path / "d", small_mnist)
    (folder / IMAGES).unlink()
    (folder / IMAGES).mkdir()
    with pytest.raises(FileError, match="is a folder where a file is expected"):
        load("mnist", data_dir=folder)
    (folder / IMAGES).rmdir()
    os.mkfifo(folder / IMAGES)
    with pytest.raises(FileError, match="not a regular file"):
        load("mnist", data_dir=folder)


def test_what_the_system_refuses_is_a_file_error(
    tmp_path: Path, put: Put, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(tmp_path / "d", small_mnist)

    def refuse(self: Path, *args: object) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        with pytest.raises(FileError, match=f"{IMAGES} cannot be read: Permission denied$"):
            load("mnist", data_dir=folder)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", refuse)
        with pytest.raises(FileError, match=r"Permission denied$"):
            files.is_present(folder)


@settings(deadline=None)
@given(data=st.data())
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, idx_bytes: Encode, data: st.DataObject) -> None:
    N, H, W = (data.draw(st.integers(1, limit)) for limit in (9, 5, 5))
    images = np.frombuffer(data.draw(st.binary(min_size=N * H * W, max_size=N * H * W)), np.uint8)
    labels = np.array(data.draw(st.lists(st.integers(0, 9), min_size=N, max_size=N)), np.uint8)
    folder = tmp_path_factory.getbasetemp()
    compress = data.draw(st.booleans())
    paths = []
    for name, array in (("images", images.reshape(N, H, W)), ("labels", labels)):
        content = idx_bytes(array)
        paths.append(folder / name)
        paths[-1].write_bytes(gzip.compress(content) if compress else content)
    split = idx.read_split(*paths, classes=10)
    np.testing.assert_array_equal(split.images, images.reshape(N, 1, H, W))
    np.testing.assert_array_equal(split.labels, labels)


@settings(deadline=None)
@given(data=st.data())
def test_mutated_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, small_mnist: dict[str, bytes], data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    unzip = data.draw(st.booleans())
    for name, content in small_mnist.items():
        mutated = bytearray(gzip.decompress(content) if unzip else content)
        for _ in range(data.draw(st.integers(0, 2))):
            mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
        (folder / name).write_bytes(mutated[: data.draw(st.sampled_from([None, None, len(mutated) // 2, -1]))])
    try:
        dataset = load("mnist", data_dir=folder)
    except CnncliError as error:
        assert str(folder) in error.message
    else:
        assert dataset.train.images.shape[0] == dataset.train.labels.shape[0] > 0
        assert dataset.train.labels.max() < 10
