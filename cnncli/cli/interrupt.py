"""Ctrl-C, from the first import on: always exit code 130, never a traceback.

The handler raises `Interrupted` at once. Some code swallows what is raised while it calls back into Python (the
compiler does), so the wish is also remembered, and looked at between steps and at the end.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

from cnncli.errors import Interrupted

_wishes: list[int] = []


def install() -> None:
    """Takes over SIGINT, and keeps quiet about what an interruption breaks off."""
    signal.signal(signal.SIGINT, _interrupt)
    report = sys.unraisablehook

    def quiet(unraisable: Any) -> None:
        if not _wishes:
            report(unraisable)

    sys.unraisablehook = quiet


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    _wishes.append(signal_number)
    raise Interrupted


def uninstall() -> None:
    """The result stands: while Python takes itself apart, Ctrl-C has nothing left to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def interrupted() -> bool:
    """Whether Ctrl-C was pressed."""
    return bool(_wishes)


def check() -> None:
    """Raises `Interrupted` where an earlier one was swallowed."""
    if _wishes:
        raise Interrupted
