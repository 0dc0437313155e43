"""The `cnncli` command: its subcommands, and what its exit codes mean.

0: done. 1: findings (the spec does not hold). 2: usage, a broken file, or an internal error. 130: Ctrl-C.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from cnncli import __version__
from cnncli.cli import evaluate, inspect, predict, train
from cnncli.cli.console import show_error
from cnncli.errors import CnncliError, Interrupted

app = typer.Typer(
    name="cnncli",
    help="Write a convolutional network once, as YAML; check it, read its costs, and train it on a CPU.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(inspect.inspect)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(predict.predict)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnncli {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise Interrupted


def main() -> None:
    """Runs the command line; every failure becomes one clear message and an exit code."""
    signal.signal(signal.SIGINT, _interrupt)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that is not UTF-8 shows `\u5c64` where a name cannot be written; stderr does so anyway.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except Interrupted:
        code = Interrupted.exit_code
    except CnncliError as error:
        show_error(error)
        code = error.exit_code
    except BrokenPipeError:
        # The reader has gone (`| head`): say nothing, also not when Python closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except MemoryError:
        show_error(CnncliError("not enough memory", "a smaller batch size needs less"))
        code = 2
    except OSError as error:
        # Files are read and written under guard elsewhere: what is left is a stream (a full disk).
        show_error(CnncliError(error.strerror or str(error)))
        code = 2
    except Exception as error:
        if os.environ.get("CNNCLI_TRACEBACK"):
            raise
        hint = "this is a fault of cnncli; CNNCLI_TRACEBACK=1 shows where"
        show_error(CnncliError(f"internal error: {type(error).__name__}: {error}", hint))
        code = 2
    else:
        return
    sys.exit(code)
