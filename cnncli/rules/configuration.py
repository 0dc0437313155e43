"""What a team asks of its specs: `cnncli.toml`, or `[tool.cnncli]` in a `pyproject.toml`, found upwards from a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cnncli.analysis.budget import LIMITS, Promise
from cnncli.errors import FileError, UsageError
from cnncli.rules import rules
from cnncli.rules.selection import BY_DEFAULT, Selection
from cnncli.spec.nodes import Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.source import read_bytes

OWN_FILE, SHARED_FILE = "cnncli.toml", "pyproject.toml"
_LONGEST = 2**20


@dataclass(frozen=True, slots=True)
class Configuration:
    """`path` is the file it comes from, empty where there is none. Of `per_file` the keys are patterns of paths.

    `limits` are the figures that networks may have at most.
    """

    path: str = ""
    selection: Selection = BY_DEFAULT
    limits: tuple[Promise, ...] = ()
    strict: bool = False
    exclude: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def selection_for(self, file: str) -> Selection:
        """The rules that are asked of this file."""
        ignored = [word for pattern, words in self.per_file if self._means(file, (pattern,)) for word in words]
        return replace(self.selection, ignore=(*self.selection.ignore, *ignored)) if ignored else self.selection

    def excludes(self, file: str) -> bool:
        """Whether the file is left out of folders."""
        return bool(self.exclude) and self._means(file, self.exclude)

    def _means(self, file: str, patterns: tuple[str, ...]) -> bool:
        """Whether one of the patterns, which count from the configuration's folder, means the file."""
        from pathspec import GitIgnoreSpec

        folder, path = Path(self.path).absolute().parent, Path(file).absolute()
        return path.is_relative_to(folder) and GitIgnoreSpec.from_lines(patterns).match_file(path.relative_to(folder))


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
    """What the file says; None for a `pyproject.toml` without our table.

    Raises `FileError` where it cannot be read, is no TOML, or holds what a configuration does not.
    """
    text = read_bytes(path)[:_LONGEST].decode("utf-8", errors="replace")
    is_shared = path.name == SHARED_FILE
    if is_shared and "cnncli" not in text:  # which spares the others the reading
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
    given = {key: table[f"max-{key}"] for key in LIMITS if f"max-{key}" in table}
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise refuse(f"max-{key}", 'a count such as 61706, "100k" or "1.5M"')
    chosen = words("select") if "select" in table else BY_DEFAULT.select
    selection = Selection(chosen, words("extend-select"), words("ignore"))
    patterns = tuple((pattern, tuple(value)) for pattern, value in per_file.items())
    try:
        selection.check(rules())
        for _, ignored in patterns:
            Selection(ignore=ignored).check(rules())
        limits = read_limits({key: str(value) for key, value in given.items()}, lambda key: f"`max-{key}` in {path}")
    except UsageError as error:
        message = error.message if path in error.message else f"{path}: {error.message}"
        raise FileError(message, error.hint) from None
    return Configuration(path, selection, limits, strict, words("exclude"), patterns)


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


_KEYS = (
    "select", "extend-select", "ignore", "per-file-ignores", "strict", "exclude",
    *(f"max-{key}" for key in LIMITS),
)  # fmt: skip
