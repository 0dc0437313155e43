"""What a benchmark runs on, what it needs, and how it fails: on stderr, with an exit code."""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from benchmarks.turns import Pace

_STEADY = 1.5
"""The slowest turn over the fastest: more than this is other programs' doing."""


def fail(message: str, code: int = 2) -> NoReturn:
    """Ends the process: 2 for usage or a missing package, 1 where the two sides do not compute the same."""
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(code)


def require(*packages: str) -> None:
    """Ends the process with 2 where a package that the comparison needs is not installed."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        fail(f"{' and '.join(missing)} not installed; `make bench` installs what the benchmarks need and runs them")


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def warn_if_unsteady(case: str, *paces: Pace) -> None:
    """Says so where a side's turns differ much: on a busy machine threads wait for each other most of the time."""
    apart = max(pace.slowest / pace.fastest for pace in paces)
    if apart > _STEADY:
        message = f"{case}: turns differ by a factor of {apart:.1f}; let the machine rest, then measure again"
        print(f"note: {message}", file=sys.stderr)


def machine(*packages: str) -> dict[str, Any]:
    """The machine as the JSON output names it, with the versions of `packages`."""
    return {
        "cpu": _cpu_name(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "versions": {"python": platform.python_version(), **{package: version(package) for package in packages}},
    }


def machine_line(found: dict[str, Any]) -> str:
    """The machine in one line, for people."""
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return f"{found['cpu']}, {found['system']}, {found['cores']} cores; {versions}"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def console() -> Console:
    """For tables: as wide as they need where no terminal says how wide."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def duration(text: str) -> float:
    """An option's value in seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 3600")
    return seconds


def positive_integer(text: str) -> int:
    """An option's value: 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
