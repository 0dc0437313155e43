"""Writing a file whole or not at all, and adding to it line by line."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from cnncli.errors import FileError, UsageError


def write_whole(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Writes beside the file, syncs, and moves into place: a reader sees the old bytes or the new ones.

    The new ones may come in parts. A file that is there keeps its permissions, and a link to it stays a link. What is
    no file (a pipe, `/dev/null`) is written to where it is. Raises `FileError` where the system refuses; the old file
    is then as it was.
    """
    if not path.name:
        raise FileError(f"cannot write {path}: Is a directory")
    parts = [data] if isinstance(data, bytes) else data
    if _is_device(path):
        _write_to(path, b"".join(parts))
        return
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with suppress(FileNotFoundError):
            beside.unlink()
        with beside.open("xb") as file:  # never through a link that somebody has laid there
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
        sync(target.parent)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None
    finally:
        # Still there only if something went wrong on the way, Ctrl-C included.
        with suppress(OSError):
            beside.unlink()


def check_regular(paths: Iterable[Path]) -> None:
    """Raises `FileError` where one is there and is a link, a pipe or a folder: a stranger's run may hold such."""
    for path in paths:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise FileError(f"{path} is not a regular file: nothing is written there", "remove it, or train again")


def sync(path: Path) -> None:
    """Has a file, or the names in a folder, written down: a power cut may undo what is not. Not every system can."""
    with suppress(OSError):
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _is_device(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _write_to(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(data)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None


def add_line(path: Path, record: dict[str, Any]) -> None:
    """Adds a line of JSON to a file, or begins it. Raises `FileError` where the system refuses: then none of it."""
    line = (json.dumps(record) + "\n").encode()
    try:
        with path.open("ab", buffering=0) as file:
            size = file.tell()
            if file.write(line) < len(line):
                file.truncate(size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None


def write_new(path: Path, data: bytes) -> None:
    """As `write_whole`, but never over a file that is there: `UsageError`, even if it has come just now."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        raise UsageError(f"{path} is there already", "take another name, or --force to write over it") from None
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None
    try:
        write_whole(path, data)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
