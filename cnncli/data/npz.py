"""Data sets in NumPy's .npz: `x_train, y_train, x_test, y_test` as Keras names them, or `images, labels`.

An .npz is a zip of .npy files. Their headers are read before any array, so that a size which the file cannot
hold is refused before memory is taken for it; arrays of Python objects (pickles) are refused always.
"""

from __future__ import annotations

import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from cnncli.data.dataset import DataSet, Split
from cnncli.data.files import AGAIN, DEFLATE_RATIO, INFLATED_LIMIT, open_file, read_exactly, reading, reason
from cnncli.data.split import test_mask
from cnncli.errors import DataError

SPLIT_KEYS = ("x_train", "y_train", "x_test", "y_test")
WHOLE_KEYS = ("images", "labels")
MOST_CLASSES = 65_536
MOST_CHANNELS = 4
HEADER_LIMIT = 10_000

_SAMPLES = Path(__file__).parent / "samples"
# What zipfile and NumPy's header reader raise for a damaged or hostile file.
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    tokenize.TokenError,
    struct.error,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class _Header:
    """What an .npy file says before its data; `offset` is where the data begins."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool
    offset: int


def load(path: Path) -> DataSet:
    """Reads a data set from an .npz file; its name is the file's.

    Raises DataError where arrays are missing, damaged, ambiguous or disagree; FileError where the file cannot
    be read.
    """
    return _load(path, path.stem, str(path))


def load_sample(name: str, source: str) -> DataSet:
    """Reads a bundled data set."""
    return _load(_SAMPLES / f"{name}.npz", name, source)


def _load(path: Path, name: str, source: str) -> DataSet:
    arrays = _read_arrays(path)
    if "images" not in arrays:
        train = _split(arrays["x_train"], arrays["y_train"], f"{path}: x_train", f"{path}: y_train")
        test = _split(arrays["x_test"], arrays["y_test"], f"{path}: x_test", f"{path}: y_test")
        if train.images.shape[1:] != test.images.shape[1:]:
            raise DataError(
                f"{path}: x_train holds images of {list(train.images.shape[1:])}, x_test of"
                f" {list(test.images.shape[1:])} (C, H, W)",
                "scale them to one size before they are saved",
            )
        classes = _classes(train.labels, test.labels)
    else:
        whole = _split(arrays["images"], arrays["labels"], f"{path}: images", f"{path}: labels")
        classes = _classes(whole.labels)
        mask = test_mask(whole.labels, classes, str(path))
        train, test = (Split(whole.images[part], whole.labels[part]) for part in (~mask, mask))
    return DataSet(name, classes, train, test, source)


def _classes(*labels: np.ndarray) -> tuple[str, ...]:
    return tuple(str(index) for index in range(1 + max(int(part.max()) for part in labels)))


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of one of the two forms, by name."""
    with reading(path), open_file(path) as raw:
        size = path.stat().st_size
        try:
            with zipfile.ZipFile(raw) as archive:
                members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
                keys = next((keys for keys in (SPLIT_KEYS, WHOLE_KEYS) if members.keys() >= set(keys)), None)
                if keys is None:
                    held = ", ".join(repr(name)[:40] for name in sorted(members)[:8]) or "nothing"
                    raise DataError(
                        f"{path} holds {held}; needed: x_train, y_train, x_test, y_test, or images, labels",
                        "write it with np.savez_compressed(path, x_train=..., y_train=..., ...)",
                    )
                return {key: _read_array(archive, members[key], size, f"{path}: {key}") for key in keys}
        except _DAMAGE as error:
            raise DataError(f"{path} is not an .npz file, or is damaged: {reason(error)}", AGAIN) from error


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, where: str) -> np.ndarray:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{where} is compressed in a way that NumPy does not write", AGAIN)
    most = size if info.compress_type == zipfile.ZIP_STORED else min(size * DEFLATE_RATIO, INFLATED_LIMIT)
    if info.file_size > most:
        raise DataError(f"{where} claims {info.file_size:,} bytes, which the file cannot hold", AGAIN)
    with archive.open(info) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote
        header = _read_header(stream.read(HEADER_LIMIT + 12), where)
    promised = math.prod(header.shape) * header.dtype.itemsize
    if header.offset + promised != info.file_size:
        raise DataError(
            f"{where} is damaged: its header promises {promised:,} bytes of data, the file has"
            f" {info.file_size - header.offset:,}",
            AGAIN,
        )
    with archive.open(info) as stream:
        data = read_exactly(stream, header.offset + promised)  # type: ignore[arg-type]
    if len(data) < header.offset + promised:
        raise DataError(f"{where} is cut off", AGAIN)
    flat = np.frombuffer(data, dtype=header.dtype, offset=header.offset)
    return flat.reshape(header.shape, order="F" if header.fortran_order else "C")


