"""The command as a user runs it: a process of its own, whose two streams are pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cnncli

PACKAGE_ROOT = Path(cnncli.__file__).resolve().parent.parent
OURS = (
    "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING",
    "CNNCLI_TRACEBACK", "CNNCLI_OUTPUT_FORMAT", "GITHUB_ACTIONS",
)  # fmt: skip
"""Variables that change how the command writes."""


@dataclass(frozen=True)
class Result:
    stdout: str
    stderr: str
    code: int


def environment(**changes: str) -> dict[str, str]:
    """This process's variables without `OURS`."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"PYTHONPATH": str(PACKAGE_ROOT), "TERM": "xterm-256color", "PYTHONUTF8": "1"} | changes


def run(*arguments: str, stdin: str | bytes = b"", cwd: Path | None = None, code: str = "", **variables: str) -> Result:
    """`python -m cnncli ARGUMENTS`, or `python -c CODE ARGUMENTS`."""
    done = subprocess.run(
        [sys.executable, *(("-c", code) if code else ("-m", "cnncli")), *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        cwd=cwd,
        env=environment(**variables),
        timeout=120,
        check=False,
    )
    return Result(done.stdout.decode(), done.stderr.decode(), done.returncode)
