"""`python -m benchmarks.validate`: a thousand specs and one, `cnncli validate` against check-jsonschema.

Both sides are processes of their own that read the same files; check-jsonschema holds them against the format's
JSON Schema, which sees keys and types and no shapes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.surroundings import fail, machine, machine_line, positive_integer, require, warn_if_unsteady
from benchmarks.turns import take_turns
from benchmarks.validate_specs import write_specs

_ROOT = Path(__file__).parent.parent
_SCHEMA = _ROOT / "architectures" / "cnncli.schema.json"
_BROKEN = "input: [3, 32, 32]\nlayers:\n  - {type: conv, filters: 8, kernal: 3}\n"
_SIDES = ("ours", "check-jsonschema")


def main() -> None:
    """Reads the options, checks that both sides tell good from bad, measures, and prints."""
    options = _options()
    require("check_jsonschema")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [str(path) for path in write_specs(folder, options.files)]
        _check_agreement(paths, folder / "broken.yaml")
        cases = [
            _measure("validate", paths, options.turns),
            _measure("one file", paths[len(paths) // 2 : len(paths) // 2 + 1], options.turns),
        ]
    report = {"machine": machine("typer", "pyyaml", "check-jsonschema", "jsonschema"), "turns": options.turns}
    report["cases"] = cases
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)


def _measure(name: str, paths: list[str], turns: int) -> dict[str, Any]:
    """Seconds of whole processes."""
    contenders: dict[str, Callable[[], object]] = {side: lambda side=side: _run(side, paths) for side in _SIDES}
    paces = take_turns(contenders, turns)
    ours, theirs = (paces[side] for side in _SIDES)
    warn_if_unsteady(name, ours, theirs)
    return {
        "case": name,
        "files": len(paths),
        "ours": ours.median,
        "check_jsonschema": theirs.median,
        "ratio": theirs.median / ours.median,
        "ours_range": [ours.fastest, ours.slowest],
        "check_jsonschema_range": [theirs.fastest, theirs.slowest],
    }


def _check_agreement(paths: list[str], broken: Path) -> None:
    """Ends the process with 1 where a side finds fault with the specs, or none with a broken one."""
    broken.write_text(_BROKEN, encoding="utf-8")
    for side in _SIDES:
        if _run(side, paths):
            fail(f"{side} finds fault with the benchmark's specs", 1)
        if _run(side, [str(broken)]) != 1:
            fail(f"{side} finds no fault with a broken spec", 1)


def _run(side: str, paths: list[str]) -> int:
    """One process over all the files; its exit code."""
    command = {
        "ours": ["-m", "cnncli", "validate", "--strict", "--isolated"],
        "check-jsonschema": ["-m", "check_jsonschema", "--schemafile", str(_SCHEMA)],
    }[side]
    done = subprocess.run([sys.executable, *command, *paths], cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        fail(f"{side} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.returncode


def _show(report: dict[str, Any]) -> None:
    console = Console(highlight=False)
    table = Table(title=f"Whole processes, seconds: median of {report['turns']} turns (fastest to slowest)")
    table.add_column("case")
    table.add_column("files", justify="right")
    table.add_column("cnncli validate", justify="right")
    table.add_column("check-jsonschema", justify="right")
    table.add_column("ratio", justify="right", style="bold")
    for case in report["cases"]:
        sides = [
            "{:.3f} ({:.3f} to {:.3f})".format(case[side], *case[f"{side}_range"])
            for side in ("ours", "check_jsonschema")
        ]
        table.add_row(case["case"], f"{case['files']:,}", *sides, f"{case['ratio']:.1f}")
    console.print(table)
    console.print(machine_line(report["machine"]), soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.validate", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")
    parser.add_argument("--turns", type=positive_integer, default=3, metavar="N", help="turns of each side (3)")
    parser.add_argument("--files", type=positive_integer, default=1000, metavar="N", help="specs to check (1000)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
