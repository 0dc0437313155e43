"""The two streams: results go to stdout, everything said on the way goes to stderr."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TextIO

from rich.console import Console

from cnncli.errors import CnncliError, Diagnostic, SpecError

_PIPE_WIDTH = 200
"""A table in a pipe takes the width it needs: nobody wraps a file."""


def _console(stream: TextIO) -> Console:
    terminal = stream.isatty()
    width = None if terminal or os.environ.get("COLUMNS") else _PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False, markup=False)


@cache
def stdout() -> Console:
    return _console(sys.stdout)


@cache
def stderr() -> Console:
    return _console(sys.stderr)


def write(text: str) -> None:
    """Machine-readable output, as it is: no wrapping, no style."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show_diagnostics(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> None:
    """Findings on stderr, a blank line between them. Long lines are left to the terminal to wrap."""
    from cnncli.report.diagnostics import diagnostic_text

    for number, diagnostic in enumerate(diagnostics):
        if number:
            stderr().print()
        stderr().print(diagnostic_text(diagnostic, stderr().width), soft_wrap=True)


def show_error(error: CnncliError) -> None:
    """A failure in one line, and its way out in another."""
    from rich.text import Text

    from cnncli.report.words import printable

    if isinstance(error, SpecError):
        show_diagnostics(error.diagnostics)
        return
    line = Text.assemble(("error: ", "bold red"), printable(error.message))
    stderr().print(line, soft_wrap=True)
    if error.hint:
        stderr().print(Text.assemble(("  try: ", "bold"), printable(error.hint)), soft_wrap=True)


def notice(message: str) -> None:
    """Something the user should know and need not act on."""
    from rich.text import Text

    stderr().print(Text.assemble(("note: ", "bold yellow"), message), soft_wrap=True)
