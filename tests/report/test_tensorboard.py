"""Event files, byte for byte: published checksums, a message decoded by hand, and files read back."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.report.tensorboard import crc32c, event_files, framed
from cnncli.training.summary import read_summary
from tests.training.test_summary import RECORD, make


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # this and the next ones: RFC 3720, B.4
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_checksums_that_are_published(data: bytes, checksum: int) -> None:
    assert crc32c(data) == checksum


def test_a_file_begins_as_every_event_file() -> None:
    """The length 24 and its checksum, as TensorFlow writes them; wall time, then `brain.Event:2`."""
    record = b"\x09" + struct.pack("<d", 0.0) + b"\x1a\x0dbrain.Event:2"
    assert len(record) == 24
    assert framed(record)[:12] == bytes.fromhex("1800000000000000a37f4b22")


def records(data: bytes) -> list[bytes]:
    """Those of a TFRecord file; every checksum is checked."""
    found = []
    while data:
        (length,), (of_length,) = struct.unpack("<Q", data[:8]), struct.unpack("<I", data[8:12])
        record, (of_record,) = data[12 : 12 + length], struct.unpack("<I", data[12 + length : 16 + length])
        for part, masked in ((data[:8], of_length), (record, of_record)):
            rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
            assert (rotated << 15 | rotated >> 17) & 0xFFFFFFFF == crc32c(part)
        found.append(record)
        data = data[16 + length :]
    return found


def fields(message: bytes) -> dict[int, Any]:
    """Of a protobuf message, by number."""
    found: dict[int, Any] = {}
    while message:
        key, message = varint(message)
        number, kind = key >> 3, key & 7
        if kind == 0:
            found[number], message = varint(message)
        elif kind == 2:
            size, message = varint(message)
            found[number], message = message[:size], message[size:]
        else:
            size, form = {1: (8, "<d"), 5: (4, "<f")}[kind]
            (found[number],), message = struct.unpack(form, message[:size]), message[size:]
    return found


def varint(data: bytes) -> tuple[int, bytes]:
    value, place = 0, 0
    while True:
        value |= (data[place] & 0x7F) << 7 * place
        place += 1
        if data[place - 1] < 0x80:
            return value, data[place:]


def scalars(data: bytes) -> list[tuple[str, int, float]]:
    first, *rest = map(fields, records(data))
    assert first[3] == b"brain.Event:2" and {*first} == {1, 3}
    found = []
    for event in rest:
        assert {*event} == {1, 2, 5} and event[1] == first[1]
        scalar = fields(fields(event[5])[1])
        found.append((scalar[1].decode(), event[2], scalar[2]))
    return found


def test_a_runs_numbers_by_epoch_and_by_step(tmp_path: Path) -> None:
    lines = [
        {"epoch": 1, "train_loss": 0.5, "train_accuracy": 0.75, "learning_rate": 0.125, "validation_loss": 0.25},
        {"epoch": 300, "train_loss": None, "validation_accuracy": 1, "seconds": 2.0},
    ]
    run = read_summary(make(tmp_path / "run", RECORD, lines))
    steps = [{"step": 2**40, "epoch": 1, "train_loss": 1.5}, {"step": "x", "train_loss": 1.0}, {"train_loss": 2.0}]
    files = event_files(run, steps)
    name = "events.out.tfevents.1893553445.cnncli"  # 2030-01-02T03:04:05, in seconds since 1970
    assert [*files] == [f"train/{name}", f"validation/{name}"]
    assert scalars(files[f"train/{name}"]) == [
        ("epoch_loss", 1, 0.5), ("epoch_accuracy", 1, 0.75), ("epoch_learning_rate", 1, 0.125),
        ("batch_loss", 2**40, 1.5),
    ]  # fmt: skip
    assert scalars(files[f"validation/{name}"]) == [("epoch_loss", 1, 0.25), ("epoch_accuracy", 300, 1.0)]


def test_without_validation_there_is_one_file_and_without_numbers_none(tmp_path: Path) -> None:
    run = read_summary(make(tmp_path / "run", RECORD | {"started": "yesterday"}, [{"epoch": 1, "train_loss": 1e300}]))
    ((name, data),) = event_files(run, []).items()
    assert name == "train/events.out.tfevents.0000000000.cnncli"
    assert scalars(data) == [("epoch_loss", 1, float("inf"))]
    assert event_files(read_summary(make(tmp_path / "none", RECORD, [{"epoch": 1}])), [{}]) == {}


@given(st.binary(max_size=300))
def test_what_is_framed_reads_back(record: bytes) -> None:
    assert records(framed(record) * 2) == [record] * 2
