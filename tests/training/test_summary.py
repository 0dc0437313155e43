"""Lists of runs survive what is in them: damaged, hostile and unfinished folders."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from cnncli.errors import CnncliError, FileError, UsageError
from cnncli.training.summary import find_runs, read_spec, read_summary

RECORD: dict[str, Any] = {
    "format": 1,
    "status": "finished",
    "architecture": "nets/small.yaml",
    "recipe": {"epochs": 3},
    "data": {"name": "digits"},
    "epochs_done": 3,
    "best": {"epoch": 2, "value": 0.9},
    "result": {"test_accuracy": 0.8},
    "started": "2030-01-02T03:04:05+00:00",
}
LINES = [{"epoch": epoch, "seconds": 1.5, "validation_accuracy": epoch / 10} for epoch in (1, 2, 3)]


def make(folder: Path, record: Any = RECORD, lines: list[Any] = LINES) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_run_in_a_few_values(tmp_path: Path) -> None:
    run = read_summary(make(tmp_path / "run"))
    assert (run.status, run.data, run.epochs_done, run.epochs) == ("finished", "digits", 3, 3)
    assert (run.best_epoch, run.validation_accuracy, run.test_accuracy) == (2, 0.2, 0.8)
    assert run.seconds == 4.5 and run.metrics == LINES


def test_without_a_best_epoch_the_last_is_kept(tmp_path: Path) -> None:
    record = {key: value for key, value in RECORD.items() if key not in ("best", "result")}
    run = read_summary(make(tmp_path / "run", record))
    assert (run.best_epoch, run.validation_accuracy, run.test_accuracy) == (None, 0.3, None)


def test_a_run_without_an_epoch(tmp_path: Path) -> None:
    folder = make(tmp_path / "run", {"format": 1, "status": "running"})
    (folder / "metrics.jsonl").unlink()
    run = read_summary(folder)
    assert run.status == "running" and run.metrics == [] and run.seconds is None and run.validation_accuracy is None


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    folder = make(tmp_path / "run")
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "sec')
    assert len(read_summary(folder).metrics) == 3


@pytest.mark.parametrize("value", [None, [], {}, "x", True, 1e999, -(10**400), [[[]]]])
def test_a_value_of_another_type_is_not_there(value: Any, tmp_path: Path) -> None:
    record = dict.fromkeys(RECORD, value) | {"format": 1}
    run = read_summary(make(tmp_path / "run", record, [dict.fromkeys(LINES[0], value)]))
    for found in (run.epochs, run.best_epoch, run.validation_accuracy, run.test_accuracy, run.seconds, run.data):
        assert found is None


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20] + b"\n")


def nested(path: Path) -> None:
    path.write_text("[" * 100_000 + "\n")


def digits(path: Path) -> None:
    path.write_text('{"format": ' + "9" * 10_000 + "}\n")


def sparse(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2**40)  # it takes no room


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES = [cut, nested, digits, sparse, pipe, folder, endless, lambda path: path.write_bytes(b"\xff\xfe[]\n"),
           lambda path: path.write_text("[1, 2]\n"), lambda path: path.write_bytes(b"")]  # fmt: skip


@pytest.mark.parametrize("name", ["run.json", "metrics.jsonl"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_one_line(damage: Any, name: str, tmp_path: Path) -> None:
    run = make(tmp_path / "run")
    damage(run / name)
    if name == "metrics.jsonl" and (run / name).is_file() and not (run / name).stat().st_size:
        assert read_summary(run).metrics == []
        return
    with pytest.raises(CnncliError) as caught:
        read_summary(run)
    assert name in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 1000


@pytest.mark.parametrize("line", ["{}\n", "\n"])
@pytest.mark.parametrize("place", ["", "member-2"])
def test_many_short_lines_are_refused(line: str, place: str, tmp_path: Path) -> None:
    """They would take a hundred times their bytes."""
    run = make(tmp_path / "run", RECORD | {"committee": {"members": 2}})
    (run / place).mkdir(exist_ok=True)
    (run / place / "metrics.jsonl").write_text(line * 100_000)
    read_summary(run)
    (run / place / "metrics.jsonl").write_text(line * 100_001)
    with pytest.raises(FileError, match="is too large: more than 100,000 lines"):
        read_summary(run)


def test_of_members_only_what_is_shown_is_kept(tmp_path: Path) -> None:
    run = make(tmp_path / "run", RECORD | {"committee": {"members": 40}}, [])
    first = make(run / "member-1", lines=[{"epoch": 1, "seconds": 0.5, "more": "x" * 8_000_000}])
    for number in range(2, 41):
        (run / f"member-{number}").mkdir()
        os.link(first / "metrics.jsonl", run / f"member-{number}" / "metrics.jsonl")
    tracemalloc.start()
    try:
        assert read_summary(run).seconds == 20
        assert tracemalloc.get_traced_memory()[1] < 1.5e8 < 40 * 8_000_000
    finally:
        tracemalloc.stop()


def test_a_record_that_leads_nowhere_is_still_found_and_said(tmp_path: Path) -> None:
    run = make(tmp_path / "run")
    elsewhere(run / "run.json")
    assert find_runs([tmp_path]) == [run]
    with pytest.raises(CnncliError, match="does not exist"):
        read_summary(run)


def test_a_newer_format_is_said(tmp_path: Path) -> None:
    with pytest.raises(CnncliError, match="format 7"):
        read_summary(make(tmp_path / "run", RECORD | {"format": 7}))


def test_runs_are_found_in_the_order_of_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("net-10", "net-2", "a", "net-2-x"):
        make(Path("runs") / name)
    Path("runs/other").mkdir()
    Path("runs/file").touch()
    names = ["a", "net-2", "net-2-x", "net-10"]
    assert [run.name for run in find_runs([])] == names
    assert [run.name for run in find_runs([Path("runs/net-2"), Path("runs")])] == ["net-2", *names]
    for nothing in ("runs/other", "runs/file", "nowhere"):
        with pytest.raises(UsageError, match=nothing):
            find_runs([Path(nothing)])


def test_a_spec_is_read_or_missing(tmp_path: Path) -> None:
    run = make(tmp_path / "run")
    assert read_spec(run) is None
    (run / "spec.yaml").write_bytes(b"input: [1]")
    assert read_spec(run) == b"input: [1]"
