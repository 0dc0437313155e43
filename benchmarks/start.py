"""`python -m benchmarks.start`: how long a whole `cnncli inspect` takes, against torchinfo on the same network.

Both are processes of their own, from the interpreter's start to its end, as a pre-commit hook or an editor
would wait for them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.surroundings import fail, machine, machine_line, positive_integer, require, warn_if_unsteady
from benchmarks.turns import take_turns

_HERE = Path(__file__).parent
_OURS = ("-m", "cnncli", "inspect", str(_HERE / "alexnet_chain.yaml"))
_TORCHINFO = (str(_HERE / "torchinfo_alexnet.py"),)


def main() -> None:
    """Reads the options, checks that both sides see one network, measures, and prints."""
    options = _options()
    require("torch", "torchinfo")
    # These first runs also write the byte code that an installed program has.
    parameters, macs = _check_agreement()
    commands = {"ours": lambda: _run(*_OURS), "torchinfo": lambda: _run(*_TORCHINFO)}
    paces = take_turns(commands, options.turns)
    ours, torchinfo = paces["ours"], paces["torchinfo"]
    warn_if_unsteady("inspect", ours, torchinfo)
    case = {
        "case": "inspect",
        "ours": ours.median,
        "torchinfo": torchinfo.median,
        "ratio": torchinfo.median / ours.median,
        "ours_range": [ours.fastest, ours.slowest],
        "torchinfo_range": [torchinfo.fastest, torchinfo.slowest],
        "parameters": parameters,
        "macs": macs,
    }
    report = {"machine": machine("typer", "rich", "torch", "torchinfo"), "turns": options.turns, "cases": [case]}
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)


def _check_agreement() -> tuple[int, int]:
    """(parameters, MACs), once both sides agree on them; ends the process with 1 where they do not.

    torchinfo multiplies every parameter of a layer by its output positions, biases too: its mult-adds are the
    MACs and one more for each output of a layer with a bias (all of them, here).
    """
    inspected = json.loads(_run(*_OURS, "--format", "json"))
    summarised = json.loads(_run(*_TORCHINFO, "--json"))
    totals = inspected["totals"]
    biased = sum(math.prod(layer["output_shape"]) for layer in inspected["layers"] if layer["parameters"])
    ours = {"parameters": totals["parameters"], "mult_adds": totals["macs"] + biased}
    if ours != summarised:
        fail(f"the two sides do not see the same network: {ours} here, {summarised} by torchinfo", 1)
    return totals["parameters"], totals["macs"]


def _run(*arguments: str) -> str:
    """A Python process at the checkout's root; returns what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=_HERE.parent, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        fail(f"`python {' '.join(arguments)}` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _show(report: dict[str, Any]) -> None:
    console = Console(highlight=False)
    table = Table(title=f"A whole process, seconds: median of {report['turns']} turns (fastest to slowest)")
    table.add_column("case")
    table.add_column("cnncli", justify="right")
    table.add_column("torchinfo", justify="right")
    table.add_column("ratio", justify="right", style="bold")
    for case in report["cases"]:
        sides = [
            "{:.3f} ({:.3f} to {:.3f})".format(case[side], *case[f"{side}_range"]) for side in ("ours", "torchinfo")
        ]
        table.add_row(case["case"], *sides, f"{case['ratio']:.1f}")
    console.print(table)
    console.print(machine_line(report["machine"]), soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")
    parser.add_argument("--turns", type=positive_integer, default=7, metavar="N", help="turns of each side (7)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
