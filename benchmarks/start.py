"""`python -m benchmarks.start`: how long `cnncli inspect` takes, against torchinfo, and a first training step.

All are processes of their own. An inspection counts from the interpreter's start to its end, as a pre-commit hook or
an editor would wait for it; a first step from the start to the moment it is done, with no kernels compiled (cold) and
with all (warm).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.surroundings import console, fail, machine, machine_line, positive_integer, require, warn_if_unsteady
from benchmarks.turns import Pace, take_turns

_HERE = Path(__file__).parent
_OURS = ("-m", "cnncli", "inspect", str(_HERE / "alexnet_chain.yaml"))
_NETWORKS = ("lenet5", "vgg_like")
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
    report = {
        "machine": machine("typer", "rich", "numpy", "numba", "torch", "torchinfo"),
        "turns": options.turns,
        "cold_turns": options.cold_turns,
        "cases": [case],
        "first_steps": [_first_steps(name, options.cold_turns, options.turns) for name in _NETWORKS],
    }
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


def _first_steps(network: str, cold_turns: int, turns: int) -> dict[str, Any]:
    """A network's first training step, cold (a new kernel cache for every process) and warm."""
    with tempfile.TemporaryDirectory() as folder:
        caches = [Path(folder) / str(turn) for turn in range(cold_turns)]
        cold = [_first_step(network, cache) for cache in caches]
        warm = [_first_step(network, caches[0]) for _ in range(turns)]
    kernels = cold[0][1]["kernels"]
    # How many of them the process itself compiles, and how many its assistant, is a matter of chance.
    if not all(tally["compiled"] and tally["kernels"] == kernels for _, tally in cold) or any(
        tally["compiled"] for _, tally in warm
    ):
        fail(f"{network}: kernels were not compiled when they should have been, or were when they should not", 1)
    paces = {name: Pace(tuple(seconds for seconds, _ in found)) for name, found in (("cold", cold), ("warm", warm))}
    warn_if_unsteady(f"first step of {network}", *paces.values())
    figures = {name: pace.median for name, pace in paces.items()}
    ranges = {f"{name}_range": [pace.fastest, pace.slowest] for name, pace in paces.items()}
    return {"case": network, **figures, **ranges, "kernels": kernels}


def _first_step(network: str, cache: Path) -> tuple[float, dict[str, int]]:
    """(seconds to the end of the first step, how many kernels it took and how many of them it compiled itself)."""
    command = [sys.executable, "-m", "benchmarks.first_step", network]
    environment = _environment() | {"CNNCLI_CACHE_DIR": str(cache)}
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=_HERE.parent, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        seconds = time.perf_counter() - start
    if child.returncode:
        fail(f"the first step of {network} ended with {child.returncode}")
    return seconds, json.loads(line)


def _environment() -> dict[str, str]:
    """With byte code, which an installed program has."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _run(*arguments: str) -> str:
    """A Python process at the checkout's root; returns what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=_HERE.parent, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        fail(f"`python {' '.join(arguments)}` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _show(report: dict[str, Any]) -> None:
    out = console()
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
    out.print(table)
    steps = Table(
        title="To the end of the first training step, seconds from the process's start: median (fastest to slowest)"
    )
    for name in ("network", "kernels", "none compiled", "all compiled"):
        steps.add_column(name, justify="left" if name == "network" else "right")
    for case in report["first_steps"]:
        sides = ["{:.2f} ({:.2f} to {:.2f})".format(case[side], *case[f"{side}_range"]) for side in ("cold", "warm")]
        steps.add_row(case["case"], str(case["kernels"]), *sides)
    out.print(steps)
    out.print(machine_line(report["machine"]), soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")
    parser.add_argument("--turns", type=positive_integer, default=7, metavar="N", help="turns of each side (7)")
    parser.add_argument(
        "--cold-turns", type=positive_integer, default=2, metavar="N", help="first steps that compile all kernels (2)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
