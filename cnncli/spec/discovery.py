"""Which files under a folder are specs: YAML that `.gitignore` does not leave out, and that looks like one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

ENDINGS = (".yaml", ".yml")
_NEVER = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})
_MODELINE = re.compile(r"^#.*\$schema=.*cnncli", re.MULTILINE)
_LAYERS = re.compile(r"""^(?:\{.*?)?["']?layers["']?[ \t]*:""", re.MULTILINE | re.DOTALL)
_OTHERS = re.compile(r"""^(?:\{.*?)?["']?(?:input|blocks|expect|limits)["']?[ \t]*:""", re.MULTILINE | re.DOTALL)


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

    Links to folders are not followed.
    """
    seen: set[str] = set()
    for path in paths:
        is_folder = os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises on long names)
        for found in _walk(Path(path)) if is_folder else (Candidate(path, is_named=True),):
            if os.path.normpath(found.name) not in seen:
                seen.add(os.path.normpath(found.name))
                yield found


def looks_like_spec(data: bytes) -> bool:
    """Whether a file that nobody named is a spec: it says so, or has `layers:` and another of a spec's own keys.

    Bytes that are no UTF-8 may be a spec all the same, badly saved.
    """
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")
    return bool(_MODELINE.search(text, 0, 1000) or (_LAYERS.search(text) and _OTHERS.search(text)))


@dataclass(frozen=True, slots=True)
class _Ignored:
    """The patterns of one `.gitignore`, which count from its folder."""

    folder: Path
    patterns: GitIgnoreSpec

    def verdict(self, path: Path, is_folder: bool) -> bool | None:
        """Whether it leaves the path out; None where it does not mention it."""
        relative = path.relative_to(self.folder).as_posix() + ("/" if is_folder else "")
        return self.patterns.check_file(relative).include


def _walk(root: Path) -> Iterator[Candidate]:
    absolute = root.absolute()
    ignored = [found for folder in reversed(_up_to_repository(absolute)) for found in _ignored_in(folder)]
    yield from _walk_folder(root, absolute, ignored)


def _walk_folder(shown: Path, folder: Path, ignored: list[_Ignored]) -> Iterator[Candidate]:
    try:
        ignored = [*ignored, *_ignored_in(folder)]
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Candidate(str(shown), refusal=error.strerror or str(error))
        return
    for entry in found:
        is_folder = entry.is_dir(follow_symlinks=False)
        wanted = entry.name not in _NEVER if is_folder else entry.name.endswith(ENDINGS) and not entry.is_dir()
        if not wanted or _is_left_out(folder / entry.name, is_folder, ignored):
            continue
        if is_folder:
            yield from _walk_folder(shown / entry.name, folder / entry.name, ignored)
        else:
            yield Candidate(str(shown / entry.name))


def _is_left_out(path: Path, is_folder: bool, ignored: list[_Ignored]) -> bool:
    """The deepest file that mentions the path decides."""
    for patterns in reversed(ignored):
        verdict = patterns.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False


def _ignored_in(folder: Path) -> list[_Ignored]:
    file = folder / ".gitignore"
    if not file.is_file():
        return []
    from pathspec import GitIgnoreSpec

    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [_Ignored(folder, GitIgnoreSpec.from_lines(lines))]


def _up_to_repository(folder: Path) -> list[Path]:
    """The folders above this one up to that of its repository, the nearest first; none outside a repository."""
    above: list[Path] = []
    for parent in (folder, *folder.parents):
        if parent != folder:
            above.append(parent)
        if (parent / ".git").exists():
            return above
    return []
