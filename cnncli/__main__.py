"""The process: `cnncli` and `python -m cnncli`. Signals are taken care of before anything large is imported."""

from __future__ import annotations

import gc
import sys

from cnncli.cli import interrupt
from cnncli.errors import Interrupted


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    try:
        interrupt.install()
        gc.disable()  # modules live to the end: looking for garbage among them finds none
        from cnncli.cli.main import run

        gc.freeze()
        gc.enable()
        code = run()
        interrupt.uninstall()
    except Interrupted:
        interrupt.uninstall()
        code = interrupt.exit_code()
    if interrupt.interrupted() and code == interrupt.exit_code() and sys.stderr:
        sys.stderr.write("interrupted\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
