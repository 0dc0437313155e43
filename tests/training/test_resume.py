"""A run that was stopped, however it was stopped, goes on to what it would have come to: same weights, same metrics."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cnncli.training.checkpoint import CHECKPOINT, PREVIOUS
from tests.command import environment, run

# All that a training remembers: moments, averages, running statistics, a schedule with a state, draws of dropout and of
# augmentation, held out images, and steps that are logged.
NET = """version: 1
input: [1, 8, 8]
layers:
  - {type: conv, filters: 4, kernel: 3, padding: 1}
  - {type: batchnorm, activation: relu}
  - {type: flatten}
  - {type: dropout, p: 0.3}
  - {type: dense, units: 10}
training:
  {optimizer: adam, learning_rate: 0.01, schedule: {type: plateau, patience: 0}, ema: 0.9, clip_norm: 1,
   augment: {shift: 1}, batch_size: 50, epochs: 6, validation: 0.1, label_smoothing: 0.1}
"""
TRAIN = ("train", "net.yaml", "--data", "digits", "--log-every", "4")
TIMES = {"seconds", "images_per_second"}


def timeless(record: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in record.items() if name not in TIMES}


def outcome(folder: Path) -> tuple[object, ...]:
    """All that a run came to but how long it took."""
    record = json.loads((folder / "run.json").read_text())
    logs = [
        [timeless(json.loads(line)) for line in (folder / name).read_text().splitlines()]
        for name in ("metrics.jsonl", "steps.jsonl")
    ]
    result = timeless(record["result"])
    weights = [(folder / name).read_bytes() for name in ("weights.safetensors", "last.safetensors")]
    return *logs, result, record["best"], record["epochs_done"], record["weights_sha256"], *weights


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec, and in it a run that was never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "net.yaml").write_text(NET)
    result = run(*TRAIN, "--run", "run", cwd=folder)
    assert result.code == 0, result.stderr
    assert not list((folder / "run").glob("checkpoint*"))
    return folder


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cnncli", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True)


def kill_at(folder: Path, stream: random.Random, arguments: tuple[str, ...], most: float) -> bool:
    """Kills a training after a random time; whether it was still at work."""
    process = start(folder, *arguments)
    assert process.stderr is not None
    time.sleep(stream.uniform(0.5, most))
    process.send_signal(signal.SIGKILL)
    process.stderr.read()
    process.stderr.close()
    return process.wait() == -signal.SIGKILL


def kill_until_it_ends(folder: Path, name: str, kills: int, seed: int) -> int:
    """Trains with so many kills at random moments; returns how many hit it at work."""
    stream = random.Random(seed)
    hits = 0
    arguments: tuple[str, ...] = (*TRAIN, "--run", name, "--save-every", "0")
    for _ in range(kills):
        hits += kill_at(folder, stream, arguments, 1.3)
        if (folder / name / "run.json").exists() and json.loads((folder / name / "run.json").read_text()):
            if json.loads((folder / name / "run.json").read_text()).get("status") == "finished":
                return hits
            if list((folder / name).glob("checkpoint*")):
                arguments = ("train", "--resume", name, "--save-every", "0")
                continue
        shutil.rmtree(folder / name, ignore_errors=True)  # killed before there was anything to go on from
    result = run(*arguments, cwd=folder)
    assert result.code == 0, result.stderr
    return hits


def test_killed_at_fifty_random_moments_it_comes_to_the_same(whole: Path) -> None:
    hits, number = 0, 0
    while hits < 50:
        number += 1
        hits += kill_until_it_ends(whole, f"killed-{number}", 50 - hits, seed=number)
        assert outcome(whole / f"killed-{number}") == outcome(whole / "run")


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_says_how_to_go_on_and_loses_nothing(number: int, code: int, whole: Path) -> None:
    name = f"signal-{code}"
    process = start(whole, *TRAIN, "--run", name, "--epochs", "500")
    wait_for(whole / name / "metrics.jsonl")
    process.send_signal(number)
    words = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert f"to go on: cnncli train --resume {name}" in words
    assert "Traceback" not in words
    record = json.loads((whole / name / "run.json").read_text())
    assert record["status"] == "interrupted" and record["epochs_done"] >= 1
    assert not list((whole / name).glob("*.lock"))
    # It goes on where it stood: stopped again, it has come further.
    process = start(whole, "train", "--resume", name)
    deadline = time.monotonic() + 60
    while len((whole / name / "metrics.jsonl").read_text().splitlines()) < record["epochs_done"] + 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    assert process.communicate(timeout=60)[0] is None and process.returncode == code
    epochs = [json.loads(line)["epoch"] for line in (whole / name / "metrics.jsonl").read_text().splitlines()]
    assert epochs == list(range(1, len(epochs) + 1))


@pytest.fixture
def stopped(whole: Path, tmp_path: Path) -> Path:
    """A folder with a copy of a run that was stopped with two checkpoints."""
    made = whole / "stopped"
    if not made.exists():
        process = start(whole, *TRAIN, "--run", "stopped", "--epochs", "500", "--save-every", "0")
        wait_for(made / "metrics.jsonl")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    shutil.copytree(made, tmp_path / "run")
    return tmp_path


def test_a_damaged_checkpoint_is_refused_and_the_one_before_offered(stopped: Path) -> None:
    path = stopped / "run" / CHECKPOINT
    whole_bytes = path.read_bytes()
    before = {each.name: each.read_bytes() for each in (stopped / "run").iterdir() if each.name != CHECKPOINT}
    damaged = bytearray(whole_bytes)
    damaged[len(damaged) // 2] ^= 4
    path.write_bytes(damaged)
    result = run("train", "--resume", "run", cwd=stopped)
    assert result.code == 2
    assert result.stderr.count("\n") <= 2 and "is damaged" in result.stderr and "--previous" in result.stderr
    assert {each.name: each.read_bytes() for each in (stopped / "run").iterdir() if each.name != CHECKPOINT} == before
    path.unlink()
    (stopped / "run" / PREVIOUS).unlink()
    result = run("train", "--resume", "run", cwd=stopped)
    assert result.code == 2 and "no checkpoint" in result.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 1}, "another network or recipe"),
        ({"recipe": {"learning_rate": 0.5}}, "another network or recipe"),
        ({"data": {"sha256": "0"}}, "its training images are others"),
        ({"status": "finished"}, "is finished"),
        ({"data": {"request": {}}}, "cannot be resumed"),
        ({"data": {"request": {"data": "nowhere.npz", "data_dir": None, "full": False, "resize": False}}}, "nowhere"),
    ],
)
def test_what_does_not_belong_to_the_run_is_refused(change: dict[str, object], words: str, stopped: Path) -> None:
    path = stopped / "run" / "run.json"
    record = json.loads(path.read_text())
    for key, value in change.items():
        record[key] = record[key] | value if isinstance(value, dict) else value
    path.write_text(json.dumps(record))
    result = run("train", "--resume", "run", cwd=stopped)
    assert result.code == 2 and words in result.stderr, result.stderr
    assert "Traceback" not in result.stderr


def test_a_checkpoint_of_another_spec_is_refused(stopped: Path) -> None:
    path = stopped / "run" / "spec.yaml"
    path.write_text(path.read_text() + "# changed\n")
    result = run("train", "--resume", "run", cwd=stopped)
    assert result.code == 2 and "another network" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--resume", "run", "--epochs", "3"), "without --epochs"),
        (("net.yaml", "--resume", "run"), "without ARCH"),
        (("--resume", "nowhere"), "is no run folder"),
        (("net.yaml",), "--data"),
        (("--data", "digits"), "ARCH"),
    ],
)
def test_usage(arguments: tuple[str, ...], words: str, whole: Path) -> None:
    result = run("train", *arguments, cwd=whole)
    assert result.code == 2 and words in result.stderr and result.stderr.count("\n") <= 2


@pytest.mark.skipif(os.name == "nt", reason="no claims there")
def test_two_processes_do_not_train_one_folder(whole: Path) -> None:
    process = start(whole, *TRAIN, "--run", "shared", "--epochs", "500")
    wait_for(whole / "shared" / CHECKPOINT)
    result = run("train", "--resume", "shared", cwd=whole)
    assert result.code == 2 and "another process is training" in result.stderr
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


def test_a_folder_that_is_removed_meanwhile_is_one_clear_line(whole: Path) -> None:
    process = start(whole, *TRAIN, "--run", "removed", "--epochs", "40")
    wait_for(whole / "removed" / CHECKPOINT)
    shutil.rmtree(whole / "removed")
    words = process.communicate(timeout=60)[1]
    assert process.returncode == 2 and "Traceback" not in words and "cannot write" in words


def test_threads_change_no_bit(whole: Path) -> None:
    result = run(*TRAIN, "--run", "one", "--threads", "1", cwd=whole)
    assert result.code == 0, result.stderr
    assert outcome(whole / "one") == outcome(whole / "run")
    assert np.isfinite(outcome(whole / "run")[2]["test_loss"])  # type: ignore[index]
