"""A run folder from a stranger: one clear line, nothing executed, nothing written outside, no waiting."""

from __future__ import annotations

import json
import math
import os
import shutil
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.errors import CnncliError
from cnncli.training import checkpoint
from cnncli.training.best_epoch import BestEpoch
from cnncli.training.checkpoint import CHECKPOINT, PREVIOUS, read_numbers
from cnncli.training.loop import Position
from cnncli.training.run_writer import RunWriter
from cnncli.training.summary import read_summary
from tests.cli.inside import call
from tests.command import Result, run
from tests.kills import NET, train_until_stopped
from tests.training.test_damaged_runs import flips

RESUME = ("train", "--resume", "run")
EVALUATE = ("evaluate", "run", "--data", "digits")
PREDICT = ("predict", "run", "image.png")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    (place / "net.yaml").write_text(NET)
    return train_until_stopped(place)


@pytest.fixture
def stopped(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that could be resumed, in the working folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, "run")
    return tmp_path / "run"


def refused(result: Result, words: str = "") -> None:
    assert result.code == 2 and result.stdout == "", result
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error: ") and words in lines[0] and len(lines) <= 2, result.stderr
    assert not any("internal error" in line or len(line) > 1_000 or not line.isprintable() for line in lines), lines


FILES = (CHECKPOINT, PREVIOUS, "checkpoint.new", "run.json", "spec.yaml", "metrics.jsonl", "steps.jsonl",
         "weights.safetensors", "last.safetensors", "run.lock")  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "link"])
def test_what_is_no_file_is_neither_waited_for_nor_written_through(name: str, kind: str, stopped: Path) -> None:
    path, outside = stopped / name, stopped.parent / "outside"
    outside.write_bytes(path.read_bytes() if path.exists() else b"precious")
    precious = outside.read_bytes()
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else outside)
    refused(call(*RESUME))
    assert outside.read_bytes() == precious
    for command in (EVALUATE, ("runs", "run")):
        result = call(*command)
        assert result.code in (0, 2) and "internal" not in result.stderr
        if result.code == 2 and command == EVALUATE:
            refused(result)
    assert outside.read_bytes() == precious


def test_a_link_where_a_file_is_prepared_is_not_written_through(stopped: Path) -> None:
    outside = stopped.parent / "outside"
    outside.write_bytes(b"precious")
    (stopped / f".run.json.{os.getpid()}.part").symlink_to(outside)
    from cnncli.training.files import write_whole

    write_whole(stopped / "run.json", b"{}")
    assert outside.read_bytes() == b"precious" and (stopped / "run.json").read_bytes() == b"{}"


def change(stopped: Path, *place: Any) -> None:
    """change(stopped, "data", "name", 7): puts 7 there in run.json."""
    *keys, last, value = place
    record = inner = json.loads((stopped / "run.json").read_text())
    for key in keys:
        inner = inner[key]
    inner[last] = value
    (stopped / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    "place",
    [
        *(("seed", seed) for seed in (math.inf, -1, 2**31, 10**30, "x", None)),
        ("normalization", "scale", [10**400]),
        ("normalization", "scale", [3.5e38]),
        ("normalization", "shift", ["x" * 100_000]),
        ("format", "x" * 100_000),
        ("data", "classes", ["\x1b[2J\n" + str(index) for index in range(10)]),
        ("settings", {"\x1b[2J": "x"}),
        ("recipe", "augment", "x" * 100_000),
        ("recipe", "learning_rate", math.nan),
        ("recipe", "optimizer", [[[[[[]]]]]]),
        ("data", []),
    ],
    ids=lambda place: repr(place)[:40],
)
def test_a_record_from_a_stranger(place: tuple[Any, ...], stopped: Path) -> None:
    change(stopped, *place)
    refused(call(*EVALUATE))
    if place[:2] != ("data", "classes"):
        refused(call(*RESUME))
    assert "internal" not in call("runs", "run").stderr


@pytest.mark.parametrize(
    "place",
    [
        *(("log_every", number) for number in (math.inf, -5, "x")),
        ("machine", "lanes", math.inf),
        ("recipe", "batch_size", 10**30),
        *(
            ("data", "request", {"data": data, "data_dir": None, "full": False, "resize": False})
            for data in ("a\0b.npz", "\ud800.npz", "/dev/zero", "\x1b[2J", [])
        ),
        ("data", "request", "data_dir", "\0"),
    ],
    ids=lambda place: repr(place)[:60],
)
def test_a_record_that_says_how_to_resume(place: tuple[Any, ...], stopped: Path) -> None:
    if place[-1] == "\0":
        change(stopped, "data", "request", "data", "mnist")
    change(stopped, *place)
    refused(call(*RESUME))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"format":' + "[" * 900 + "]" * 900 + "}", '{"format":' + "9" * 5_000]
)
def test_a_record_that_is_deep_or_long(text: str, stopped: Path) -> None:
    (stopped / "run.json").write_text(text)
    refused(call(*RESUME))
    refused(call(*EVALUATE))
    assert call("runs", "run").code == 2