def _read_header(head: bytes, where: str) -> _Header:
    """Parses an .npy header out of the file's first bytes. Raises what NumPy raises for nonsense."""
    stream = BytesIO(head)
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream, HEADER_LIMIT)
    elif version == (2, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(stream, HEADER_LIMIT)
    else:
        raise DataError(f"{where} is in version {version} of the .npy format, which plain arrays are not")
    if dtype.hasobject:
        raise DataError(
            f"{where} holds pickled Python objects, which are never loaded: reading them can run any code",
            "save plain arrays of numbers",
        )
    if dtype.kind not in "uif" or dtype.itemsize > 8 or min(shape, default=1) < 0:
        raise DataError(f"{where} holds {dtype}; integers or floating-point numbers are needed")
    return _Header(shape, dtype, fortran_order, stream.tell())


def _split(images: np.ndarray, labels: np.ndarray, images_at: str, labels_at: str) -> Split:
    split = Split(_images(images, images_at), _labels(labels, labels_at))
    if len(split.images) != len(split.labels):
        counts = len(split.images), len(split.labels)
        raise DataError(
            f"{images_at} holds {counts[0]:,} images, but {labels_at} {counts[1]:,} labels",
            "save one label for each image, in the images' order",
        )
    return split


def _images(values: np.ndarray, where: str) -> np.ndarray:
    """[N, C, H, W], uint8 or float32, from [N, H, W], [N, H, W, C] or [N, C, H, W]."""
    shape = list(values.shape)
    if 0 in shape:
        raise DataError(f"{where} holds no images: its shape is {shape}", "save at least one image in each array")
    if len(shape) not in (3, 4):
        raise DataError(f"{where} has shape {shape}; needed is [N, H, W], [N, H, W, C] or [N, C, H, W]")
    if len(shape) == 3:
        values = values[:, np.newaxis]
    else:
        first, last = shape[1] <= MOST_CHANNELS, shape[3] <= MOST_CHANNELS
        if first == last:
            raise DataError(
                f"{where} has shape {shape}: it cannot be told which axis is the channels",
                f"exactly one of the second and the last must be 1 to {MOST_CHANNELS}",
            )
        values = values if first else values.transpose(0, 3, 1, 2)
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):
            values = np.require(values, np.float32, ["C", "A"])
        if not np.isfinite(values).all():
            raise DataError(f"{where} holds values that are not finite (NaN or infinity)")
        return values
    if values.dtype != np.uint8 and (values.min() < 0 or values.max() > 255):
        raise DataError(f"{where} holds integers outside 0 to 255", "save the images as uint8 or as float32")
    return np.ascontiguousarray(values, dtype=np.uint8)


def _labels(values: np.ndarray, where: str) -> np.ndarray:
    """[N] int64, from integers [N] or [N, 1] (as Keras has CIFAR-10's)."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or values.dtype.kind not in "ui":
        raise DataError(
            f"{where} has shape {list(values.shape)} of {values.dtype}; needed is one integer per image",
            "np.argmax(y, axis=1) makes them of one-hot rows",
        )
    if not values.size:
        raise DataError(f"{where} holds no labels", "save one label for each image, in the images' order")
    wrong = np.flatnonzero((values < 0) | (values >= MOST_CLASSES))
    if wrong.size:
        raise DataError(
            f"{where}: label {values[wrong[0]]} at position {wrong[0]:,} is out of range (0 to {MOST_CLASSES - 1:,})"
        )
    return values.astype(np.int64)
