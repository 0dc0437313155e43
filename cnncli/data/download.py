"""Fetching published files: from the mirror that answers, checked by their hashes, moved into place whole."""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cnncli.data.dataset import Progress
from cnncli.data.files import open_inflated, reason
from cnncli.errors import DataError, FileError

ANSWER_SECONDS = 5.0
"""All mirrors together have this long to answer."""

STALL_SECONDS = 20.0
"""A transfer that brings nothing for this long has failed."""


@dataclass(frozen=True, slots=True)
class Published:
    """A file as it is published: its size in bytes, its SHA-256, and (or "") that of what it inflates to."""

    name: str
    size: int
    sha256: str
    content_sha256: str = ""


class UnreachableError(DataError):
    """No mirror answered in time."""


def download(
    title: str, files: tuple[Published, ...], mirrors: tuple[str, ...], folder: Path, progress: Progress
) -> str:
    """Fetches `files` into `folder` (all of them or none) and returns the address they came from.

    A file appears under its own name only when it is complete, has the published SHA-256 and is on the disk.
    Whatever fails, `folder` is left as it was.

    Raises UnreachableError where no mirror answers within ANSWER_SECONDS, DataError where those that answer
    send something else or break off, FileError where the cache cannot be written.
    """
    failures = []
    for mirror in _answering(mirrors, files[0].name):
        try:
            _fetch_all(files, mirror, folder, progress)
        except DataError as error:
            failures.append(error.message)
        else:
            return mirror
    if failures:
        reasons = "; ".join(failures)
        raise DataError(f"{title} could not be fetched: {reasons}", "try again later, or use --data-dir")
    raise UnreachableError(f"no mirror of it answered in {ANSWER_SECONDS:g} s")


def _answering(mirrors: tuple[str, ...], name: str) -> Iterator[str]:
    """The mirrors that offer the file `name`, the quickest first, until ANSWER_SECONDS have passed.

    Each is asked in a thread of its own, because looking up a host's name cannot be given a time limit.
    """
    import pooch

    deadline = time.monotonic() + ANSWER_SECONDS
    answers: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()

    def ask(mirror: str) -> None:
        try:
            head = pooch.HTTPDownloader(timeout=ANSWER_SECONDS)
            answers.put((mirror, head(mirror + name, None, None, check_only=True)))
        except Exception:  # whatever it is, this mirror is of no use
            answers.put((mirror, False))

    for mirror in mirrors:
        threading.Thread(target=ask, args=(mirror,), daemon=True).start()
    for _ in mirrors:
        try:
            mirror, offers = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return
        if offers:
            yield mirror


def _fetch_all(files: tuple[Published, ...], mirror: str, folder: Path, progress: Progress) -> None:
    created: list[Path] = []
    staging = None
    try:
        created += [parent for parent in (folder, *folder.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".incoming-", dir=folder))
        for file in files:
            _fetch(file, mirror, staging, progress)
        for file in files:
            (staging / file.name).replace(folder / file.name)
        _sync(folder)
    except OSError as error:
        raise FileError(
            f"{folder} cannot be written: {reason(error)}", "set CNNCLI_CACHE_DIR to a folder that can be"
        ) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for parent in created:
            with suppress(OSError):  # not empty: the files arrived
                parent.rmdir()


def _fetch(file: Published, mirror: str, staging: Path, progress: Progress) -> None:
    """One file into `staging`, with its hashes checked and its bytes on the disk."""
    import pooch

    url = mirror + file.name

    def transfer(url: str, output_file: str, _: object) -> None:
        # A server must not inflate a .gz on its way: the published hash is that of the .gz.
        get = pooch.HTTPDownloader(chunk_size=1 << 16, timeout=STALL_SECONDS, headers={"Accept-Encoding": "identity"})
        with Path(output_file).open("wb") as output:
            try:
                get(url, _Metered(output, url, file, progress), None)
            except OSError as error:  # what the network raises; _Metered sees to the disk
                raise DataError(f"{url} broke off ({reason(error)})") from error

    pooch.get_logger().setLevel(logging.WARNING)
    try:
        pooch.retrieve(url, f"sha256:{file.sha256}", fname=file.name, path=staging, downloader=transfer)
    except ValueError as error:  # pooch's word for a hash that differs
        raise DataError(f"{url} is not the published file: its SHA-256 differs") from error
    path = staging / file.name
    if file.content_sha256 and _content_sha256(path) != file.content_sha256:
        raise DataError(f"{url} does not inflate to the published content: its SHA-256 differs")
    _sync(path)


class _Metered:
    """The file a download is written to: tells how far it is, and stops a body that does not end."""

    def __init__(self, output: BinaryIO, url: str, file: Published, progress: Progress) -> None:
        self.output, self.url, self.file, self.progress = output, url, file, progress
        self.done = 0

    def write(self, piece: bytes) -> None:
        """Raises DataError beyond the published size, FileError where the disk does not take it."""
        self.done += len(piece)
        if self.done > self.file.size:
            raise DataError(f"{self.url} is longer than the published {self.file.size:,} bytes")
        try:
            self.output.write(piece)
        except OSError as error:
            raise FileError(f"{self.output.name} cannot be written: {reason(error)}") from error
        self.progress(self.file.name, self.done, self.file.size)

    def flush(self) -> None:
        """Called by pooch after each piece; what counts is the sync at the end."""


def _content_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_inflated(path) as (stream, most):
        while most > 0 and (piece := stream.read(1 << 20)):
            digest.update(piece)
            most -= len(piece)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    """Waits until a file's bytes, or a folder's entries, are on the disk."""
    if path.is_dir() and os.name != "posix":
        return  # only POSIX systems can sync a folder
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
