"""What a team asks of its specs: `cnncli.toml`, or `[tool.cnncli]` in a `pyproject.toml`, found upwards from a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from cnncli.analysis.budget import LIMITS, Promise
from cnncli.errors import FileError, UsageError
from cnncli.rules import rules
from cnncli.rules.judge import Policy
from cnncli.rules.selection import BY_DEFAULT, Selection
from cnncli.spec.nodes import Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.source import read_bytes

OWN_FILE, SHARED_FILE = "cnncli.toml", "pyproject.toml"
_LONGEST = 2**20


@dataclass(frozen=True, slots=True)
class Configuration:
    """`path` is the file it comes from, empty where there is none. Of `per_file` the keys are patterns of paths."""

    path: str = ""
    selection: Selection = BY_DEFAULT
    limits: dict[str, str] = field(default_factory=dict)
    strict: bool = False
    exclude: tuple[str, ...] = ()
    per_file: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def policy(self, file: str) -> Policy:
        """What is asked of this file. Raises `UsageError` for a word that means no rule, or a limit that is none."""
        selection = self.selection
        for pattern, ignored in self.per_file.items():
            if self._matches(file, pattern):
                selection = replace(selection, ignore=(*selection.ignore, *ignored))
        return Policy(selection, read_limits(self.limits, lambda key: f"`max-{key}` in {self.path}"))

    def _matches(self, file: str, pattern: str) -> bool:
        from pathspec import GitIgnoreSpec

        folder, path = Path(self.path).resolve().parent, Path(file).resolve()
        return path.is_relative_to(folder) and GitIgnoreSpec.from_lines([pattern]).match_file(path.relative_to(folder))


def read_limits(given: dict[str, str], origin: Callable[[str], str]) -> tuple[Promise, ...]:
    """`max-parameters: 1M` and its like as promises; `origin` says where one of them stands."""
    found: list[Promise] = []
    for key, text in given.items():
        try:
            found.append(Promise(key, LIMITS[key](Scalar(text, True, Span(1, 1, 1, 2))), origin=origin(key)))
        except Problem as problem:
            raise UsageError(f"{origin(key)}: {problem.message}", "; ".join(problem.hints)) from None
    return tuple(found)


def find_configuration(file: str) -> Configuration:
    """The nearest configuration at or above the file's folder, or an empty one."""
    return _in_or_above(Path(file).absolute().parent)


@cache
def _in_or_above(folder: Path) -> Configuration:
    for name in (OWN_FILE, SHARED_FILE):
        path = folder / name
        found = read_configuration(path) if path.is_file() else None
        if found is not None:
            return found
    return _in_or_above(folder.parent) if folder != folder.parent else Configuration()


def read_configuration(path: Path) -> Configuration | None:
    """What the file says; None for a `pyproject.toml` without our table. Raises `FileError` where it is broken."""
    text = read_bytes(path)[:_LONGEST].decode("utf-8", errors="replace")
    is_shared = path.name == SHARED_FILE
    if is_shared and "cnncli" not in text:
        return None
    import tomllib

    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileError(f"{path} is no TOML: {error}") from None
    table = content.get("tool", {}).get("cnncli") if is_shared else content
    if table is None:
        return None
    return _configuration(_shown(path), table)


def _shown(path: Path) -> str:
    """Relative to where the command runs, if it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _configuration(path: str, table: Any) -> Configuration:
    def refuse(key: str, wanted: str) -> FileError:
        return FileError(f"{path}: `{key}` is {wanted}, not {table[key]!r}"[:300])

    if not isinstance(table, dict):
        raise FileError(f"{path}: `tool.cnncli` is a table")
    for key in table:
        if key not in _KEYS:
            raise FileError(f"{path} has the unknown key `{key[:60]}`", did_you_mean(key, _KEYS)[0])

    def words(key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise refuse(key, 'a list of words such as ["CNN3"]')
        return tuple(value)

    strict = table.get("strict", False)
    if not isinstance(strict, bool):
        raise refuse("strict", "`true` or `false`")
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict) or not all(_are_words(value) for value in per_file.values()):
        raise refuse("per-file-ignores", 'a table such as {"legacy/*.yaml" = ["CNN3"]}')
    limits: dict[str, str] = {}
    for key in LIMITS:
        value = table.get(f"max-{key}")
        if isinstance(value, bool) or not isinstance(value, (int, str, type(None))):
            raise refuse(f"max-{key}", 'a count such as 61706, "100k" or "1.5M"')
        if value is not None:
            limits[key] = str(value)
    chosen = words("select") if "select" in table else BY_DEFAULT.select
    selection = Selection(chosen, words("extend-select"), words("ignore"))
    ignored = tuple(word for value in per_file.values() for word in value)
    try:
        selection.check(rules())
        replace(selection, ignore=ignored).check(rules())
        read_limits(limits, lambda key: f"`max-{key}`")
    except UsageError as error:
        raise FileError(f"{path}: {error.message}", error.hint) from None
    per_file = {pattern: tuple(value) for pattern, value in per_file.items()}
    return Configuration(path, selection, limits, strict, words("exclude"), per_file)


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


_KEYS = (
    "select", "extend-select", "ignore", "per-file-ignores", "strict", "exclude",
    *(f"max-{key}" for key in LIMITS),
)  # fmt: skip
