"""Ctrl-C and SIGTERM, from the first import on: exit code 130 or 143, never a traceback.

The handler raises `Interrupted` at once. Some code swallows what is raised while it calls back into Python (the
compiler does), so the wish is also remembered, and looked at between steps and at the end. What has something to save
asks to be told `gently`: the first wish then only shows in `interrupted`, the second is raised.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from cnncli.errors import Interrupted

_wishes: list[int] = []
_patience = 0
"""Wishes that are only remembered."""


def install() -> None:
    """Takes over both signals, and keeps quiet about what an interruption breaks off."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    report = sys.unraisablehook

    def quiet(unraisable: Any) -> None:
        if not _wishes:
            report(unraisable)

    sys.unraisablehook = quiet


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    _wishes.append(signal_number)
    if len(_wishes) > _patience:
        raise Interrupted


@contextmanager
def gently() -> Iterator[None]:
    """Within it the first Ctrl-C raises nothing; it is for the caller to look at `interrupted`."""
    global _patience
    _patience = 1
    try:
        yield
    finally:
        _patience = 0


def uninstall() -> None:
    """The result stands: while Python takes itself apart, a signal has nothing left to stop."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def interrupted() -> bool:
    """Whether somebody wants this to end."""
    return bool(_wishes)


def exit_code() -> int:
    """As a shell would have it: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + (_wishes[0] if _wishes else signal.SIGINT)


def check() -> None:
    """Raises `Interrupted` where an earlier one was swallowed."""
    if _wishes:
        raise Interrupted
