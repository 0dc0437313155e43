"""What a team asks of its specs: `cnncli.toml`, or `[tool.cnncli]` in a `pyproject.toml`, found upwards from a file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from cnncli.analysis.budget import LIMITS, Promise
from cnncli.errors import FileError, UsageError
from cnncli.rules import rules
from cnncli.rules.judge import Policy
from cnncli.rules.selection import BY_DEFAULT, Selection
from cnncli.spec.discovery import read_patterns
from cnncli.spec.nodes import Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.source import read_bytes

OWN_FILE, SHARED_FILE = "cnncli.toml", "pyproject.toml"
_LONGEST = 2**20
_OUR_TABLE = re.compile(rb"""tool["']?\s*\.\s*["']?cnncli|\[\s*["']?tool["']?\s*\]|^\s*["']?tool["']?\s*=""", re.M)
"""What every `pyproject.toml` has that holds our table, however it is written."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """`path` is the file it comes from, as messages call it, empty where there is none; `folder` is where that is.

    `limits` are the figures that networks may have at most. Of `per_file` the keys are patterns of paths.
    """

    path: str = ""
    folder: Path = Path()
    selection: Selection = BY_DEFAULT
    limits: tuple[Promise, ...] = ()
    strict: bool = False
    exclude: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def policy_for(self, file: str) -> Policy:
        """What is asked of this file."""
        ignored = tuple(word for pattern, words in self.per_file if self._means(file, (pattern,)) for word in words)
        return Policy(replace(self.selection, never=ignored), self.limits)

    def excludes(self, file: str) -> bool:
        """Whether the file is left out of folders."""
        return bool(self.exclude) and self._means(file, self.exclude)

    def _means(self, file: str, patterns: tuple[str, ...]) -> bool:
        """Whether one of the patterns, which count from the configuration's folder, means the file."""
        path = _folder_of(file) / Path(file).name
        return path.is_relative_to(self.folder) and read_patterns(patterns).match_file(path.relative_to(self.folder))


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
    try:
        folder = _folder_of(file)
    except OSError:  # the working folder is gone
        return Configuration()
    return next((found for parent in (folder, *folder.parents) if (found := _in(parent))), Configuration())


def _folder_of(file: str) -> Path:
    """Where it is; the working folder for standard input. `..` is not the folder above a folder that is a link."""
    return Path(os.path.abspath(file)).parent  # noqa: PTH100 (Path.absolute keeps `..`)


@cache
def _in(folder: Path) -> Configuration | None:
    for name in (OWN_FILE, SHARED_FILE):
        path = folder / name
        found = read_configuration(path) if os.path.isfile(path) else None  # noqa: PTH113 (Path.is_file may raise)
        if found is not None:
            return found
    return None


def read_configuration(path: Path) -> Configuration | None:
    """What the file says; None for a `pyproject.toml` without our table.

    Raises `FileError` where it cannot be read, is no TOML, or holds what a configuration does not.
    """
    data, shown = read_bytes(path), _shown(path)
    is_shared = path.name == SHARED_FILE
    if is_shared and not _OUR_TABLE.search(data):  # which spares the others the reading
        return None
    if len(data) > _LONGEST:
        raise FileError(f"{shown} is longer than {_LONGEST:,} bytes, the most a configuration may have")
    import tomllib

    try:
        content = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(f"{shown}: byte 0x{data[error.start]:02x} on line {line} is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileError(f"{shown} is no TOML: {error}") from None
    if not is_shared:
        return _configuration(path, shown, content)
    tools = content.get("tool")
    table = tools.get("cnncli") if isinstance(tools, dict) else None
    return _configuration(path, shown, table) if table is not None else None


def _shown(path: Path) -> str:
    """Relative to where the command runs, if it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a TOML file. Its values are read by what they are to be; `FileError` where they are something else."""

    path: str
    values: dict[str, Any]

    def check_keys(self) -> None:
        for key in self.values:
            if key not in _KEYS:
                is_wrapped = key == "tool" and Path(self.path).name == OWN_FILE
                hint = "its keys stand alone, in no table" if is_wrapped else did_you_mean(key, _KEYS)[0]
                raise FileError(f"{self.path} has the unknown key `{key[:60]}`", hint)

    def switch(self, key: str) -> bool:
        value = self.values.get(key, False)
        return value if isinstance(value, bool) else self._refuse(key, "`true` or `false`")

    def words(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        return tuple(value) if _are_words(value) else self._refuse(key, 'a list of words such as ["CNN3"]')

    def patterns(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not _are_words(value):
            self._refuse(key, 'a list of patterns such as ["legacy/"]')
        return self._checked(key, tuple(value))

    def words_by_pattern(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        value = self.values.get(key, {})
        if not isinstance(value, dict) or not all(_are_words(words) for words in value.values()):
            self._refuse(key, 'a table such as {"legacy/*.yaml" = ["CNN3"]}')
        self._checked(key, tuple(value))
        return tuple((pattern, tuple(words)) for pattern, words in value.items())

    def limits(self) -> tuple[Promise, ...]:
        given = {key: self.values[f"max-{key}"] for key in LIMITS if f"max-{key}" in self.values}
        for key, value in given.items():
            if isinstance(value, bool) or not isinstance(value, (int, str)):
                self._refuse(f"max-{key}", 'a count such as 61706, "100k" or "1.5M"')
        return read_limits({key: str(value) for key, value in given.items()}, lambda key: f"`max-{key}` in {self.path}")

    def _checked(self, key: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                read_patterns((pattern,))
            except ValueError:
                raise FileError(f"{self.path}: `{key}` has {pattern[:60]!r}, which is no pattern of paths") from None
        return patterns

    def _refuse(self, key: str, wanted: str) -> NoReturn:
        raise FileError(f"{self.path}: `{key}` is {wanted}, not {self.values[key]!r}"[:300])


def _configuration(path: Path, shown: str, content: Any) -> Configuration:
    if not isinstance(content, dict):
        raise FileError(f"{shown}: `tool.cnncli` is a table, not {content!r}"[:300])
    table = _Table(shown, content)
    table.check_keys()
    chosen = table.words("select") if "select" in content else BY_DEFAULT.select
    selection = Selection(chosen, table.words("extend-select"), table.words("ignore"))
    per_file = table.words_by_pattern("per-file-ignores")
    try:
        selection.check(rules())
        for _, ignored in per_file:
            Selection(never=ignored).check(rules())
        limits = table.limits()
    except UsageError as error:
        message = error.message if shown in error.message else f"{shown}: {error.message}"
        raise FileError(message, error.hint) from None
    return Configuration(
        shown, _folder_of(str(path)), selection, limits, table.switch("strict"), table.patterns("exclude"), per_file
    )


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word.strip() for word in value)


_KEYS = (
    "select", "extend-select", "ignore", "per-file-ignores", "strict", "exclude",
    *(f"max-{key}" for key in LIMITS),
)  # fmt: skip
