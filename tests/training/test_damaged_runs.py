"""Run folders in which bits have turned, or headers lie: each is refused in one line, or is provably what it was."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path

import pytest
from safetensors.numpy import save as save_tensors

from cnncli.errors import CnncliError, FileError
from cnncli.network.parameters import Parameters
from cnncli.training.run import read_run
from cnncli.training.summary import read_summary
from tests.training.test_run import folder, parameters  # noqa: F401 (fixtures)

F32 = {"dtype": "F32", "shape": [10, 64], "data_offsets": [0, 2560]}
BIAS = {"dtype": "F32", "shape": [10], "data_offsets": [2560, 2600]}


@pytest.mark.parametrize(
    "header",
    [
        json.dumps({"out.weight": F32, "out.bias": BIAS, "__metadata__": {"sha256": "0"}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "data_offsets": [0, 40]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "data_offsets": [2600, 2560]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "data_offsets": [-40, 0]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "data_offsets": [2560, 10**30]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "shape": [2**63, 2]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "shape": [10.5]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "dtype": "BF16", "shape": [20]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "dtype": "F8_E4M3", "shape": [40]}}),
        json.dumps({"out.weight": F32, "out.bias": {**BIAS, "dtype": "object"}}),
        json.dumps({"out.weight": F32, "out.bias": BIAS, "__metadata__": {"a": 1}}),
        json.dumps({"out.weight": F32, "out.bias": BIAS, "__metadata__": []}),
        json.dumps({"out.weight": F32, "../../out.bias": BIAS}),
        json.dumps({"out.weight": F32, "\x1b[2J": BIAS}),
        '{"out.weight":' + json.dumps(F32) + ', "out.weight":' + json.dumps(BIAS) + "}",
        "[" * 10_000,
        "{" * 10_000,
        "null",
        "",
    ],
)  # fmt: skip
def test_weights_with_an_absurd_header(header: str, folder: Path) -> None:  # noqa: F811
    data = header.encode()
    (folder / "weights.safetensors").write_bytes(struct.pack("<Q", len(data)) + data + bytes(2600))
    with pytest.raises(FileError) as caught:
        read_run(folder)
    assert "\n" not in caught.value.message and len(caught.value.message) < 500


def test_metadata_that_are_null_are_none(folder: Path) -> None:  # noqa: F811
    data = json.dumps({"out.weight": F32, "out.bias": BIAS, "__metadata__": None}).encode()
    (folder / "weights.safetensors").write_bytes(struct.pack("<Q", len(data)) + data + bytes(2600))
    assert not read_run(folder).parameters.flat.any()


def flips(data: bytes, count: int) -> list[bytes]:
    """The data with one bit turned, `count` times; then cut off at a hundred places."""
    stream, found = random.Random(0), []
    for _ in range(count):
        damaged = bytearray(data)
        damaged[stream.randrange(len(data))] ^= 1 << stream.randrange(8)
        found.append(bytes(damaged))
    return found + [data[: len(data) * part // 100] for part in range(100)]


def test_a_thousand_flipped_bits_of_weights_are_refused_or_harmless(
    folder: Path, parameters: Parameters  # noqa: F811
) -> None:  # fmt: skip
    path, harmless = folder / "weights.safetensors", 0
    for damaged in flips(path.read_bytes(), 1_000):
        path.write_bytes(damaged)
        try:
            found = read_run(folder).parameters
        except FileError as error:
            assert "\n" not in error.message
        else:
            harmless += 1
            assert found.flat.tobytes() == parameters.flat.tobytes()
    assert harmless < 100, "only what names the checksum is without meaning"


@pytest.mark.parametrize("name", ["run.json", "spec.yaml", "metrics.jsonl"])
def test_a_thousand_flipped_bits_of_texts_end_in_one_line_or_in_a_run(name: str, folder: Path) -> None:  # noqa: F811
    path = folder / name
    read = read_summary if name == "metrics.jsonl" else read_run
    refusals = 0
    for damaged in flips(path.read_bytes(), 1_000):
        path.write_bytes(damaged)
        try:
            read(folder)
        except CnncliError as error:
            refusals += 1
            assert error.exit_code == 2 and "\n" not in error.message and len(error.message) < 1_000
    assert refusals > 100


def test_weights_that_another_program_wrote_are_taken(folder: Path, parameters: Parameters) -> None:  # noqa: F811
    (folder / "weights.safetensors").write_bytes(save_tensors(parameters.tensors()))
    assert read_run(folder).parameters.flat.tobytes() == parameters.flat.tobytes()
