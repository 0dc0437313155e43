"""The command inside this process: quick, for what has to do neither with its start nor with real streams."""

from __future__ import annotations

import io
import os
import sys
from unittest import mock

from cnncli.cli import console, main
from cnncli.rules import configuration
from tests.command import OURS, Result


def call(*arguments: str, stdin: str | bytes = b"", **variables: str) -> Result:
    """As `tests.command.run`, in the working folder."""
    given = io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin))
    written = [io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace", newline="") for _ in range(2)]
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    _forget()
    with (
        mock.patch.multiple(sys, argv=["cnncli", *arguments], stdin=given, stdout=written[0], stderr=written[1]),
        mock.patch.dict(os.environ, kept | variables, clear=True),
        mock.patch.object(console, "_end_with_the_reader"),  # this process is to outlive its readers
    ):
        code = main.run()
        for stream in written:
            stream.flush()
    _forget()
    return Result(*(stream.buffer.getvalue().decode() for stream in written), code)  # type: ignore[attr-defined]


def _forget() -> None:
    """What is kept for the length of a process."""
    for kept in (console.stdout, console.stderr, configuration._in):
        kept.cache_clear()
