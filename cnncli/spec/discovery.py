"""Which files under a folder are specs: YAML that `.gitignore` does not leave out, and that looks like one."""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

STDIN = "-"
ENDINGS = (".yaml", ".yml")
_NEVER = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})
_MODELINE = re.compile(r"^#.*\$schema=.*cnncli", re.MULTILINE)
_LAYERS, _OTHERS = "layers", "input|blocks|expect|limits"
_ITEM = re.compile(r"""(?<![^\s])-[ \t]+\{?[ \t]*["']?(?:type|use)["']?[ \t]*:""")
# What goes before a key that is at the top. Both look at one character: no text makes them slow.
_LINE_START, _INSIDE_BRACES = r"(?<![^\r\n])", r"(?<![^{,\s])"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file as messages call it.

    `is_named`: the user asks for this very file, whatever it holds. `refusal` says why a folder cannot be looked into.
    """

    name: str
    is_named: bool = False
    refusal: str = ""


def candidates(paths: Iterable[str]) -> Iterator[Candidate]:
    """The files that the paths name, and the YAML files of folders in the order of their names; each once.

    Links to folders are not followed. In folders, what is no file (a pipe, a socket) is passed over.
    """
    asked = [(path, os.path.isdir(path)) for path in paths]  # noqa: PTH112 (Path.is_dir raises on long names)
    named = {_place(path) for path, is_folder in asked if not is_folder}
    seen: set[str] = set()
    for path, is_folder in asked:
        for found in _walk(Path(path)) if is_folder else (Candidate(path),):
            place = _place(found.name)
            if place not in seen:
                seen.add(place)
                yield Candidate(found.name, place in named, found.refusal)


def looks_like_spec(data: bytes) -> bool:
    """Whether a file that nobody named is a spec: it says so, or has `layers:` and another of a spec's own keys.

    One such key will do beside a list of what has types: a spec with a misspelt key is to be told of all the same.

    Bytes that are no UTF-8 may be a spec all the same, badly saved.
    """
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    if _MODELINE.search(text, 0, 1000):
        return True
    before = _INSIDE_BRACES if _is_in_braces(text) else _LINE_START
    found = [re.search(rf"""{before}["']?(?:{keys})["']?[ \t]*:""", text) for keys in (_LAYERS, _OTHERS)]
    return all(found) or bool(any(found) and _ITEM.search(text))


def read_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """What the lines of a `.gitignore` mean. Raises `ValueError` for one that is no pattern."""
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings(action="ignore"):  # about regular expressions that the user has not written
            return GitIgnoreSpec.from_lines(lines)
    except re.error as error:
        raise ValueError(str(error)) from None


def _place(name: str) -> str:
    """The same for all names of a file, links aside."""
    return name if name == STDIN else os.path.abspath(name)  # noqa: PTH100 (Path.absolute keeps `..`)


def _is_in_braces(text: str) -> bool:
    """Whether the file is one `{...}`, which has its keys anywhere in a line."""
    for line in re.finditer(r"[^\r\n]+", text):
        words = line[0].removeprefix("---").lstrip()
        if words and words[0] not in "#%":
            return words.startswith("{")
    return False


@dataclass(frozen=True, slots=True)
class _Ignored:
    """The patterns of one `.gitignore`, which count from its folder."""

    folder: Path
    patterns: GitIgnoreSpec

    def verdict(self, path: Path, is_folder: bool) -> bool | None:
        """Whether it leaves the path out; None where it does not mention it."""
        relative = path.relative_to(self.folder).as_posix() + ("/" if is_folder else "")
        return self.patterns.check_file(relative).include


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file or a folder: as messages call it, where it is, and what is left out there."""

    shown: Path
    path: Path
    is_folder: bool
    ignored: tuple[_Ignored, ...]


def _walk(root: Path) -> Iterator[Candidate]:
    absolute = Path(_place(str(root)))
    ignored = tuple(found for folder in reversed(_up_to_repository(absolute)) for found in _ignored_in(folder))
    waiting = [_Entry(root, absolute, True, ignored)]
    while waiting:
        entry = waiting.pop()
        if not entry.is_folder:
            yield Candidate(str(entry.shown))
            continue
        try:
            waiting += reversed(_entries(entry))
        except OSError as error:
            yield Candidate(str(entry.shown), refusal=error.strerror or str(error))


def _entries(folder: _Entry) -> list[_Entry]:
    """The folders and the YAML files in it, by name."""
    ignored = (*folder.ignored, *_ignored_in(folder.path))
    with os.scandir(folder.path) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    kept: list[_Entry] = []
    for entry in found:
        is_folder = entry.is_dir(follow_symlinks=False)
        wanted = entry.name not in _NEVER if is_folder else entry.name.endswith(ENDINGS) and _is_file(entry)
        path = folder.path / entry.name
        if wanted and not _is_left_out(path, is_folder, ignored):
            kept.append(_Entry(folder.shown / entry.name, path, is_folder, ignored))
    return kept


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Also a link that leads nowhere: reading it says so."""
    try:
        return stat.S_ISREG(entry.stat().st_mode)
    except OSError:
        return True


def _is_left_out(path: Path, is_folder: bool, ignored: tuple[_Ignored, ...]) -> bool:
    """The deepest file that mentions the path decides."""
    for patterns in reversed(ignored):
        verdict = patterns.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False


def _ignored_in(folder: Path) -> list[_Ignored]:
    """Nothing where the file cannot be read; a line that is no pattern means nothing: both as git has it."""
    file = folder / ".gitignore"
    try:
        if not file.is_file():
            return []
        lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
    except OSError:
        return []
    try:
        return [_Ignored(folder, read_patterns(lines))]
    except ValueError:
        return [_Ignored(folder, read_patterns(line for line in lines if _is_pattern(line)))]


def _is_pattern(line: str) -> bool:
    try:
        read_patterns((line,))
    except ValueError:
        return False
    return True


def _up_to_repository(folder: Path) -> list[Path]:
    """The folders above this one up to that of its repository, the nearest first; none outside a repository."""
    above: list[Path] = []
    for parent in (folder, *folder.parents):
        if parent != folder:
            above.append(parent)
        if os.path.exists(parent / ".git"):  # noqa: PTH110 (Path.exists raises where it may not look)
            return above
    return []
