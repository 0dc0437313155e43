"""`cnncli report` as it is typed: where the page goes, and which data it takes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cnncli.data import load
from tests.cli.inside import call
from tests.report.pages import check_alone, make_run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a run on `digits`."""
    monkeypatch.chdir(tmp_path)
    make_run(Path("run"), load("digits"))
    return tmp_path


def test_a_page_is_written_into_the_run(place: Path) -> None:
    done = call("report", "run")
    assert done.code == 0 and done.stdout == "" and "wrote run/report.html" in done.stderr
    page = Path("run/report.html")
    found = check_alone(page.read_text(encoding="utf-8"))
    assert "feature-maps" in found.sections and "last.safetensors" not in found.text
    first = page.read_bytes()
    assert call("report", "run", "--threads", "1").code == 0 and page.read_bytes() == first
    assert sorted(path.name for path in Path("run").iterdir() if path.suffix != ".jsonl") == [
        "last.safetensors", "report.html", "run.json", "spec.yaml", "weights.safetensors"
    ]  # fmt: skip
    assert call("report", "run", "-o", "other.html", "--weights", "last").code == 0
    assert "SHA-256 of last.safetensors" in Path("other.html").read_text(encoding="utf-8")


def test_what_is_no_data_sets_name_is_not_looked_for(place: Path) -> None:
    """A stranger's run could name any path of this machine."""
    data = load("digits")
    images = {f"x_{part}": split.images[:, 0] for part, split in (("train", data.train), ("test", data.test))}
    labels = {f"y_{part}": split.labels for part, split in (("train", data.train), ("test", data.test))}
    np.savez("own.npz", **images, **labels)
    record = json.loads(Path("run/run.json").read_text())
    record["data"] |= {"name": "own.npz", "source": "own.npz"}
    Path("run/run.json").write_text(json.dumps(record))
    done = call("report", "run")
    assert done.code == 0 and "note: without test images: the run was trained on own.npz" in done.stderr
    found = check_alone(Path("run/report.html").read_text(encoding="utf-8"))
    assert "feature-maps" not in found.sections and "--data names where it is" in found.text
    assert call("report", "run", "--data", "own.npz").code == 0
    assert "feature-maps" in check_alone(Path("run/report.html").read_text(encoding="utf-8")).sections


def test_data_that_is_named_must_fit(place: Path) -> None:
    for arguments, words in ((["nothing"], "neither a data set's name"), (["mnist-5k"], "--resize")):
        done = call("report", "run", "--data", *arguments)
        assert done.code == 2 and words in done.stderr and not Path("run/report.html").exists()


@pytest.mark.parametrize("target", ["file", "missing", "folder"])
def test_what_a_strangers_run_links_to_is_not_written_over(place: Path, target: str) -> None:
    Path("file").write_text("mine")
    Path("folder").mkdir()
    Path("run/report.html").symlink_to(place / target)
    done = call("report", "run")
    assert done.code == 2 and "--output" in done.stderr
    assert Path("file").read_text() == "mine" and not Path("missing").exists()


def test_a_folder_that_is_no_run_is_told(place: Path) -> None:
    Path("empty").mkdir()
    assert call("report", "empty").code == call("report", "nowhere").code == 2
    shutil.rmtree("run")
    assert "\n" in call("report", "run").stderr and not Path("run").exists()


def test_event_files_are_written_beside(place: Path) -> None:
    Path("run/steps.jsonl").write_text('{"step": 5, "epoch": 1, "train_loss": 0.5}\n')
    assert call("report", "run", "--tensorboard", "logs/run").code == 0
    names = sorted(path.parent.name for path in Path("logs/run").rglob("events.out.tfevents.*.cnncli"))
    assert names == ["train", "validation"] and b"batch_loss" in next(Path("logs/run/train").iterdir()).read_bytes()
    Path("file").touch()
    refused = call("report", "run", "--tensorboard", "file")
    assert refused.code == 2 and "cannot make file/train" in refused.stderr
