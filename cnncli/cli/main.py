"""The `cnncli` command: its subcommands, and what its exit codes mean.

0: done. 1: findings (the spec does not hold). 2: usage, a broken file, or an internal error. 130: Ctrl-C. 143: SIGTERM.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from cnncli import __version__
from cnncli.cli import interrupt
from cnncli.cli.console import show_error
from cnncli.errors import CnncliError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_COMMANDS = {
    "inspect": "inspect",
    "validate": "validate",
    "rule": "rule",
    "train": "train",
    "evaluate": "evaluate",
    "predict": "predict",
    "report": "report",
    "runs": "runs",
    "list": "list_architectures",
    "layers": "layers",
    "new": "new",
    "schema": "schema",
    "data": "data",
    "warmup": "warmup",
}
"""A command, which is a module of this package, and the function in it; or, for a group of commands, the group."""


def application(command: str = "") -> typer.Typer:
    """The command line; where it is known which command is wanted, with that one alone: to load all takes time."""
    app = typer.Typer(
        name="cnncli",
        help="Write a convolutional network once, as YAML; check it, read its costs, and train it on a CPU.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        callback=_root,
    )
    for name in [command] if command in _COMMANDS else _COMMANDS:
        found = getattr(import_module(f"cnncli.cli.{name}"), _COMMANDS[name])
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnncli {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


def run() -> int:
    """Runs the command line; every failure becomes one clear message and an exit code, which is returned."""
    _prepare_streams()
    try:
        application(sys.argv[1] if len(sys.argv) > 1 else "")()
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 0
    except CnncliError as error:
        show_error(error)
        code = error.exit_code
    except MemoryError:
        show_error(CnncliError("not enough memory", "a smaller network, or a smaller batch size"))
        code = 2
    except OSError as error:
        # Files are read and written under guard elsewhere: what is left is a stream (a full disk).
        show_error(CnncliError(f"cannot write the output: {error.strerror or error}"))
        code = 2
    except Exception as error:
        if interrupt.interrupted():
            return interrupt.exit_code()
        if os.environ.get("CNNCLI_TRACEBACK"):
            raise
        hint = "this is a fault of cnncli; CNNCLI_TRACEBACK=1 shows where"
        show_error(CnncliError(f"internal error: {type(error).__name__}: {error}", hint))
        code = 2
    return interrupt.exit_code() if interrupt.interrupted() else code


class _Forgiving(io.FileIO):
    """What cannot be written is dropped: words on the way are not worth the end of what they speak of."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data) or memoryview(data).nbytes
        except OSError:
            return memoryview(data).nbytes


def _prepare_streams() -> None:
    """A stream that the caller has closed is an empty one, and a terminal that is not UTF-8 shows `\\u5c64`.

    Writing to stderr never fails.
    """
    # They live as long as the process: there is nothing to close them.
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115, PTH123
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    binary = getattr(sys.stderr, "buffer", None)
    if isinstance(getattr(binary, "raw", binary), io.FileIO):
        # Beneath the buffer, so that it is emptied: nothing is left to fail when the interpreter flushes it at the end.
        forgiving = io.BufferedWriter(_Forgiving(sys.stderr.fileno(), "w", closefd=False))
        sys.stderr = io.TextIOWrapper(forgiving, sys.stderr.encoding, sys.stderr.errors, line_buffering=True)
