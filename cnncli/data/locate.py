"""Where a named data set's files are: the user's folders, the cache, and last the public mirrors."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cnncli.data.dataset import DataSet
from cnncli.data.download import Published, UnreachableError, download
from cnncli.data.files import AGAIN, expanded, is_present
from cnncli.data.request import Request
from cnncli.errors import DataError, UsageError

Found = Mapping[str, Path | None]
"""The files a data set needs, by their published names; None for one that is not there."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A data set as its makers publish it.

    folder: the name of its own folder in a folder of data.
    counts: how many images it has to train on, and to test on.
    """

    title: str
    folder: str
    counts: tuple[int, int]
    files: tuple[Published, ...]
    mirrors: tuple[str, ...]
    find: Callable[[Path], Found]


@dataclass(frozen=True, slots=True)
class Located:
    """The files, by their published names; the folder they are in; what the user is to be told."""

    files: Mapping[str, Path]
    source: str
    notices: tuple[str, ...]


class MissingError(DataError):
    """A data set that no folder holds and no mirror gives. `notices`: the folders the user named in vain."""

    def __init__(self, collection: Collection, notices: tuple[str, ...], unreachable: str) -> None:
        names = ", ".join(file.name for file in collection.files)
        super().__init__(
            "; ".join((*notices, f"{collection.title} is not on this machine, and {unreachable}")),
            f"get {names} from {collection.mirrors[0]} on another machine, put all in a folder"
            f" DIR/{collection.folder} and pass --data-dir DIR (or set CNNCLI_DATA_DIR=DIR, or use the cache:"
            f" DIR = {cache_folder()})",
        )
        self.notices = notices


def cache_folder() -> Path:
    """`$CNNCLI_CACHE_DIR/data`, else `data` in the platform's own cache folder (XDG's on Linux).

    Without a home folder it is in the system's folder for temporary files. Raises UsageError for a
    CNNCLI_CACHE_DIR in a home folder that is not known.
    """
    root = os.environ.get("CNNCLI_CACHE_DIR")
    return (expanded(Path(root), "CNNCLI_CACHE_DIR") if root else _platform_cache()) / "data"


def _platform_cache() -> Path:
    import pooch

    try:
        folder = Path(pooch.os_cache("cnncli")).expanduser()
    except RuntimeError:  # no home folder
        user = os.getuid() if hasattr(os, "getuid") else "cache"  # others' files are not to be ours
        return Path(tempfile.gettempdir()) / f"cnncli-{user}"
    return folder


def locate(collection: Collection, request: Request) -> Located:
    """Finds a data set's files, fetching them into the cache where no folder has them.

    Raises UsageError where `request.data_dir` is a file (other than the set's own archive), MissingError where
    the files are nowhere and no mirror answers; otherwise as `download` does.
    """
    notices = []
    if request.data_dir is not None:
        found = collection.find(request.data_dir)
        if located := _complete(collection, found, ()):
            return located
        if not request.data_dir.is_dir():
            raise UsageError(f"--data-dir {request.data_dir} is not a folder", "name the folder that holds the files")
        lacking = ", ".join(name for name, path in found.items() if path is None)
        notices.append(f"{request.data_dir} lacks files of {collection.title} (not found: {lacking})")
    if located := _elsewhere(collection, tuple(notices)):
        return located
    home = cache_folder() / collection.folder
    missing = tuple(file for file in collection.files if not is_present(home / file.name))
    try:
        origin = download(collection.title, missing, collection.mirrors, home, request.progress)
    except UnreachableError as error:
        raise MissingError(collection, tuple(notices), error.message) from error
    located = _complete(collection, collection.find(cache_folder()), tuple(notices))
    if located is None:
        raise DataError(f"{home} does not hold {collection.title}'s files although they were fetched")
    return Located(located.files, f"{located.source}, fetched from {origin}", located.notices)


def on_this_machine(collection: Collection, data_dir: Path | None) -> Located | None:
    """Where `locate` would find a data set without fetching anything."""
    located = _complete(collection, collection.find(data_dir), ()) if data_dir is not None else None
    return located or _elsewhere(collection, ())


def _elsewhere(collection: Collection, notices: tuple[str, ...]) -> Located | None:
    """In the folder that the environment names, else in the cache."""
    named = os.environ.get("CNNCLI_DATA_DIR")
    for folder in (*([expanded(Path(named), "CNNCLI_DATA_DIR")] if named else []), cache_folder()):
        if located := _complete(collection, collection.find(folder), notices):
            return located
    return None


def counted(dataset: DataSet, collection: Collection, full: bool) -> DataSet:
    """The data set, with a notice and a source that say so where it has not the published number of images.

    Raises DataError for such a set where `full` is wanted.
    """
    found = len(dataset.train.labels), len(dataset.test.labels)
    if found == collection.counts:
        return dataset
    (train, test), (all_train, all_test) = found, collection.counts
    holds = f"{train:,} of {all_train:,} training and {test:,} of {all_test:,} test images"
    if full:
        raise DataError(
            f"{dataset.source} holds {holds}",
            f"--data-dir names a folder with the full {collection.title}; without --full what is there is used",
        )
    notice = f"{dataset.source} holds {holds}"
    return replace(dataset, source=f"{dataset.source} ({holds})", notices=(*dataset.notices, notice))


@contextmanager
def reading_set(located: Located) -> Iterator[None]:
    """Adds to the advice about a damaged file of the cache that it can be removed."""
    try:
        yield
    except DataError as error:
        if error.hint != AGAIN or not any(path.is_relative_to(cache_folder()) for path in located.files.values()):
            raise
        raise DataError(error.message, "remove the copy in the cache: it is fetched anew") from error


def _complete(collection: Collection, found: Found, notices: tuple[str, ...]) -> Located | None:
    files = {name: path for name, path in found.items() if path is not None}
    if len(files) < len(found):
        return None
    folders = sorted({str(path.parent) for path in files.values()})
    return Located(files, f"{collection.title} from {', '.join(folders)}", notices)