def test_a_record_of_many_long_classes_is_read(stopped: Path) -> None:
    """More than a spec may have."""
    change(stopped, "data", "classes", [str(index) * 200_000 for index in range(10)])
    refused(call(*EVALUATE), "is in only one of them")


@pytest.mark.parametrize("command", [RESUME, EVALUATE, PREDICT])
def test_a_spec_that_asks_for_terabytes(command: tuple[str, ...], stopped: Path) -> None:
    path = stopped / "spec.yaml"
    wide = "  - {type: dense, units: 1000000}\n" * 2
    path.write_text(path.read_text().replace("  - {type: dense, units: 10}\n", wide + "  - {type: dense, units: 10}\n"))
    refused(call(*command), "GB, this machine has")


@pytest.mark.parametrize(
    "data", [b"\0", b"# x\n" * 2**19, b"[" * 5_000, b"a: !!python/object/apply:os.system ['true']"]
)
def test_a_spec_that_is_none(data: bytes, stopped: Path) -> None:
    (stopped / "spec.yaml").write_bytes(data)
    refused(call(*EVALUATE), "spec.yaml")
    refused(call(*RESUME), "spec.yaml")


@pytest.mark.parametrize(
    "line",
    ['{"epoch": Infinity}', '{"epoch": 1e999}', '{"epoch": [1]}', "[" * 100_000, "\xff", '\xef\xbb\xbf{"epoch": 1}'],
)
def test_metrics_from_a_stranger(line: str, stopped: Path) -> None:
    for name in ("metrics.jsonl", "steps.jsonl"):
        with (stopped / name).open("a", encoding="latin-1") as file:
            file.write(line.replace("epoch", "step") + "\n" if name == "steps.jsonl" else line + "\n")
    before = (stopped / "metrics.jsonl").read_text(encoding="latin-1").splitlines()[0]
    writer = RunWriter.reopen(stopped)
    writer.rewind(1, 10**6)
    writer.release()
    assert (stopped / "metrics.jsonl").read_text() == before + "\n"
    assert call("runs", "run").code in (0, 2)


def test_logs_without_an_end_are_cut_off(stopped: Path) -> None:
    (stopped / "steps.jsonl").write_text('{"step": 1}\n')
    with (stopped / "steps.jsonl").open("ab") as file:
        file.truncate(2**36)  # sparse: it takes no room
    writer = RunWriter.reopen(stopped)
    writer.rewind(1, 10**6)
    writer.release()
    assert (stopped / "steps.jsonl").read_text() == '{"step": 1}\n'


def test_a_long_log_is_not_held_in_memory(stopped: Path) -> None:
    line = '{"step": 1, "more": "%s"}\n' % ("x" * 1000)
    (stopped / "steps.jsonl").write_text(line * 40_000)
    writer = RunWriter.reopen(stopped)
    tracemalloc.start()
    try:
        writer.rewind(10**9, 10**6)  # nor is a number for each epoch that a checkpoint speaks of
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()
        writer.release()
    assert (stopped / "steps.jsonl").stat().st_size == 40_000 * len(line)


@pytest.mark.parametrize("epochs", [10**4299, 2**53 + 1], ids=["digits", "bits"])
def test_more_epochs_than_there_can_be_do_not_end_a_list(epochs: int, stopped: Path) -> None:
    path = stopped / "run.json"
    record = json.loads(path.read_text())
    record["recipe"]["epochs"] = epochs
    path.write_text(json.dumps(record | {"committee": {"members": 1000}}))
    for format in ("text", "json"):
        assert call("runs", "run", "--format", format).code == 0


def test_seconds_whose_sum_no_float_holds(stopped: Path) -> None:
    (stopped / "metrics.jsonl").write_text('{"epoch": 1, "seconds": 1.7e308}\n' * 3)
    assert read_summary(stopped).seconds is None


def test_metrics_that_lack_an_epoch_are_told(stopped: Path) -> None:
    (stopped / "metrics.jsonl").write_text("")
    said: list[str] = []
    writer = RunWriter.reopen(stopped, said.append)
    writer.rewind(1, 26)
    writer.release()
    assert len(said) == 1 and "metrics.jsonl is damaged" in said[0]


