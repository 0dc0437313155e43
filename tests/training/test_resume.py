"""A run that was stopped, however it was stopped, goes on to what it would have come to: same weights, same metrics."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from cnncli import __version__
from cnncli.cli import differences
from cnncli.errors import Interrupted
from cnncli.kernels.vector import LANES
from cnncli.training.checkpoint import CHECKPOINT, load
from cnncli.training.run_writer import RunWriter
from cnncli.training.session import recorded
from tests.command import run
from tests.kills import TRAIN, killed_and_same, outcome, start, train_until_stopped, train_whole, wait_for


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec, and in it a run that was never stopped."""
    return train_whole(tmp_path_factory.mktemp("whole")).parent


def test_killed_at_fifty_random_moments_it_comes_to_the_same(whole: Path) -> None:
    results = list(killed_and_same(whole, 50))
    assert sum(late for _, late, _ in results) >= 50 and all(same for _, _, same in results)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_says_how_to_go_on_and_loses_nothing(number: int, code: int, whole: Path) -> None:
    name = f"signal-{code}"
    with start(whole, *TRAIN, "--run", name, "--epochs", "500") as process:
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
    with start(whole, "train", "--resume", name) as process:
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
        train_until_stopped(whole)
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


def test_the_one_before_takes_the_place_of_a_damaged_one(stopped: Path) -> None:
    """Were it only read, the next save would put the damaged one in its place, and a kill then lose both."""
    path = stopped / "run" / CHECKPOINT
    path.write_bytes(b"damaged")
    with start(stopped, "train", "--resume", "run", "--previous", "--save-every", "1000") as process:
        deadline = time.monotonic() + 60
        while path.read_bytes() == b"damaged":
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.kill()
        process.communicate()
    for each in (stopped / "run").glob("checkpoint*"):
        assert load(each, 2**20).facts["network"]


@pytest.mark.parametrize("epochs_done", [0, 1, 2])
def test_killed_before_its_first_checkpoint_it_begins_anew(epochs_done: int, whole: Path) -> None:
    folder = whole / f"young-{epochs_done}"
    folder.mkdir()
    shutil.copy(whole / "run" / "spec.yaml", folder)
    record = json.loads((whole / "run" / "run.json").read_text())
    for name in ("result", "best", "weights_sha256"):
        del record[name]
    (folder / "run.json").write_text(json.dumps(record | {"status": "running", "epochs_done": epochs_done}))
    result = run("train", "--resume", folder.name, cwd=whole)
    if epochs_done > 1:
        assert result.code == 2 and "no checkpoint" in result.stderr
    else:
        assert result.code == 0, result.stderr
        assert outcome(folder) == outcome(whole / "run")


@pytest.mark.parametrize("epochs_done", [0, 1])
def test_what_was_killed_and_is_stopped_again_can_still_begin_anew(epochs_done: int, whole: Path, tmp_path) -> None:
    folder = tmp_path / "young"
    folder.mkdir()
    shutil.copy(whole / "run" / "spec.yaml", folder)
    record = json.loads((whole / "run" / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"status": "running", "epochs_done": epochs_done}))
    writer = RunWriter.reopen(folder)
    with pytest.raises(Interrupted), recorded(writer):
        writer.rewind(0, 0)
        raise Interrupted
    assert json.loads((folder / "run.json").read_text())["status"] == "interrupted"
    assert (folder / "spec.yaml").exists()


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


def test_other_versions_and_vectors_are_told_in_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(differences, "notice", said.append)
    here = {name: version(name) for name in ("numpy", "numba")} | {"cnncli": __version__}
    for versions in (here, here | {"python": "3.0"}, {}, None, "1"):
        differences.notice_differences({"versions": versions}, LANES)
    assert not said
    differences.notice_differences({"versions": here | {"numpy": "0.1", "numba": ["9" * 999]}}, LANES)
    (line,) = said
    assert f"numpy 0.1, here is {here['numpy']}" in line and "bits may differ" in line and len(line) < 200
    differences.notice_differences({}, LANES + 1)
    assert len(said) == 2 and "images in a vector" in said[1]


def test_a_run_that_goes_on_under_another_version_says_so(stopped: Path) -> None:
    path = stopped / "run" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"versions": {"numba": "0.1"}, "seed": 1}))
    result = run("train", "--resume", "run", cwd=stopped)
    assert "note: the run began with numba 0.1, here is" in result.stderr


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
    with start(whole, *TRAIN, "--run", "shared", "--epochs", "500") as process:
        wait_for(whole / "shared" / CHECKPOINT)
        result = run("train", "--resume", "shared", cwd=whole)
        assert result.code == 2 and "another process is training" in result.stderr
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143


def test_a_folder_that_is_removed_meanwhile_is_one_clear_line(whole: Path) -> None:
    with start(whole, *TRAIN, "--run", "removed", "--epochs", "40") as process:
        wait_for(whole / "removed" / CHECKPOINT)
        while (whole / "removed").exists():  # the training goes on writing into it
            shutil.rmtree(whole / "removed", ignore_errors=True)
        words = process.communicate(timeout=60)[1]
    assert process.returncode == 2 and "Traceback" not in words and "cannot write" in words


def test_threads_change_no_bit(whole: Path) -> None:
    result = run(*TRAIN, "--run", "one", "--threads", "1", cwd=whole)
    assert result.code == 0, result.stderr
    assert outcome(whole / "one") == outcome(whole / "run")
    assert np.isfinite(outcome(whole / "run")[2]["test_loss"])  # type: ignore[index]


def test_the_command_that_a_run_prints_makes_the_same_weights(whole: Path) -> None:
    """With another number of threads."""
    (made,) = json.loads(run("runs", "run", "--format", "json", cwd=whole).stdout)
    told = run("runs", "run", cwd=whole).stdout
    assert made["command"] in told and made["weights_sha256"] in told
    assert made["weights_sha256"] == hashlib.sha256((whole / "run" / "weights.safetensors").read_bytes()).hexdigest()
    (whole / "again").mkdir()
    shutil.copy(whole / "net.yaml", whole / "again")
    result = run(*shlex.split(made["command"])[1:], "--threads", "1", cwd=whole / "again")
    assert result.code == 0, result.stderr
    (again,) = json.loads(run("runs", "again/run", "--format", "json", cwd=whole).stdout)
    assert again["weights_sha256"] == made["weights_sha256"] and len(made["weights_sha256"]) == 64
