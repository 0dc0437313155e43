"""Data sets in .npz files: the forms that are read, and hostile ones."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.data import load
from cnncli.errors import CnncliError, DataError, FileError

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (10, 6, 7, 3), dtype=np.uint8)
LABELS = np.arange(10) % 2


def _save(path: Path, **arrays: Any) -> str:
    np.savez_compressed(path, **arrays)
    return str(path)


def _keras(path: Path, images: Any = PIXELS, labels: Any = LABELS) -> str:
    return _save(path, x_train=images, y_train=labels, x_test=images[:4], y_test=labels[:4])


def _npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    size = struct.pack("<H" if version == (1, 0) else "<I", len(header))
    return b"\x93NUMPY" + bytes(version) + size + header.encode("latin1") + data


def _zip(path: Path, replaced: bytes, kind: int = zipfile.ZIP_DEFLATED) -> str:
    """An .npz whose x_train is the given bytes."""
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr("x_train.npy", replaced)
        for name, array in (("y_train", LABELS), ("x_test", PIXELS), ("y_test", LABELS)):
            buffer = io.BytesIO()
            np.save(buffer, array)
            archive.writestr(f"{name}.npy", buffer.getvalue())
    return str(path)


def test_keras_form(tmp_path: Path) -> None:
    dataset = load(_keras(tmp_path / "cats.npz", labels=LABELS[:, None]))
    assert dataset.name == "cats"
    assert dataset.classes == ("0", "1")
    assert dataset.image_shape == (3, 6, 7)
    np.testing.assert_array_equal(dataset.train.images, PIXELS.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(dataset.test.labels, LABELS[:4])
    assert (dataset.train.images.dtype, dataset.train.labels.dtype) == (np.uint8, np.int64)
    assert dataset.train.images.flags.c_contiguous


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((10, 6, 7), (1, 6, 7)), ((10, 6, 7, 1), (1, 6, 7)), ((10, 3, 6, 7), (3, 6, 7)), ((10, 6, 7, 4), (4, 6, 7))],
)
def test_layouts(tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert load(_keras(tmp_path / "d.npz", np.zeros(shape, np.uint8))).image_shape == expected


@pytest.mark.parametrize("shape", [(10, 3, 6, 3), (10, 6, 6, 6)])
def test_ambiguous_layouts(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="which axis is the channels"):
        load(_keras(tmp_path / "d.npz", np.zeros(shape, np.uint8)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("float32", "float32"), ("float64", "float32"), (">f4", "float32"), ("float16", "float32"), ("int64", "uint8")],
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_number_types(tmp_path: Path, given: str, kept: str, order: Any) -> None:
    dataset = load(_keras(tmp_path / "d.npz", np.asarray(PIXELS, dtype=given, order=order)))
    assert dataset.train.images.dtype == kept
    np.testing.assert_array_equal(dataset.train.images, PIXELS.transpose(0, 3, 1, 2))


def test_images_and_labels_are_split_every_fifth_of_a_class(tmp_path: Path) -> None:
    labels = np.array([0] * 7 + [1] * 10)
    images = np.arange(17, dtype=np.uint8)[:, None, None] * np.ones((1, 6, 6), np.uint8)
    dataset = load(_save(tmp_path / "d.npz", images=images, labels=labels))
    assert dataset.test.images[:, 0, 0, 0].tolist() == [4, 11, 16]
    assert dataset.test.labels.tolist() == [0, 1, 1]
    assert dataset.train.images[:, 0, 0, 0].tolist() == [i for i in range(17) if i not in (4, 11, 16)]


def test_a_class_too_small_to_split(tmp_path: Path) -> None:
    path = _save(tmp_path / "d.npz", images=PIXELS[:9], labels=np.array([0] * 5 + [1] * 4))
    with pytest.raises(DataError, match="class '1' has 4 images"):
        load(path)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"labels": LABELS.astype(float)}, "one integer per image"),
        ({"labels": np.eye(10)}, "one integer per image"),
        ({"labels": LABELS - 1}, "label -1 at position 0 is out of range"),
        ({"labels": LABELS + 10**15}, "out of range"),
        ({"labels": np.uint64(2**64 - 1) - LABELS.astype(np.uint64)}, "out of range"),
        ({"labels": LABELS[:9]}, "10 images, but"),
        ({"labels": LABELS[:0]}, "holds no labels"),
        ({"images": PIXELS.reshape(10, -1)}, "needed is"),
        ({"images": PIXELS[:0]}, "holds no images"),
        ({"images": PIXELS.astype(int) * 2}, "outside 0 to 255"),
        ({"images": np.full((10, 6, 6), np.nan)}, "not finite"),
        ({"images": np.full((10, 6, 6), 1e300)}, "not finite"),
        ({"images": PIXELS > 3}, "holds bool"),
        ({"images": PIXELS.astype(complex)}, "holds complex128"),
        ({"images": np.full((10, 6, 6), "x")}, "holds <U1"),
    ],
)
def test_arrays_that_are_no_data_set(tmp_path: Path, arrays: dict[str, Any], says: str) -> None:
    path = _save(tmp_path / "d.npz", **{"images": PIXELS, "labels": LABELS, **arrays})
    with pytest.raises(DataError) as caught:
        load(path)
    assert says in caught.value.message
    assert path in caught.value.message


def test_counts_that_differ_say_what_to_do_and_nothing_of_a_cache(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(_save(tmp_path / "d.npz", images=PIXELS, labels=LABELS[:9]))
    assert "one label for each image" in caught.value.hint
    (tmp_path / "d.npz").write_bytes(b"damaged")
    with pytest.raises(DataError, match="is damaged") as caught:
        load(str(tmp_path / "d.npz"))
    assert caught.value.hint
    assert "cache" not in caught.value.hint


def test_train_and_test_of_different_sizes(tmp_path: Path) -> None:
    path = _save(tmp_path / "d.npz", x_train=PIXELS, y_train=LABELS, x_test=PIXELS[:, :5], y_test=LABELS)
    with pytest.raises(DataError, match=r"images of \[3, 6, 7\], x_test of \[3, 5, 7\]"):
        load(path)


def test_missing_arrays_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds 'a', 'b'; needed: x_train"):
        load(_save(tmp_path / "d.npz", a=PIXELS, b=LABELS))


class _Trap:
    """Pickled, it would raise on loading."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('the pickle was loaded')",))


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    trap = np.array([_Trap()] * 10, dtype=object)
    path = _save(tmp_path / "d.npz", x_train=trap, y_train=LABELS, x_test=PIXELS, y_test=LABELS)
    with pytest.raises(DataError, match="pickled Python objects"):
        load(path)
    (tmp_path / "p.npz").write_bytes(b"\x80\x04\x95")
    with pytest.raises(DataError, match=r"is not an \.npz file"):
        load(str(tmp_path / "p.npz"))


