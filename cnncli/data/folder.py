"""A folder of images per class: `DIR/train/<class>/*` and `DIR/test/<class>/*`, or `DIR/<class>/*`.

Without a split of its own, every fifth file of a class, by sorted name, is test. Classes are sorted by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncli.data.dataset import DataSet, Split
from cnncli.data.files import INFLATED_LIMIT, reading
from cnncli.data.images import SUFFIXES, convertible, decode, probe, scale
from cnncli.data.request import Request
from cnncli.data.split import test_mask
from cnncli.errors import DataError

LAYOUT = "needed is DIR/<class>/*.png, or DIR/train/<class>/*.png and DIR/test/<class>/*.png (PNG or JPEG)"
_JUNK = ("thumbs.db", "desktop.ini")


@dataclass(slots=True)
class _Listing:
    """Image files with the class of each, and the files passed over because they are no images."""

    classes: tuple[str, ...]
    files: list[Path]
    labels: list[int]
    ignored: list[Path]


def load(path: Path, request: Request) -> DataSet:
    """Reads a folder of images; its name is the folder's.

    Images are [1, H, W] where all of them are gray, [3, H, W] else. They must have one size, unless
    `request.resize_to` says what to scale them to. Raises DataError for a layout that is not understood,
    empty or single classes, images that differ or are damaged; FileError for what cannot be read.
    """
    subfolders = {folder.name: folder for folder in _subfolders(path)}
    if "train" in subfolders and ("test" in subfolders or _subfolders(subfolders["train"])):
        train, test = _listing(subfolders["train"]), _listing(subfolders.get("test", path / "test"))
        if train.classes != test.classes:
            odd = sorted(set(train.classes) ^ set(test.classes))[0]
            raise DataError(f"{path}: class {odd!r} is not in both train and test", "give both the same")
    else:
        whole = _listing(path)
        mask = test_mask(np.array(whole.labels), whole.classes, str(path))
        train, test = _part(whole, ~mask), _part(whole, mask)
        train.ignored = whole.ignored
    files = train.files + test.files
    shape = request.resize_to or _common_shape(files, request)
    if len(files) * shape[0] * shape[1] * shape[2] > INFLATED_LIMIT:
        raise DataError(
            f"{path}: {len(files):,} images of {list(shape)} are more than {INFLATED_LIMIT:,} bytes",
            "write a smaller `input:` in the spec and pass --resize",
        )
    images = _read(files, shape, request)
    splits = (images[: len(train.files)], images[len(train.files) :])
    return DataSet(
        path.resolve().name,
        train.classes,
        Split(splits[0], np.array(train.labels, dtype=np.int64)),
        Split(splits[1], np.array(test.labels, dtype=np.int64)),
        f"the images in {path}",
        _notices(train.ignored + test.ignored),
    )


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name, without hidden files."""
    with reading(folder):
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder", LAYOUT)
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return [entry for entry in entries if not entry.name.startswith(".") and entry.name.lower() not in _JUNK]


def _subfolders(folder: Path) -> list[Path]:
    with reading(folder):
        return [entry for entry in _entries(folder) if entry.is_dir()]


def _listing(root: Path) -> _Listing:
    folders = _subfolders(root)
    if not folders:
        raise DataError(f"{root} holds no folders of images", LAYOUT)
    listing = _Listing(tuple(folder.name for folder in folders), [], [], [])
    for label, folder in enumerate(folders):
        entries = _entries(folder)
        images = [entry for entry in entries if entry.suffix.lower() in SUFFIXES]
        if not images:
            raise DataError(f"{folder} holds no PNG or JPEG images", "remove the folder, or fill it")
        listing.files += images
        listing.labels += [label] * len(images)
        listing.ignored += [entry for entry in entries if entry.suffix.lower() not in SUFFIXES]
    if len(folders) == 1:
        raise DataError(f"{root} holds a single class, {folders[0].name!r}: nothing to tell apart", LAYOUT)
    return listing


def _part(listing: _Listing, mask: np.ndarray) -> _Listing:
    chosen = np.flatnonzero(mask)
    files = [listing.files[index] for index in chosen]
    return _Listing(listing.classes, files, [listing.labels[index] for index in chosen], [])


def _common_shape(files: Sequence[Path], request: Request) -> tuple[int, int, int]:
    """The (C, H, W) of all the files, from their headers: 3 channels where any has colour."""
    first = probe(files[0])
    channels = first[0]
    for index, file in enumerate(files):
        shape = probe(file)
        if shape[1:] != first[1:]:
            raise DataError(
                f"{file} is {shape[1]} x {shape[2]} (H x W), but {files[0]} is {first[1]} x {first[2]}",
                "all images must have one size, or pass --resize",
            )
        channels = max(channels, shape[0])
        request.progress("looking at images", index + 1, len(files))
    return channels, first[1], first[2]


def _read(files: Sequence[Path], shape: tuple[int, int, int], request: Request) -> np.ndarray:
    """uint8 [N, C, H, W]."""
    images: np.ndarray = np.empty((len(files), *shape), dtype=np.uint8)
    for index, file in enumerate(files):
        pixels = decode(file)
        if not convertible(pixels.shape[0], shape[0]):
            raise DataError(f"{file} has {pixels.shape[0]} channels, which cannot be made {shape[0]}")
        images[index] = scale(pixels, shape)
        request.progress("reading images", index + 1, len(files))
    return images


def _notices(ignored: list[Path]) -> tuple[str, ...]:
    if not ignored:
        return ()
    return (f"passed over what is no PNG or JPEG file: {len(ignored):,} entries, the first {ignored[0]}",)
