"""A file that nothing can be said about."""

from __future__ import annotations

from cnncli.errors import UNREADABLE_FILE
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=UNREADABLE_FILE,
    what="The file cannot be read, or cnncli itself failed on it; exit code 2.",
    why="A job that checks specs must not pass because one of them could not be looked at. Whether a file is missing, "
    "may not be read, or trips a fault of cnncli's own, the exit code tells it from findings, which end in 1; the "
    "other files are checked all the same. `CNNCLI_TRACEBACK=1` shows where cnncli failed.",
    invalid=(),
    valid=(),
)
