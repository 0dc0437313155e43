"""Reading files that may be damaged or hostile: every fault becomes one line that names the file.

Nothing here trusts a size that a file states: memory is only taken for bytes that are really there, and what
is compressed is never inflated past what its header promises or past `INFLATED_LIMIT`.
"""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from cnncli.errors import DataError, FileError, UsageError

INFLATED_LIMIT = 2 << 30
"""The most bytes that one compressed file may become: 2 GiB, 50 times what MNIST has."""

DEFLATE_RATIO = 1032
"""The most bytes that one byte of deflate can become (zlib's documentation, "Maximum Compression Factor")."""

GZIP_MAGIC = b"\x1f\x8b"
AGAIN = "get the file again"


def expanded(path: Path, given_as: str) -> Path:
    """`path` with a `~` or `~user` at its start replaced by that home folder.

    Raises UsageError, which names the path and what it was given as, where there is no such home folder.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"{given_as} {path}: no home folder is known for {path.parts[0]!r}", "write the path out, without `~`"
        ) from error


def is_present(path: Path) -> bool:
    """Whether something is at `path`. Raises FileError where the system does not let us look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read: {reason(error)}") from error
    return True


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what the system and the decompressor raise into a FileError or a DataError about `path`."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is damaged: {reason(error)}", AGAIN) from error
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {reason(error)}") from error


def open_file(path: Path) -> BinaryIO:
    """Opens a regular file. Raises DataError where it is missing, FileError where it cannot be read.

    A folder is no file, and neither are a pipe and a device: reading them may never end.
    """
    with reading(path):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileError(f"{path} is a folder where a file is expected")
        if not stat.S_ISREG(mode):
            raise FileError(f"{path} is not a regular file")
        return path.open("rb")


@contextmanager
def open_inflated(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The content of a file, plain or gzipped (told by its first bytes), and the most bytes it can hold."""
    with reading(path), open_file(path) as raw:
        size = path.stat().st_size
        magic = raw.read(2)
        raw.seek(0)
        if magic != GZIP_MAGIC:
            yield raw, size
            return
        with gzip.GzipFile(fileobj=raw) as inflated:
            yield cast(BinaryIO, inflated), min(size * DEFLATE_RATIO, INFLATED_LIMIT)


def read_exactly(stream: BinaryIO, count: int) -> bytearray:
    """Reads `count` bytes, or fewer where the stream ends. Memory grows as bytes arrive."""
    data = bytearray()
    while len(data) < count:
        piece = stream.read(min(count - len(data), 1 << 20))
        if not piece:
            break
        data += piece
    return data


def reason(error: BaseException) -> str:
    """What the system says of an error, in one line, without its number and without the file's name."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
