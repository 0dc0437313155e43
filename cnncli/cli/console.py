"""The two streams: results go to stdout, everything said on the way goes to stderr."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from functools import cache
from typing import IO, TYPE_CHECKING, TextIO

from cnncli.errors import CnncliError, Diagnostic, SpecError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_PIPE_WIDTH = 200
"""A table in a pipe takes the width it needs: nobody wraps a file."""


def _console(stream: TextIO) -> Console:
    from rich.console import Console  # what says nothing starts without it

    terminal = stream.isatty()
    width = None if terminal or os.environ.get("COLUMNS") else _PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False, markup=False)


@cache
def stdout() -> Console:
    _end_with_the_reader()
    return _console(sys.stdout)


@cache
def stderr() -> Console:
    return _console(sys.stderr)


def write(text: str, stream: IO[str] | None = None) -> None:
    """Machine-readable output, as it is: no wrapping, no style. To stdout if nothing else is said."""
    _end_with_the_reader()
    stream = stream or sys.stdout
    stream.write(text + "\n")
    stream.flush()


def write_bytes(chunks: Iterable[bytes]) -> None:
    """A file as it is, to stdout."""
    _end_with_the_reader()
    sys.stdout.buffer.writelines(chunks)
    sys.stdout.flush()


def _end_with_the_reader() -> None:
    """Once results are written, a reader that has gone (`| head`) ends the process, silently, as for any filter."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _say(text: Text) -> None:
    """On stderr: broken at words on a terminal, in one line anywhere else."""
    stderr().print(text, soft_wrap=not stderr().is_terminal)


def show_diagnostics(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> None:
    """Findings on stderr, a blank line between them; a note is a line: `validate` says all about it."""
    from cnncli.report.diagnostics import diagnostic_text, headline

    said = False
    for diagnostic in diagnostics:
        is_note = diagnostic.severity == "note"
        if said and not is_note:
            stderr().print()
        _say(headline(diagnostic) if is_note else diagnostic_text(diagnostic, stderr().width))
        said = not is_note or said


def show_error(error: CnncliError) -> None:
    """A failure in one line, and its way out in another."""
    from rich.text import Text

    from cnncli.report.words import printable

    if isinstance(error, SpecError):
        show_diagnostics(error.diagnostics)
        return
    _say(Text.assemble(("error: ", "bold red"), printable(error.message)))
    if error.hint:
        _say(Text.assemble(("  try: ", "bold"), printable(error.hint)))


def said(message: str, hint: str) -> None:
    """What a command has done, and what to do next."""
    from rich.text import Text

    from cnncli.report.words import printable

    _say(Text(printable(message)))
    _say(Text.assemble(("  try: ", "bold"), printable(hint)))


def notice(message: str) -> None:
    """Something the user should know and need not act on."""
    from rich.text import Text

    from cnncli.report.words import printable

    _say(Text.assemble(("note: ", "bold yellow"), printable(message)))
