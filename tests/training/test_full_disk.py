"""A disk that is full ends no training; what it comes to is what it would have come to, then or once there is room.

The limit on a file's size, which one process can set for another, refuses writes as a full disk does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from cnncli.errors import FileError
from cnncli.network.parameters import Parameters
from cnncli.training import files
from cnncli.training.checkpoint import CHECKPOINT, load
from cnncli.training.evaluation import Evaluation
from cnncli.training.loop import EpochMetrics, Progress
from cnncli.training.run_writer import RunWriter
from cnncli.training.step_log import StepLog
from tests.command import environment, run
from tests.kills import NET, TRAIN, outcome, start, wait_for
from tests.training.test_run import a_writer, parameters  # noqa: F401 (a fixture)

resource = pytest.importorskip("resource")  # not on Windows
LONGER = (*TRAIN, "--epochs", "12")
NOTHING, SMALL_FILES = 0, 5_000
"""Bytes that a file may have: the second lets the metrics through and not the weights."""
UNLIMITED = resource.RLIM_INFINITY

needs_prlimit = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only on Linux")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the spec, and a run of 12 epochs that met no resistance."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "net.yaml").write_text(NET)
    assert run(*LONGER, "--run", "run", cwd=folder).code == 0
    return folder


def train_into_a_wall(folder: Path, name: str, limit: int, comes_back: bool) -> tuple[int, str]:
    """(exit code, stderr) of a training whose writes are refused from its first checkpoint on, or for a while."""
    with start(folder, *LONGER, "--run", name) as process:
        wait_for(folder / name / CHECKPOINT)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, UNLIMITED))
        words = up_to_the_warning(process)
        if comes_back:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        words += process.communicate(timeout=60)[1]
    return process.returncode, words


def up_to_the_warning(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    words = ""
    for line in process.stderr:
        words += line
        if "cannot write" in line and "steps.jsonl" not in line:
            break
    return words


@needs_prlimit
def test_room_that_comes_back_is_used(folder: Path) -> None:
    code, words = train_into_a_wall(folder, "back", SMALL_FILES, comes_back=True)
    assert code == 0 and "the training goes on" in words and words.count("note: cannot write") <= 3
    made, whole = (outcome(folder / name) for name in ("back", "run"))
    assert made[:1] + made[2:] == whole[:1] + whole[2:]  # all but the steps, of which some are lost
    assert not [path for path in (folder / "back").iterdir() if path.name.startswith((".", "checkpoint"))]


@needs_prlimit
def test_a_disk_that_stays_full_is_one_line_and_resuming_comes_to_the_same(folder: Path) -> None:
    name = "full"
    code, words = train_into_a_wall(folder, name, NOTHING, comes_back=False)
    *_, error, hint = words.splitlines()
    assert code == 2 and error.startswith("error: cannot write") and f"cnncli train --resume {name}" in hint
    assert "Traceback" not in words and words.count("note: cannot write") <= 2
    result = run("train", "--resume", name, cwd=folder)
    assert result.code == 0, result.stderr
    assert outcome(folder / name) == outcome(folder / "run")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_words_that_nobody_takes_end_nothing(folder: Path) -> None:
    def code(name: str, stream: IO[str] | int) -> int:
        command = [sys.executable, "-m", "cnncli", *TRAIN, "--epochs", "2", "--run", name]
        return subprocess.run(command, cwd=folder, env=environment(), stderr=stream, timeout=60, check=False).returncode

    with Path("/dev/full").open("w") as full:
        assert code("mute", full) == 0
        assert code("mute", full) == 2  # the folder is there, and the error cannot be said
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert code("gone", writing) == 0
    finally:
        os.close(writing)
    assert outcome(folder / "mute") == outcome(folder / "gone")


@needs_prlimit
def test_a_log_that_is_full_ends_nothing_and_is_tried_again(folder: Path) -> None:
    with (folder / "log").open("w") as log:
        done = subprocess.run(
            [sys.executable, "-c", IN_A_SHORT_LOG, *TRAIN, "--epochs", "2", "--run", "logged"],
            cwd=folder, env=environment(), stderr=log, timeout=60, check=False,
        )  # fmt: skip
    words = (folder / "log").read_text()
    assert done.returncode == 0 and "epoch 1/2" not in words and "epoch 2/2" in words


IN_A_SHORT_LOG = """
import resource
from cnncli.__main__ import main
from cnncli.cli.progress import TrainingProgress
say = TrainingProgress.finished_epoch
def into_a_wall(self, metrics):
    if metrics.epoch == 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
    say(self, metrics)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
TrainingProgress.finished_epoch = into_a_wall
main()
"""


def test_a_refusal_is_said_once_until_it_is_over(
    tmp_path: Path, parameters: Parameters, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    said: list[str] = []
    writer = a_writer(tmp_path / "run")
    writer.warn = said.append
    for count in (1, 2):
        with monkeypatch.context() as full:
            full.setattr(files.os, "fsync", refuse)
            for epoch in (1, 2, 3):
                writer.finish_epoch(EpochMetrics(epoch, 0.5, 0.8, 0.01, 1000.0, 1.5), parameters)
                writer.save({}, {})
        assert len(said) == count
        writer.save({}, {})


def test_no_checkpoint_is_ahead_of_its_weights(
    tmp_path: Path, parameters: Parameters, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    """Else a training that is killed then goes on to test another epoch's weights than the best one's."""
    writer = a_writer(tmp_path / "run")
    writer.save({}, {"epoch": 0})
    whole, refused = files.write_whole, ["weights.safetensors"]

    def write(path: Path, data: bytes) -> None:
        if path.name in refused:
            raise FileError(f"cannot write {path}: No space left on device")
        whole(path, data)

    monkeypatch.setattr("cnncli.training.run_writer.write_whole", write)
    writer.finish_epoch(EpochMetrics(1, 0.5, 0.8, 0.01, 1000.0, 1.5), parameters)
    writer.save({}, {"epoch": 1})
    assert load(tmp_path / "run" / CHECKPOINT, 9).facts == {"epoch": 0}
    assert '"epochs_done": 0' in (tmp_path / "run" / "run.json").read_text(), "the record goes last"
    refused.clear()
    writer.save({}, {"epoch": 1})
    assert load(tmp_path / "run" / CHECKPOINT, 9).facts == {"epoch": 1}
    assert (tmp_path / "run" / "weights.safetensors").exists()


def test_what_ends_a_finished_run_while_it_tidies_up_leaves_it_finished(tmp_path: Path) -> None:
    writer = a_writer(tmp_path / "run")
    writer.finish(Evaluation(0.4, 0.9, 2000.0), 1000.0)
    writer.stop("interrupted")
    assert '"finished"' in (tmp_path / "run" / "run.json").read_text()


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    writer = a_writer(tmp_path / "run")
    (tmp_path / "run" / ".weights.safetensors.7.part").write_bytes(b"half")
    writer.release()
    again = RunWriter.reopen(tmp_path / "run")
    again.rewind(0, 0)
    again.release()
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json", "spec.yaml"}


def test_a_log_of_steps_that_is_refused_says_so_once(tmp_path: Path) -> None:
    class Silent:
        def stepped(self, progress: Progress) -> None: ...

    said: list[str] = []
    log = StepLog(Silent(), tmp_path / "nowhere" / "steps.jsonl", 1, said.append)  # type: ignore[arg-type]
    for step in (1, 2, 3):
        log.stepped(Progress(1, step, 3, 0.5, 0.5, 1.0, steps_done=step))
    assert len(said) == 1 and "from step 1 on" in said[0]
