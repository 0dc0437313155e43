"""A run's numbers as TensorBoard's event files.

A file is records, framed as TensorFlow's TFRecord: length (8 bytes), its checksum, a protobuf message, its checksum.
The checksum is CRC-32C (Castagnoli; RFC 3720, B.4), rotated, and a constant added, so that the checksum of data that
holds checksums means something.
Messages are `Event` and its `Summary` (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from cnncli.training.summary import Summary, finite

_POLYNOMIAL = 0x82F63B78
"""Castagnoli's, bits reversed."""
_MASK = 0xA282EAD8
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_TRAINING = {"loss": "train_loss", "accuracy": "train_accuracy", "learning_rate": "learning_rate"}
_VALIDATION = {"loss": "validation_loss", "accuracy": "validation_accuracy"}
Lines = Iterable[Mapping[str, Any]]


def event_files(run: Summary, steps: Lines) -> dict[str, bytes]:
    """By path: `train/...` and, where there is something in it, `validation/...`, so that one chart shows both.

    Tags are those of Keras's callback: `epoch_loss`, `epoch_accuracy`, by epoch; `batch_loss` and so on by step, from
    the lines of `steps.jsonl`. A line without a number of its epoch or step is left out.
    """
    start = _seconds(run.started)
    train = [*_scalars(run.metrics, "epoch", _TRAINING), *_scalars(steps, "batch", _TRAINING, by="step")]
    held = list(_scalars(run.metrics, "epoch", _VALIDATION))
    name = f"events.out.tfevents.{int(start):010d}.cnncli"
    return {
        f"{folder}/{name}": _file(start, found) for folder, found in (("train", train), ("validation", held)) if found
    }


def _seconds(started: str | None) -> float:
    """Since 1970; 0 where nothing is known."""
    try:
        return max(datetime.fromisoformat(started or "").timestamp(), 0.0)
    except (ValueError, OverflowError, OSError):
        return 0.0


def _scalars(lines: Lines, prefix: str, keys: dict[str, str], by: str = "epoch") -> Iterator[tuple[int, str, float]]:
    """(step, tag, value)."""
    for line in lines:
        step = line.get(by)
        if isinstance(step, int) and 0 <= step < 2**63:
            for name, key in keys.items():
                value = finite(line.get(key))
                if value is not None:
                    yield int(step), f"{prefix}_{name}", value


def _file(start: float, scalars: list[tuple[int, str, float]]) -> bytes:
    clock = _field(1, _EIGHT_BYTES, struct.pack("<d", start))
    records = [clock + _field(3, _BYTES, b"brain.Event:2")]
    for step, name, value in scalars:
        scalar = _field(1, _BYTES, name.encode()) + _field(2, _FOUR_BYTES, _float(value))
        summary = _field(1, _BYTES, scalar)
        records.append(clock + _field(2, _VARINT, _varint(step)) + _field(5, _BYTES, summary))
    return b"".join(map(framed, records))


def _float(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError:  # a number that only a double can hold
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def _field(number: int, kind: int, data: bytes) -> bytes:
    """A field of a protobuf message."""
    return _varint(number << 3 | kind) + (_varint(len(data)) if kind == _BYTES else b"") + data


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def framed(record: bytes) -> bytes:
    """A record as a TFRecord."""
    length = struct.pack("<Q", len(record))
    return length + struct.pack("<I", _masked(length)) + record + struct.pack("<I", _masked(record))


def _masked(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The checksum, byte by byte from a table."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(map(_entry, range(256)))
