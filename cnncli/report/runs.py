"""Runs for people and programs: a list of them, and what differs between some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cnncli.report.words import counted, printable
from cnncli.training.summary import Summary, read_spec

_HEADINGS = (
    "run", "status", "architecture", "data", "epochs", "best", "validation", "test", "time", "started",
)  # fmt: skip
_RIGHT = ("epochs", "best", "validation", "test", "time")
_DISPENSABLE = ("started", "best", "time", "data", "architecture", "epochs")
"""Columns that a narrow terminal goes without, the first of them first."""
_GAP = 2
_LONGEST = 40
"""Cells of a text from a stranger's file."""
_LONGEST_COMMAND = 2_000
_SECTIONS = ("recipe", "settings", "committee", "data", "versions", "machine")
_VALUES = ("architecture", "seed", "threads", "algorithm")
_MOST_ROWS = 100
_STYLES = {"finished": "green", "running": "cyan", "damaged": "red"}

Faults = dict[Path, str]
Row = dict[str, str]


def run_records(runs: list[Summary], faults: Faults) -> list[dict[str, Any]]:
    """For JSON: what is known of each, None where nothing is; `fault` says why a folder could not be read."""
    records: list[dict[str, Any]] = [
        {"run": str(run.folder), "fault": None} | {name: getattr(run, name) for name in _FIELDS} for run in runs
    ]
    return records + [{"run": str(folder), "fault": fault} | dict.fromkeys(_FIELDS) for folder, fault in faults.items()]


_FIELDS = ("status", "architecture", "data", "epochs_done", "epochs", "best_epoch", "validation_accuracy",
           "test_accuracy", "seconds", "started", "command", "weights_sha256", "members")  # fmt: skip


def runs_table(runs: list[Summary], faults: Faults, width: int) -> Table:
    """A row for each, `width` cells wide at most where that can be: empty ones are left out, and others for it."""
    rows = [_row(run) for run in runs]
    rows += [dict.fromkeys(_HEADINGS, "") | {"run": _named(folder), "status": "damaged"} for folder in faults]
    headings = [heading for heading in _HEADINGS if any(row[heading] not in ("", "-") for row in rows)]
    for dispensable in _DISPENSABLE:
        if dispensable in headings and _needed(headings, rows) > width:
            headings.remove(dispensable)
    table = _table()
    for heading in headings:
        style = "cyan" if heading == "run" else ""
        table.add_column(heading, justify="right" if heading in _RIGHT else "left", style=style, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[it], _STYLES.get(row[it], "") if it == "status" else "") for it in headings))
    return table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def _needed(headings: list[str], rows: list[Row]) -> int:
    widths = [max(map(cell_len, (heading, *(row[heading] for row in rows)))) for heading in headings]
    return sum(widths) + _GAP * (len(headings) - 1)


def _row(run: Summary) -> Row:
    done, of = (_said(value) for value in (run.epochs_done, run.epochs))
    return {
        "run": _named(run.folder),
        "status": _said(run.status),
        "architecture": (f"{run.members} x " if run.members else "")
        + _said(run.architecture and Path(run.architecture).stem),
        "data": _said(run.data),
        "epochs": done if done == of else f"{done} of {of}",
        "best": _said(run.best_epoch),
        "validation": _percent(run.validation_accuracy),
        "test": _percent(run.test_accuracy),
        "time": "-" if run.seconds is None else duration(run.seconds),
        "started": _said(run.started and run.started[:16].replace("T", " ")),
    }


def _named(folder: Path) -> str:
    return printable(str(folder))


def _said(value: Any) -> str:
    if value is None or value == "":
        return "-"
    text = printable(value if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}" if 0 <= share <= 1 else _said(share)


def duration(seconds: float) -> str:
    """`0.7 s`, `12 s`, `3:20`, `1:05:00`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def reproduction(run: Summary) -> Text | None:
    """What the run was made with, and the hash of the weights that came of it; None where it says neither."""
    said = [("made by", run.command), ("weights", run.weights_sha256 and f"SHA-256 {run.weights_sha256}")]
    lines = [f"{name:<8} {printable(text)[:_LONGEST_COMMAND]}" for name, text in said if text]
    return Text("\n".join(lines)) if lines else None


def comparison_record(runs: list[Summary]) -> dict[str, Any]:
    """For JSON: `settings` holds what differs, `results` how each run came out; a value for each run, in order."""
    specs = [read_spec(run.folder) for run in runs]
    return {
        "runs": [str(run.folder) for run in runs],
        "same_spec": None not in specs and len(set(specs)) == 1,
        "settings": {key: values for key, values in _settings(runs).items() if _differ(values)},
        "results": {name: [getattr(run, name) for run in runs] for name in _RESULTS},
    }


_RESULTS = ("status", "epochs_done", "best_epoch", "validation_accuracy", "test_accuracy", "seconds")


def comparison(runs: list[Summary]) -> Group:
    """What differs in how the runs were made, side by side, and how they came out."""
    settings = _settings(runs)
    differing = {key: values for key, values in settings.items() if _differ(values)}
    table = _table()
    table.add_column("", style="bold", overflow="fold")
    for run in runs:
        table.add_column(_named(run.folder), style="cyan", overflow="fold")
    for key, values in list(differing.items())[:_MOST_ROWS]:
        table.add_row(printable(key)[:_LONGEST], *map(_said, values))
    rows = [_row(run) for run in runs]
    table.add_section()
    for heading in ("status", "epochs", "best", "validation", "test", "time"):
        if any(row[heading] != "-" for row in rows):
            table.add_row(heading, *(row[heading] for row in rows))
    left_out = len(differing) - _MOST_ROWS
    lines = [f"{counted(len(settings) - len(differing), 'setting')} the same" + (
        f"; {left_out:,} more that differ are not shown" if left_out > 0 else "")]  # fmt: skip
    specs = [read_spec(run.folder) for run in runs]
    if None in specs or len(set(specs)) > 1:
        lines.append("their spec.yaml differ" if None not in specs else "a spec.yaml is missing")
    return Group(table, *(Text(line, style="dim") for line in lines))


def _settings(runs: list[Summary]) -> dict[str, list[Any]]:
    """Every setting of any of the runs by name, `recipe.epochs`, with its value in each; None where it has none."""
    flat = [settings_of(run) for run in runs]
    keys = dict.fromkeys(key for each in flat for key in each)
    return {key: [each.get(key) for each in flat] for key in keys}


def settings_of(run: Summary) -> dict[str, Any]:
    """How a run was made, by name: `recipe.epochs`, `data.name`, `seed`. No value is nested deeply."""
    found = {key: _shallow(run.record.get(key)) for key in _VALUES}
    for section in _SECTIONS:
        part = run.record.get(section)
        if isinstance(part, dict):
            found |= {f"{section}.{key}": _shallow(value) for key, value in part.items()}
    return found


def _shallow(value: Any, depth: int = 4) -> Any:
    """The value, with an ellipsis for what lies deeper than any setting does: writing that might never come back."""
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return "…"
    if isinstance(value, list):
        return [_shallow(item, depth - 1) for item in value]
    return {key: _shallow(item, depth - 1) for key, item in value.items()}


def _differ(values: list[Any]) -> bool:
    # NaN differs from itself, but not in how it is written.
    return len({repr(value) for value in values}) > 1
