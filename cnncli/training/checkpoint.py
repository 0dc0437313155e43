"""A training's whole state in one file, from which it goes on as if it had never stopped.

    checkpoint             a line that names the format and the SHA-256 of what follows, then the state in safetensors
    checkpoint.previous    the one before, in its place until its successor has been read back from the disk

The state is float32 vectors by name, and one JSON object of plain numbers and texts, kept as a vector of bytes.
safetensors is data alone: opening a stranger's checkpoint executes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from cnncli.errors import FileError
from cnncli.training.files import write_whole

CHECKPOINT, PREVIOUS = "checkpoint", "checkpoint.previous"
_FRESH = "checkpoint.new"
FORMAT = 1
_MAGIC = b"cnncli checkpoint "
_FACTS = "facts"
_OVERHEAD = 2**22
"""Bytes beyond the vectors: names and facts."""

Vector = np.ndarray[Any, np.dtype[np.float32]]


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
    payload = save_tensors({**vectors, _FACTS: text})
    digest = hashlib.sha256(payload).hexdigest()
    path, fresh = folder / CHECKPOINT, folder / _FRESH
    write_whole(fresh, _MAGIC + f"{FORMAT} {digest}\n".encode() + payload)
    try:
        if _digest_on_disk(fresh) != digest:
            raise FileError(f"{path} does not read back as it was written")
        with suppress(FileNotFoundError):
            path.replace(folder / PREVIOUS)
        fresh.replace(path)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None


def latest(folder: Path) -> Path | None:
    """The folder's checkpoint; the one before where a save was cut off between the two; None without any."""
    found = (folder / name for name in (CHECKPOINT, PREVIOUS))
    return next((path for path in found if path.exists()), None)


def remove(folder: Path) -> None:
    """Of a training that is over: nothing goes on from it."""
    for name in (CHECKPOINT, PREVIOUS, _FRESH):
        with suppress(OSError):
            (folder / name).unlink()


def load(path: Path, largest: int) -> Checkpoint:
    """Reads one that `save` wrote, whose vectors have at most `largest` bytes.

    Raises `FileError` where it is missing, damaged, too large, or of a newer version.
    """
    head, payload = _parts(path, largest + _OVERHEAD)
    version = head[len(_MAGIC) :].split(b" ")[0]
    if head.startswith(_MAGIC) and version.isdigit() and int(version) > FORMAT:
        raise FileError(f"{path} is of a newer version of cnncli", "resume with that one")
    if head != _MAGIC + f"{FORMAT} {hashlib.sha256(payload).hexdigest()}".encode():
        raise FileError(f"{path} is damaged: its checksum is another")
    try:
        tensors = load_tensors(payload)
        facts = json.loads(tensors.pop(_FACTS).tobytes())
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} is damaged: {error}") from None
    if not isinstance(facts, dict) or any(vector.dtype != np.float32 for vector in tensors.values()):
        raise FileError(f"{path} is damaged: it holds no training's state")
    return Checkpoint(tensors, facts)


def _parts(path: Path, largest: int) -> tuple[bytes, bytes]:
    """The first line and the rest."""
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > largest:
        raise FileError(f"{path} is larger than a state of this network can be ({largest:,} bytes)")
    head, _, payload = data.partition(b"\n")
    return head, payload


def _digest_on_disk(path: Path) -> str:
    with path.open("rb") as file:
        file.readline()
        return hashlib.file_digest(file, "sha256").hexdigest()
