"""`cnncli runs`, and what validation brings to `train` and `evaluate`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.inside import call
from tests.cli.test_start import CODE
from tests.command import run
from tests.training.test_summary import RECORD, make

SPEC = """input: [1, 8, 8]
layers:
  - {type: conv, filters: 4, kernel: 3, activation: relu}
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
training: {learning_rate: 0.05, epochs: 3, validation: 0.1}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run whose spec asks for validation."""
    folder = tmp_path_factory.mktemp("validated")
    (folder / "net.yaml").write_text(SPEC)
    done = run("train", "net.yaml", "--data", "digits", "--log-every", "10", "--format", "json", cwd=folder)
    assert done.code == 0, done.stderr
    (folder / "result.json").write_text(done.stdout)
    (folder / "said.txt").write_text(done.stderr)
    return folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_training_says_how_validation_goes(trained: Path) -> None:
    result = json.loads((trained / "result.json").read_text())
    assert result.keys() == {
        "test_accuracy", "test_loss", "test_top5", "images_per_second", "run", "epochs", "best_epoch"
    }  # fmt: skip
    said = (trained / "said.txt").read_text()
    assert said.count("  validation 0.") == 3 and "\x1b" not in said and "┤" not in said
    files = sorted(path.name for path in (trained / "runs" / "net-1").iterdir())
    assert files == [
        "last.safetensors", "metrics.jsonl", "run.json", "spec.yaml", "steps.jsonl", "weights.safetensors"
    ]  # fmt: skip


def test_a_flag_overrides_the_spec(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    for value, words in (("1.5", "whole number of images"), ("-1", "from 0 up"), ("9999", "9,999 of")):
        refused = call("train", "net.yaml", "--data", "digits", "--validation", value)
        assert refused.code == 2 and words in refused.stderr
    refused = call("train", "net.yaml", "--data", "digits", "--validation", "0", "--patience", "2")
    assert refused.code == 2 and "--validation 0.1" in refused.stderr
    refused = call("train", "net.yaml", "--data", "digits", "--monitor", "los")
    assert refused.code == 2 and "did you mean `loss`" in refused.stderr
    assert sorted(path.name for path in Path("runs").iterdir()) == ["net-1"], "nothing was begun"


def test_evaluate_tells_all_and_writes_the_mistakes(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    result = json.loads(Path("result.json").read_text())
    done = call("evaluate", "runs/net-1", "--data", "digits", "--format", "json", "--mistakes", "m.png")
    record = json.loads(done.stdout)
    assert record["test_accuracy"] == result["test_accuracy"] and record["test_top5"] == result["test_top5"]
    assert len(record["classes"]) == len(record["confusion_matrix"]) == 10
    assert Path("m.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    text = call("evaluate", "runs/net-1", "--data", "digits", "--confusion", "--weights", "last", COLUMNS="80")
    assert text.code == 0 and "top-5" in text.stdout and text.stdout.count("\nclass ") == 2
    assert max(map(len, text.stdout.splitlines())) <= 80 or "images/s" in text.stdout


def test_which_weights_is_a_choice_of_two(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    assert call("evaluate", "runs/net-1", "--data", "digits", "--weights", "first").code == 2
    Path("runs/net-1/last.safetensors").rename("kept")
    gone = call("evaluate", "runs/net-1", "--data", "digits", "--weights", "last")
    Path("kept").rename("runs/net-1/last.safetensors")
    assert gone.code == 2 and "last.safetensors" in gone.stderr


def test_runs_are_listed(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    (entry,) = json.loads(call("runs", "--format", "json").stdout)
    assert entry["run"] == "runs/net-1" and entry["status"] == "finished" and entry["fault"] is None
    assert entry["epochs_done"] == entry["epochs"] == 3 and 1 <= entry["best_epoch"] <= 3
    assert entry["test_accuracy"] == json.loads(Path("result.json").read_text())["test_accuracy"]
    for columns in ("80", "200"):
        text = call("runs", "--curves", COLUMNS=columns).stdout
        assert "runs/net-1" in text and f"{entry['test_accuracy']:.2%}" in text and "┤" in text
        assert max(map(len, text.splitlines())) <= int(columns)


def test_listing_imports_nothing_heavy(place: Path) -> None:
    make(Path("runs/one"))
    make(Path("runs/two"))
    for arguments in (["runs", "--curves"], ["runs", "--compare"]):
        result = run(*arguments, code=CODE, cwd=place)
        assert result.stderr.splitlines()[-2:] == ["0", "[]"] and "runs/one" in result.stdout


def test_damaged_runs_do_not_hide_the_others(place: Path) -> None:
    make(Path("runs/fine"))
    (make(Path("runs/broken")) / "run.json").write_text("{")
    (make(Path("runs/new\x1b[2J")) / "run.json").write_text('{"format": 9}')
    done = call("runs")
    assert done.code == 0 and "finished" in done.stdout and done.stdout.count("damaged") == 2
    assert done.stderr.count("note: ") == 2 == len(done.stderr.splitlines()) and "\x1b" not in done.stdout + done.stderr
    named = call("runs", "runs/broken", "runs/fine")
    assert named.code == 2 and "finished" in named.stdout
    records = json.loads(call("runs", "--format", "json").stdout)
    assert [record["fault"] is None for record in records] == [True, False, False]
    assert all(record.keys() == records[0].keys() for record in records)
    alone = call("runs", "runs/broken")
    assert alone.code == 2 and "damaged" in alone.stdout


def test_nothing_to_list_is_said(place: Path) -> None:
    for arguments, words in (([], "no folder runs"), (["x"], "no folder x")):
        done = call("runs", *arguments)
        assert done.code == 2 and words in done.stderr and done.stdout == ""


def other(**changes: Any) -> dict[str, Any]:
    return RECORD | {"recipe": {"epochs": 5, "momentum": 0.9}, "seed": 7} | changes


def test_a_comparison_shows_what_differs(place: Path) -> None:
    make(Path("a"), RECORD | {"seed": 7, "status": "interrupted"})
    make(Path("b"), other())
    for name, text in (("a", "input: [1]"), ("b", "input: [2]")):
        Path(name, "spec.yaml").write_text(text)
    text = call("runs", "--compare", "a", "b").stdout
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert rows["recipe.epochs"] == ["3", "5"] and rows["recipe.momentum"] == ["-", "0.9"]
    assert rows["status"] == ["interrupted", "finished"] and "seed" not in rows and "spec.yaml differ" in text
    record = json.loads(call("runs", "--compare", "a", "b", "--format", "json").stdout)
    assert record["runs"] == ["a", "b"] and record["same_spec"] is False
    assert record["settings"] == {"recipe.epochs": [3, 5], "recipe.momentum": [None, 0.9]}
    assert record["results"]["test_accuracy"] == [0.8, 0.8]
    alone = call("runs", "--compare", "a")
    assert alone.code == 2 and "two runs" in alone.stderr


def test_a_comparison_survives_what_is_hostile(place: Path) -> None:
    many = {f"key{number}\x1b[2J": [number] * 50 for number in range(5000)}
    make(Path("a"), other(recipe=many, data="x" * 10_000, versions={"python": {"nested": [1e999]}}))
    deep = "[" * 900 + "]" * 900
    make(Path("b"), other(architecture=["\x1b"], seed=-(10**400), settings=None))
    record = (Path("b") / "run.json").read_text()
    (Path("b") / "run.json").write_text(
        record.replace('"finished"', deep).replace('"seed": ', f'"threads": {deep}, "seed": ')
    )
    done = call("runs", "--compare", "a", "b", COLUMNS="80")
    assert done.code == 0 and "\x1b" not in done.stdout and len(done.stdout.splitlines()) < 500
    assert max(map(len, done.stdout.splitlines())) <= 80
    json.loads(call("runs", "--compare", "a", "b", "--format", "json").stdout)
    listed = call("runs", ".", COLUMNS="80")
    assert listed.code == 0 and "\x1b" not in listed.stdout
