"""What a run folder says of itself, without its network: for lists of many, of which some may be damaged or hostile.

Neither NumPy nor the engine is imported, and nothing is executed: `run.json` and `metrics.jsonl` are data alone.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from cnncli.data.files import open_file, reading
from cnncli.errors import CnncliError, FileError, UsageError

RECORD, METRICS, STEPS, SPEC = "run.json", "metrics.jsonl", "steps.jsonl", "spec.yaml"
FOLDER = Path("runs")
MEMBER = "member-"
"""How the folders of a committee's members begin; a number from 1 follows."""
_MOST_MEMBERS = 1000
_FORMAT = 1
_LARGEST = 2**26
"""Bytes of a file of lines that is read."""
LARGEST_RECORD = 2**24
"""Bytes of any other; class names may be many. Read, it takes up to twenty times as many."""
MOST_EPOCHS = 100_000
MOST_STEPS = 1_000_000
"""Lines of a file that are read: short ones take a hundred times their bytes."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in a few values, each None where the folder does not say.

    `best_epoch` and `validation_accuracy` are of the epoch whose weights were kept; `seconds` are those of all epochs.
    `record` and `metrics` are what the files hold. `members` is a committee's size; its epochs and seconds are those of
    all members together, its metrics none.
    """

    folder: Path
    record: Record
    metrics: list[Record]
    status: str | None
    architecture: str | None
    data: str | None
    epochs_done: int | None
    epochs: int | None
    best_epoch: int | None
    validation_accuracy: float | None
    test_accuracy: float | None
    seconds: float | None
    started: str | None
    command: str | None
    weights_sha256: str | None
    members: int | None = None


def find_runs(named: list[Path]) -> list[Path]:
    """The run folders among `named`, and those in the named folders that are none; in `runs` where none is named.

    Raises `UsageError` where a folder is neither, `FileError` where it cannot be looked into.
    """
    found: list[Path] = []
    for folder in named or [FOLDER]:
        try:
            if not folder.is_dir():
                raise UsageError(f"there is no folder {folder}", "name run folders, or a folder of them")
            within = [folder] if _is_run(folder) else sorted(filter(_is_run, folder.iterdir()), key=_natural)
        except OSError as error:
            raise FileError(f"cannot look into {folder}: {error.strerror}") from None
        if not within:
            raise UsageError(f"{folder} is no run folder and holds none", "`cnncli train` makes one")
        found += within
    return found


def _is_run(folder: Path) -> bool:
    try:
        return (folder / RECORD).exists() or (folder / RECORD).is_symlink()
    except OSError:  # not ours to look into: not ours to list
        return False


def _natural(folder: Path) -> list[tuple[int, str]]:
    """Numbers in a name by their size: `net-2` comes before `net-10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,18})", folder.name)]


def read_summary(folder: Path) -> Summary:
    """Raises `FileError` or `DataError`, in one line, for a record or metrics that cannot be read as such.

    A value of another type than it should have counts as not there; so does a last line that was cut off.
    """
    record = _read_record(folder / RECORD)
    metrics = read_lines(folder / METRICS)
    best = _whole(_at(record, "best", "epoch"))
    kept = best if best is not None else max((number for line in metrics if (number := _whole(line.get("epoch")))),
                                             default=None)  # fmt: skip
    of_kept = next((line for line in metrics if kept is not None and line.get("epoch") == kept), {})
    members = committee_size(record)
    times = [finite(line.get("seconds")) for line in metrics]
    if members:
        times = list(_times_of_members(folder, members))
    seconds = [value for value in times if value is not None]
    epochs = _whole(_at(record, "recipe", "epochs"))
    return Summary(
        folder,
        record,
        metrics,
        status=_text(record.get("status")),
        architecture=_text(record.get("architecture")),
        data=_text(_at(record, "data", "name")),
        epochs_done=len(times) if members else _whole(record.get("epochs_done")),
        epochs=epochs * members if members and epochs is not None else epochs,
        best_epoch=best,
        validation_accuracy=finite(of_kept.get("validation_accuracy")),
        test_accuracy=finite(_at(record, "result", "test_accuracy")),
        seconds=finite(sum(seconds)) if seconds else None,
        started=_text(record.get("started")),
        command=_text(record.get("command")),
        weights_sha256=_text(record.get("weights_sha256")),
        members=members,
    )


def _times_of_members(folder: Path, members: int) -> Iterator[float | None]:
    """The seconds of each epoch of all members. Raises `FileError` past as many as a single run may have."""
    left = MOST_EPOCHS
    for number in range(1, members + 1):
        for line in _each_line(folder / f"{MEMBER}{number}" / METRICS, left):
            left -= 1
            yield finite(line.get("seconds"))


def committee_size(record: Record) -> int | None:
    """How many members the committee has whose record it is; None for a single run, or a record that is damaged."""
    size = _whole(_at(record, "committee", "members"))
    return size if size is not None and 1 <= size <= _MOST_MEMBERS else None


def read_spec(folder: Path) -> bytes | None:
    """The bytes of a run's spec; None where there is none to be read."""
    try:
        return _read(folder / SPEC)
    except CnncliError:
        return None


def _read(path: Path, most: int = LARGEST_RECORD) -> bytes:
    with reading(path), open_file(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise FileError(f"{path} is too large: more than {most:,} bytes")
    return data


def _read_record(path: Path) -> Record:
    record = _parsed(_read(path), str(path))
    if record.get("format") != _FORMAT:
        held = repr(record.get("format"))[:20]
        raise FileError(f"{path} has format {held}; this cnncli reads {_FORMAT}", "use the version that wrote it")
    return record


def read_lines(path: Path, most: int = MOST_EPOCHS) -> list[Record]:
    """Those of a `.jsonl`; none yet, where there is no such file. Raises as `read_summary`, and past `most`."""
    return list(_each_line(path, most))


def _each_line(path: Path, most: int) -> Iterator[Record]:
    if not path.exists():
        return
    for number, line in enumerate(BytesIO(_read(path, _LARGEST)), 1):
        if not line.endswith(b"\n"):  # cut off while it was written
            return
        if number > most:
            raise FileError(f"{path} is too large: more than {most:,} lines")
        if line.strip():
            yield _parsed(line, f"{path}, line {number},")


def _parsed(data: bytes, where: str) -> Record:
    """A JSON object; numbers that are not finite, which JSON does not have, count as not there."""
    try:
        record = json.loads(data, parse_float=lambda text: finite(float(text)), parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where} is damaged: {error}"[:300]) from None
    if not isinstance(record, dict):
        raise FileError(f"{where} is damaged: it is no JSON object")
    return record


def _at(record: Record, section: str, key: str) -> Any:
    part = record.get(section)
    return part.get(key) if isinstance(part, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    """A whole number that JSON's other readers know too."""
    return value if type(value) is int and abs(value) <= 2**53 else None


def finite(value: Any) -> float | None:
    """A number that a float can hold."""
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
