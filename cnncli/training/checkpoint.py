"""A training's whole state in one file, from which it goes on as if it had never stopped.

    checkpoint             a line that names the format and the SHA-256 of what follows, then the state in safetensors
    checkpoint.previous    the one before, in its place until its successor has been read back from the disk

The state is float32 vectors by name, and one JSON object of plain numbers and texts, kept as a vector of bytes.
safetensors is data alone: opening a stranger's checkpoint executes nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from cnncli.data.files import open_file
from cnncli.errors import DataError, FileError
from cnncli.training.files import sync, write_whole

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CHECKPOINT, PREVIOUS = "checkpoint", "checkpoint.previous"
_FRESH = "checkpoint.new"
NAMES = CHECKPOINT, PREVIOUS, _FRESH
FORMAT = 1
_MAGIC = b"cnncli checkpoint "
_FACTS = "facts"
_OVERHEAD = 2**22
"""Bytes beyond the vectors: names and facts."""
_DIGITS = 9
"""Of a version that are looked at: Python refuses to read thousands."""

_LARGEST_INTEGER = 2**53

Vector = np.ndarray[Any, np.dtype[np.float32]]
Numbers = TypeVar("Numbers", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """vectors: float32, by name; facts: what JSON can hold."""

    vectors: dict[str, Vector]
    facts: dict[str, Any]


def save(folder: Path, vectors: Mapping[str, Vector], facts: Mapping[str, Any]) -> None:
    """Replaces the folder's checkpoint; the one that was there becomes the previous one.

    Whenever this is cut off, a whole checkpoint is there. Raises `FileError` where the new one cannot be written, or
    does not read back as it was written: then the others are as they were.
    """
    text = np.frombuffer(json.dumps(facts, allow_nan=False).encode(), np.uint8)
    path, fresh = folder / CHECKPOINT, folder / _FRESH
    try:
        payload = save_tensors({**vectors, _FACTS: text})
    except MemoryError:
        raise FileError(f"cannot write {path}: not enough memory for a copy of the state") from None
    digest = hashlib.sha256(payload).hexdigest()
    write_whole(fresh, (_MAGIC + f"{FORMAT} {digest}\n".encode(), payload))
    try:
        if _digest_on_disk(fresh) != digest:
            raise FileError(f"{path} does not read back as it was written")
        with suppress(FileNotFoundError):
            path.replace(folder / PREVIOUS)
        fresh.replace(path)
        sync(folder)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None


def take_previous(folder: Path) -> None:
    """Makes the previous checkpoint the only one: what was newer is left behind. Raises `FileError`."""
    try:
        (folder / PREVIOUS).replace(folder / CHECKPOINT)
        sync(folder)
    except OSError as error:
        raise FileError(f"cannot replace {folder / CHECKPOINT}: {error.strerror}") from None


def latest(folder: Path) -> Path | None:
    """The folder's checkpoint; the one before where a save was cut off between the two; None without any."""
    found = (folder / name for name in (CHECKPOINT, PREVIOUS))
    return next((path for path in found if path.exists()), None)


def remove(folder: Path) -> None:
    """Of a training that is over: nothing goes on from it."""
    for name in NAMES:
        with suppress(OSError):
            (folder / name).unlink()


def load(path: Path, largest: int) -> Checkpoint:
    """Reads one that `save` wrote, whose vectors have at most `largest` bytes.

    Raises `FileError` where it is missing, damaged, too large, or of a newer version.
    """
    head, payload = _parts(path, largest + _OVERHEAD)
    version = head[len(_MAGIC) :].split(b" ")[0]
    if head.startswith(_MAGIC) and version.isdigit() and int(version[:_DIGITS]) > FORMAT:
        raise FileError(f"{path} is of a newer version of cnncli", "resume with that one")
    if head != _MAGIC + f"{FORMAT} {hashlib.sha256(payload).hexdigest()}".encode():
        raise FileError(f"{path} is damaged: its checksum is another")
    try:
        tensors = load_tensors(payload)
        facts = json.loads(tensors.pop(_FACTS).tobytes())
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} is damaged: {error}"[:300]) from None
    if not isinstance(facts, dict) or any(vector.dtype != np.float32 for vector in tensors.values()):
        raise FileError(f"{path} is damaged: it holds no training's state")
    return Checkpoint(tensors, facts)


def read_numbers(kind: type[Numbers], facts: Any) -> Numbers:
    """A dataclass of plain numbers, as `asdict` made a record of it. Raises `ValueError` where the record is none.

    What is an integer by default is one from 0 up, what is a float is finite, and what is None may be so.
    """
    defaults = {item.name: item.default for item in fields(kind)}
    if not isinstance(facts, dict) or facts.keys() != defaults.keys():
        raise ValueError(f"it says something else than {', '.join(defaults)}")
    for name, value in facts.items():
        if value is None and defaults[name] is None:
            continue
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST_INTEGER
        if not whole and (isinstance(defaults[name], int) or not isinstance(value, float) or not math.isfinite(value)):
            raise ValueError(f"its {name} is {str(value)[:20]!r}")
    return kind(**facts)


def _parts(path: Path, largest: int) -> tuple[bytes, bytes]:
    """The first line and the rest."""
    try:
        with open_file(path) as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None
    except DataError as error:
        raise FileError(error.message) from None
    if len(data) > largest:
        raise FileError(f"{path} is larger than a state of this network can be ({largest:,} bytes)")
    head, _, payload = data.partition(b"\n")
    return head, payload


def _digest_on_disk(path: Path) -> str:
    with path.open("rb") as file:
        file.readline()
        return hashlib.file_digest(file, "sha256").hexdigest()