def set_position(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda facts: facts["position"].update({name: value})


def set_fact(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda facts: facts.update({name: value})


@pytest.mark.parametrize(
    "harm",
    [
        *(set_position("epoch", value) for value in (10**30, 0, -1, 1.5, "2", True, None, math.nan, [])),
        *(set_position("step", value) for value in (-1, 10**30, 1.0, "1", 25, None)),
        *(set_position("images", value) for value in (10**6, -1, 1.5, "x")),
        *(set_position(name, math.inf) for name in ("loss", "seconds", "rate", "correct")),
        set_position("more", 1),
        set_fact("position", [1, 2]),
        *(set_fact("steps_done", value) for value in (-1, 10**30, "26", None, math.inf)),
        *(set_fact("schedule", value) for value in ([], ["1"], ["x"] * 3, 7, None, [10**400] * 3)),
        *(set_fact("seconds", value) for value in ("x", None, 10**400, "nan", math.inf, -1.0)),
        *(set_fact("best", value) for value in (None, [], {}, {"value": "x", "epoch": 1, "since": 0})),
        set_fact("network", None),
        lambda facts: facts.clear(),
    ],
)  # fmt: skip
def test_facts_of_a_checkpoint_from_a_stranger(
    harm: Callable[[dict[str, Any]], None], stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = checkpoint.load(stopped / CHECKPOINT, 10**7)
    harm(found.facts)
    monkeypatch.setattr(json, "dumps", lambda value, allow_nan=True, dumps=json.dumps: dumps(value))
    checkpoint.save(stopped, found.vectors, found.facts)
    monkeypatch.undo()
    os.chdir(stopped.parent)
    before = (stopped / "run.json").read_bytes()
    refused(call(*RESUME), "does not belong to this run")
    assert (stopped / "run.json").read_bytes() == before and not list(stopped.glob("*.lock"))


def test_plain_numbers() -> None:
    position = {"epoch": 2, "step": 1, "loss": 0.5, "correct": 3, "images": 4, "seconds": 1, "rate": 0.1}
    assert read_numbers(Position, position) == Position(**position)
    assert read_numbers(BestEpoch, {"value": None, "epoch": 0, "since": 1}) == BestEpoch(None, 0, 1)


@pytest.mark.parametrize("head", [b"cnncli checkpoint " + b"9" * 5_000, b"cnncli checkpoint 1 " + b"0" * 64, b"\n"])
def test_a_checkpoint_with_an_absurd_head(head: bytes, stopped: Path) -> None:
    (stopped / CHECKPOINT).write_bytes(head + b"\n" + bytes(100))
    refused(call(*RESUME))


def test_flipped_bits_of_what_a_resumed_run_reads(stopped: Path) -> None:
    whole = {name: (stopped / name).read_bytes() for name in ("run.json", "metrics.jsonl")}
    for name, data in whole.items():
        for damaged in flips(data, 100)[:130]:
            (stopped / name).write_bytes(damaged)
            try:
                writer = RunWriter.reopen(stopped)
            except CnncliError as error:
                assert "\n" not in error.message
                continue
            writer.rewind(1, 26)
            assert all(record["epoch"] <= 1 for record in writer.records())
            writer.release()
        (stopped / name).write_bytes(data)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


IN_LITTLE_MEMORY = """
import resource, sys
from cnncli.cli.main import run
import numpy, numba, safetensors.numpy, PIL.Image, cnncli.training.prediction
have = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (have + 2**30, have + 2**30))
sys.exit(run())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only on Linux")
def test_what_exhausts_memory_is_refused_in_little(stopped: Path) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(10**6)))
    Path("image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
    refused(run(*PREDICT, code=IN_LITTLE_MEMORY, cwd=stopped.parent), "image.png")
    for name in ("weights.safetensors", CHECKPOINT, "run.json"):
        kept = (stopped / name).read_bytes()
        with (stopped / name).open("r+b") as file:
            file.truncate(2**36)  # sparse: it takes no room
        command = RESUME if name == CHECKPOINT else EVALUATE
        refused(run(*command, code=IN_LITTLE_MEMORY, cwd=stopped.parent), name)
        (stopped / name).write_bytes(kept)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_images_and_data_that_are_no_files(stopped: Path) -> None:
    os.mkfifo("image.png")
    refused(call(*PREDICT), "image.png is not a regular file")
    os.mkfifo("pipe.npz")
    refused(call("evaluate", "run", "--data", "pipe.npz"), "pipe.npz")
    for split in ("a", "b"):
        Path("pictures", split).mkdir(parents=True)
        for number in range(5):
            os.mkfifo(f"pictures/{split}/{number}.png")
    refused(call("evaluate", "run", "--data", "pictures"), "is not a regular file")


class Malice:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("executed",)


def test_pickles_are_nowhere_read(stopped: Path) -> None:
    malice = np.array([Malice()], object)
    np.savez("data.npz", x_train=malice, y_train=malice, x_test=malice, y_test=malice)
    refused(call("evaluate", "run", "--data", "data.npz"), "pickled")
    np.savez("weights.npz", malice)
    shutil.copy("weights.npz", stopped / "weights.safetensors")
    shutil.copy("weights.npz", stopped / CHECKPOINT)
    refused(call(*EVALUATE), "damaged")
    refused(call(*RESUME), "damaged")
    assert not Path("executed").exists()
