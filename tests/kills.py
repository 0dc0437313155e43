"""A training that is killed at random moments, and goes on each time, comes to what it would have come to.

    python -m tests.kills --count 200

prints how many kills hit it at work, how many of them once there was something to go on from, and for each training
whether it came to the same; exits 1 where one did not.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def train_whole(folder: Path) -> Path:
    """Puts the spec into `folder`, and a run that was never stopped."""
    (folder / "net.yaml").write_text(NET)
    result = run(*TRAIN, "--run", "run", cwd=folder)
    assert result.code == 0, result.stderr
    assert not list((folder / "run").glob("checkpoint*"))
    return folder / "run"


@contextmanager
def start(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A training of its own process, which does not outlive the block."""
    command = [sys.executable, "-m", "cnncli", *arguments]
    nowhere, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=nowhere, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def train_until_stopped(folder: Path) -> Path:
    """A run that was stopped after an epoch, with two checkpoints."""
    with start(folder, *TRAIN, "--run", "stopped", "--epochs", "500", "--save-every", "0") as process:
        wait_for(folder / "stopped" / "metrics.jsonl")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    return folder / "stopped"


def kill_at(folder: Path, stream: random.Random, arguments: tuple[str, ...], most: float) -> bool:
    """Kills a training after a random time; whether it was still at work."""
    with start(folder, *arguments) as process:
        time.sleep(stream.uniform(0.5, most))
        process.kill()
        words = process.communicate()[1]
    assert process.returncode in (0, -signal.SIGKILL), words
    return process.returncode == -signal.SIGKILL


def kill_until_it_ends(folder: Path, name: str, kills: int, seed: int) -> tuple[int, int]:
    """Trains with kills at random moments, `kills` of them at most once there is a checkpoint.

    Returns how many hit it at work, and how many of these once there was a checkpoint: others may have hit imports.
    """
    stream = random.Random(seed)
    hits = late = 0
    most = 1.3
    arguments: tuple[str, ...] = (*TRAIN, "--run", name, "--save-every", "0")
    while late < kills:
        hit = kill_at(folder, stream, arguments, most)
        hits += hit
        path = folder / name / "run.json"
        # Empty between its making and its writing: then the same command takes the folder.
        record = json.loads(path.read_text() or "{}") if path.exists() else {}
        if record.get("status") == "finished":
            return hits, late
        if record:
            arguments = ("train", "--resume", name, "--save-every", "0")
        if list((folder / name).glob("checkpoint*")):
            late += hit
        else:
            most *= 1.25  # a slow machine comes to something too
    result = run(*arguments, cwd=folder)
    assert result.code == 0, result.stderr
    return hits, late


def killed_and_same(folder: Path, kills: int) -> Iterator[tuple[int, int, bool]]:
    """Trains anew until `kills` have hit once there was a checkpoint.

    For each training how many hit, how many of them then, and whether it came to the same.
    """
    left, number = kills, 0
    while left > 0:
        number += 1
        hits, late = kill_until_it_ends(folder, f"killed-{number}", left, seed=number)
        left -= late
        yield hits, late, outcome(folder / f"killed-{number}") == outcome(folder / "run")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description="Kill trainings at random moments.")
    parser.add_argument("--count", type=int, default=200, metavar="N", help="kills once there is a checkpoint")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as name:
        train_whole(Path(name))
        all_hits, all_late, all_same = 0, 0, True
        for number, (hits, late, same) in enumerate(killed_and_same(Path(name), count), 1):
            all_hits, all_late, all_same = all_hits + hits, all_late + late, all_same and same
            what = f"{hits} kills, {late} once there was a checkpoint"
            print(f"training {number}: {what}, {'identical' if same else 'DIFFERENT'}", flush=True)
    what = f"{all_hits} kills, {all_late} once there was a checkpoint"
    print(f"{what}, {'all identical' if all_same else 'NOT all identical'}")
    return 0 if all_same else 1


if __name__ == "__main__":
    sys.exit(main())