HEADER = "{{'descr': '|u1', 'fortran_order': False, 'shape': {}, }}\n"


@pytest.mark.parametrize(
    "content",
    [
        _npy(HEADER.format("(1000000, 1000000, 10)"), bytes(100)),
        _npy(HEADER.format("(-1, 5, 5)"), bytes(100)),
        _npy(HEADER.format("(10, 6, 7)"), bytes(419)),
        _npy(HEADER.format("(10, 6, 7)"), bytes(421)),
        _npy(HEADER.format("(" * 3000)),
        _npy(HEADER.format("(" + "9" * 5000 + ",)")),
        _npy("{'descr': '|u1'"),
        _npy("x" * 60_000),
        _npy("", version=(2, 0))[:8] + struct.pack("<I", 2**32 - 1),
        _npy(HEADER.format("(10, 6, 7)"), bytes(420), version=(9, 0)),
        _npy("__import__('os').abort()\n"),
        b"",
        b"\x93NUMP",
    ],
)
def test_hostile_headers(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError) as caught:
        load(_zip(tmp_path / "d.npz", content))
    assert "d.npz" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_zip_bomb_costs_no_memory(tmp_path: Path) -> None:
    path = _zip(tmp_path / "bomb.npz", _npy(HEADER.format("(10, 6, 7)"), bytes(64 << 20)))
    tracemalloc.start()
    with pytest.raises(DataError, match="its header promises 420 bytes"):
        load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_a_directory_that_promises_what_the_file_cannot_hold(tmp_path: Path) -> None:
    content = _npy(HEADER.format("(1000, 1000, 1000)"), bytes(1000))
    path = Path(_zip(tmp_path / "d.npz", content, zipfile.ZIP_STORED))
    raw = path.read_bytes()
    real = struct.pack("<II", len(content), len(content))
    assert raw.count(real) == 2
    path.write_bytes(raw.replace(real, struct.pack("<II", len(content), 10**9 + len(content) - 1000)))
    with pytest.raises(DataError, match="which the file cannot hold"):
        load(str(path))


def test_other_compressions_and_encryption(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="compressed in a way"):
        load(_zip(tmp_path / "d.npz", b"x", zipfile.ZIP_BZIP2))
    path = Path(_zip(tmp_path / "e.npz", b"x", zipfile.ZIP_STORED))
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(DataError, match="damaged"):
        load(str(path))


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    path = Path(_keras(tmp_path / "d.npz", PIXELS[:, :3, :3, 0]))
    whole = path.read_bytes()
    random = np.random.default_rng(2)
    for _ in range(300):
        mutated = bytearray(whole)
        for position in random.integers(0, len(whole), size=2):
            mutated[int(position)] = int(random.integers(0, 256))
        end = len(whole) if random.random() < 0.8 else int(random.integers(0, len(whole)))
        path.write_bytes(mutated[:end])
        try:
            assert len(load(str(path)).train.labels) > 0
        except CnncliError as error:
            assert "d.npz" in error.message


def test_a_folder_named_npz_is_a_folder_of_images(tmp_path: Path) -> None:
    (tmp_path / "d.npz").mkdir()
    with pytest.raises(DataError, match="holds no folders of images"):
        load(str(tmp_path / "d.npz"))


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _keras(tmp_path / "d.npz")

    def refuse(self: Path, *args: object) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileError, match=r"d\.npz cannot be read: Permission denied"):
        load(path)
