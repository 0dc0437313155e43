"""Where a named data set's files are: the user's folders, the cache, and last the public mirrors."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cnncli.data.download import Published, UnreachableError, download
from cnncli.data.files import is_present
from cnncli.data.request import Request
from cnncli.errors import DataError

Found = Mapping[str, Path | None]
"""The files a data set needs, by their published names; None for one that is not there."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A data set as its makers publish it. `folder` is the name of its own folder in a folder of data."""

    title: str
    folder: str
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
    """`$CNNCLI_CACHE_DIR/data`, else `data` in the platform's own cache folder (XDG's on Linux)."""
    import pooch

    root = os.environ.get("CNNCLI_CACHE_DIR")
    return (Path(root).expanduser() if root else Path(pooch.os_cache("cnncli"))) / "data"


def locate(collection: Collection, request: Request) -> Located:
    """Finds a data set's files, fetching them into the cache where no folder has them.

    Raises MissingError where they are nowhere and no mirror answers; otherwise as `download` does.
    """
    notices = []
    if request.data_dir is not None:
        found = collection.find(request.data_dir.expanduser())
        if located := _complete(collection, found, ()):
            return located
        lacking = ", ".join(name for name, path in found.items() if path is None)
        notices.append(f"{request.data_dir} lacks files of {collection.title} (not found: {lacking})")
    elsewhere = os.environ.get("CNNCLI_DATA_DIR")
    for folder in (*([Path(elsewhere).expanduser()] if elsewhere else []), cache_folder()):
        if located := _complete(collection, collection.find(folder), tuple(notices)):
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


def _complete(collection: Collection, found: Found, notices: tuple[str, ...]) -> Located | None:
    files = {name: path for name, path in found.items() if path is not None}
    if len(files) < len(found):
        return None
    folders = sorted({str(path.parent) for path in files.values()})
    return Located(files, f"{collection.title} from {', '.join(folders)}", notices)
