"""From what the user wrote after `--data` to a data set: a name that is known here, a folder, or an .npz."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnncli.data import sets
from cnncli.data.dataset import DataSet, Progress
from cnncli.data.files import expanded, is_present
from cnncli.data.locate import on_this_machine
from cnncli.data.request import Request
from cnncli.errors import DataError, FileError, UsageError


def names() -> tuple[str, ...]:
    """The data sets that have a name, sorted. One file of `sets/` is one name."""
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(sets.__path__)))


@dataclass(frozen=True, slots=True)
class Entry:
    """A set that has a name: what it is in a line, and where it is on this machine, if it is."""

    name: str
    about: str
    place: str | None


def entries(data_dir: Path | None = None) -> list[Entry]:
    """The sets that have a name. Nothing is fetched, and no file opened. Raises `UsageError` as `load`."""
    data_dir = _checked(data_dir)
    return [_entry(name, data_dir) for name in names()]


def _entry(name: str, data_dir: Path | None) -> Entry:
    module = _module(name)
    collection = module.collection()
    about = " ".join((module.__doc__ or "").partition("\n\n")[0].partition(": ")[2].split())
    if collection is None:
        return Entry(name, about, "bundled")
    located = on_this_machine(collection, data_dir)
    folders = {str(path.parent) for path in located.files.values()} if located else set()
    return Entry(name, about, ", ".join(sorted(folders)) or None)


def _module(name: str) -> Any:
    return importlib.import_module(f"{sets.__name__}.{name.replace('-', '_')}")


def _checked(data_dir: Path | None) -> Path | None:
    if data_dir is None:
        return None
    data_dir = expanded(data_dir, "--data-dir")
    if not is_present(data_dir):
        raise UsageError(f"--data-dir {data_dir} does not exist", "name a folder that holds the data's files")
    return data_dir


def load(
    name_or_path: str,
    *,
    data_dir: Path | None = None,
    full: bool = False,
    progress: Progress | None = None,
    resize_to: tuple[int, int, int] | None = None,
) -> DataSet:
    """Reads a data set by name, or from a folder of images per class or an .npz file.

    A name goes before a path (`./mnist` is the folder). A named set is looked for in `data_dir`,
    `$CNNCLI_DATA_DIR` and the user's cache, then fetched from its mirrors. `full` refuses the bundled sample
    where `mnist` cannot be had, and a named set that lacks some of its published images. `resize_to` is
    (C, H, W): the images of a folder may then differ in size, and are scaled as they are read; every other data
    set is scaled by `fit`.

    Raises UsageError for a name that is unknown and no path and for a `data_dir` that is no folder, DataError
    for data that is missing, damaged or not understood, FileError for a file the system does not let us read or
    write.
    """
    request = Request(_checked(data_dir), full, progress or _silent, resize_to)
    if name_or_path in names():
        dataset: DataSet = _module(name_or_path).load(request)
        return dataset
    return _load_path(name_or_path, request)


def _load_path(text: str, request: Request) -> DataSet:
    path = expanded(Path(text), "--data")
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError as error:
        raise FileError(f"{text!r} cannot be read: {error.strerror}") from error
    if not text or not exists:
        raise _unknown(text)
    if is_folder:
        from cnncli.data import folder

        return folder.load(path, request)
    from cnncli.data import npz

    if path.suffix.lower() != ".npz":
        raise DataError(
            f"{path} is neither a folder of images nor an .npz file",
            f"--data takes a name ({', '.join(names())}), a folder with one sub-folder per class, or an .npz",
        )
    return npz.load(path)


def _unknown(text: str) -> UsageError:
    known = ", ".join(names())
    nearest = difflib.get_close_matches(text.lower().replace("_", "-"), names(), n=1, cutoff=0.5)
    if nearest:
        return UsageError(f"there is no data set {text!r}", f"did you mean {nearest[0]!r}? Known: {known}")
    return UsageError(
        f"{text!r} is neither a data set's name nor a path that exists",
        f"known names: {known}; else a folder with one sub-folder per class, or an .npz file",
    )


def _silent(what: str, done: int, total: int | None) -> None:
    """The progress of a caller that wants none."""
