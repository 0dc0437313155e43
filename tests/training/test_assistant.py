"""The process that compiles half of the kernels: what it compiles, and that nothing depends on it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.graph import read_architecture
from cnncli.spec.source import Source
from cnncli.training import assistant
from cnncli.training.recipe import Recipe
from tests.command import run

NET = """version: 1
input: [1, 2, 2]
layers:
  - {type: flatten}
  - {type: dense, units: 2}
training: {batch_size: 16, epochs: 1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(NET)
    images, labels = np.zeros((32, 2, 2), np.uint8), np.arange(32) % 2
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return tmp_path


def test_two_processes_compile_what_one_would(folder: Path) -> None:
    answers = []
    for threads in ("2", "1"):
        cache = folder / f"cache{threads}"
        command = ("train", "net.yaml", "--data", "data.npz", "--run", f"run{threads}", "--threads", threads)
        result = run(*command, cwd=folder, CNNCLI_CACHE_DIR=str(cache))
        assert result.code == 0, result.stderr
        answers.append(sorted(path.name for path in cache.rglob("*.*") if path.is_file()))
    assert answers[0] == answers[1]
    assert all(name.endswith(".kernel") for name in answers[0])


def test_it_is_told_what_is_trained_on() -> None:
    spec = read_architecture(Source("net", NET))
    split = Split(np.zeros((40, 1, 2, 2), np.uint8), np.zeros(40, np.int64))
    tasks: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assistant, "_call", lambda: subprocess.Popen(["true"]))
        patch.setattr(assistant, "_tell", lambda process, task: tasks.append(task))
        patch.setattr(kernels.compile, "threads", lambda: 2)
        with assistant.beside(spec, Recipe(batch_size=16), split):
            kernels.compile._announce()
    (task,) = tasks
    read = json.loads(task)
    assert (read["images"], read["pixels"], read["recipe"]["batch_size"]) == (40, "uint8", 16)


@pytest.mark.parametrize("threads", [1, 2])
def test_none_is_called_where_all_is_compiled_or_one_thread_is_asked_for(threads: int) -> None:
    spec = read_architecture(Source("net", NET))
    split = Split(np.zeros((16, 1, 2, 2), np.uint8), np.zeros(16, np.int64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assistant, "_call", lambda: pytest.fail("called"))
        patch.setattr(kernels.compile, "threads", lambda: threads)
        with assistant.beside(spec, Recipe(), split):
            if threads == 1:
                kernels.compile._announce()
        kernels.compile._announce()


def test_training_goes_on_where_no_process_can_be_started() -> None:
    spec = read_architecture(Source("net", NET))
    split = Split(np.zeros((16, 1, 2, 2), np.uint8), np.zeros(16, np.int64))

    def refuse() -> subprocess.Popen[bytes]:
        raise OSError("no more processes")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assistant, "_call", refuse)
        patch.setattr(kernels.compile, "threads", lambda: 2)
        with assistant.beside(spec, Recipe(), split):
            kernels.compile._announce()


def test_one_that_ends_before_it_is_told_is_waited_for() -> None:
    spec = read_architecture(Source("net", NET))
    split = Split(np.zeros((16, 1, 2, 2), np.uint8), np.zeros(16, np.int64))
    ended = subprocess.Popen(["true"], stdin=subprocess.PIPE)

    def call() -> subprocess.Popen[bytes]:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        return ended

    def refuse(process: subprocess.Popen[bytes], task: bytes) -> None:
        assert process.stdin is not None
        process.stdin.close()
        raise BrokenPipeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assistant, "_call", call)
        patch.setattr(assistant, "_tell", refuse)
        patch.setattr(kernels.compile, "threads", lambda: 2)
        with assistant.beside(spec, Recipe(), split):
            kernels.compile._announce()
    assert ended.returncode is not None
