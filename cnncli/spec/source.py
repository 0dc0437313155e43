"""The text of a spec, where it came from, and how a place in it becomes a diagnostic."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cnncli.errors import YAML_LIMIT, YAML_SYNTAX, Diagnostic, FileError, Fix, Location, Related, SpecError, UsageError
from cnncli.spec.nodes import Node, Span
from cnncli.spec.problem import Problem, nearest

MAX_BYTES = 2**20
"""A spec of 10,000 layers is half a megabyte; a file past this is not a spec."""


LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Only the breaks that YAML 1.1 counts as lines: str.splitlines knows more."""


@dataclass(frozen=True)
class Source:
    """A spec's text. `name` is what messages call it: a path as the user wrote it, or `<stdin>`."""

    name: str
    text: str
    lines: list[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", LINE_BREAK.split(self.text))

    @property
    def line_break(self) -> str:
        """The one that the text uses."""
        found = LINE_BREAK.search(self.text)
        return found[0] if found else "\n"

    def text_at(self, span: Span) -> str:
        """What stands there, up to the end of the line it begins in."""
        line = self.lines[span.line - 1] if span.line <= len(self.lines) else ""
        return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]

    def diagnose(self, problem: Problem, where: Node | Span, related: tuple[Related, ...] = ()) -> Diagnostic:
        """The finding, placed in this text."""
        location, line = self._place(where)
        return Diagnostic(
            fault=problem.fault,
            location=location,
            message=problem.message,
            arithmetic=problem.arithmetic,
            hints=problem.hints,
            source=line,
            severity=problem.fault.severity,
            related=related,
            fix=problem.fix if problem.fix is not None and self._can_be_made(problem.fix) else None,
        )

    def relate(self, where: Node | Span, label: str) -> Related:
        """Another place in this text, and what it has to do with a finding."""
        location, line = self._place(where)
        return Related(location, label, line)

    def _can_be_made(self, fix: Fix) -> bool:
        """Whether each edit finds what it expects: a record that stands for an argument has no text of its own."""
        spans = ((edit, Span(edit.line, edit.column, edit.end_line, edit.end_column)) for edit in fix.edits)
        return all(edit.old is None or self.text_at(span) == edit.old for edit, span in spans)

    def _place(self, where: Node | Span) -> tuple[Location, str]:
        """The place, and the line it is in."""
        span = where if isinstance(where, Span) else where.span
        line = self.lines[span.line - 1] if span.line <= len(self.lines) else ""
        end = span.end_column if span.end_line == span.line else len(line) + 1
        width = max(1, min(end, len(line) + 1) - span.column)
        return Location(self.name, span.line, span.column, width), line


def decode(name: str, data: bytes) -> Source:
    """Bytes -> text, or a `SpecError` that says why these bytes are no spec."""
    problem = _undecodable(data)
    if problem is not None:
        raise SpecError((Source(name, "").diagnose(problem, Span(1, 1, 1, 2)),))
    return Source(name, data.decode("utf-8-sig"))


def _undecodable(data: bytes) -> Problem | None:
    if len(data) > MAX_BYTES:
        return Problem(
            YAML_LIMIT,
            f"the file is longer than {MAX_BYTES:,} bytes, the most a spec may have",
            hints=("repeated parts make a long file; is this a spec at all?",),
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Problem(YAML_SYNTAX, "the file is UTF-16", hints=("save it as UTF-8",))
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        return Problem(YAML_SYNTAX, f"there is a NUL byte on line {line}: this is not a text file")
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(
            YAML_SYNTAX,
            f"byte 0x{data[error.start]:02x} on line {line} is not UTF-8",
            hints=("save the file as UTF-8",),
        )
    return None


def bundled_folder() -> Path:
    """Where the bundled architectures are: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "architectures"
    return inside if inside.is_dir() else package.parent / "architectures"


def bundled_names() -> tuple[str, ...]:
    """The names that `ARCH` accepts without a path."""
    return tuple(sorted(path.stem for path in bundled_folder().glob("*.yaml")))


def find(architecture: str, read_stdin: Callable[[], bytes] | None = None) -> Source:
    """The source that `ARCH` names: a path, `-` for standard input, or a bundled name.

    Raises `FileError` for a file that cannot be read, `UsageError` for a name nothing has, `SpecError` for
    bytes that are no text.
    """
    if architecture == "-":
        read_stdin = read_stdin or (lambda: sys.stdin.buffer.read(MAX_BYTES + 1))
        return decode("<stdin>", read_stdin())
    looks_like_a_path = architecture.endswith((".yaml", ".yml")) or os.sep in architecture
    stem = Path(architecture).stem
    if looks_like_a_path and stem in bundled_names() and not os.path.exists(architecture):  # noqa: PTH110
        hint = f"`{stem}` without the suffix is a bundled architecture"
        raise FileError(f"cannot read {architecture[:200]!r}: No such file or directory", hint)
    if looks_like_a_path or os.path.isfile(architecture):  # noqa: PTH113 (Path.is_file raises on long names)
        return decode(architecture, read_bytes(Path(architecture)))
    names = bundled_names()
    if architecture in names:
        path = bundled_folder() / f"{architecture}.yaml"
        return decode(str(path), read_bytes(path))
    close = nearest(architecture, names)
    hint = f"did you mean `{close}`?" if close else "`cnncli list` shows the bundled ones"
    raise UsageError(f"no file and no bundled architecture is called {architecture[:80]!r}", hint)


def read_bytes(path: Path) -> bytes:
    """At most `MAX_BYTES` + 1 bytes of a regular file (or a pipe), or a `FileError` in one line."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileError(f"{path} is a folder, not a spec", "name a file in it")
        if stat.S_ISFIFO(mode):
            return _read_pipe(path)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(f"cannot read {str(path)[:200]!r}: {reason}") from None


def _read_pipe(path: Path) -> bytes:
    """What another process writes (`<(...)` in a shell). Where there is none, waiting for one might never end."""
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(pipe, "rb") as file:  # noqa: PTH123 (a descriptor)
        try:
            start = os.read(pipe, MAX_BYTES + 1)
            if not start:
                raise FileError(f"cannot read {str(path)[:200]!r}: nothing writes into this pipe")
        except BlockingIOError:
            start = b""
        os.set_blocking(pipe, True)
        return start + file.read(MAX_BYTES + 1 - len(start))
