"""`python -m benchmarks.mnist`: from a process's start to 99.0% of MNIST's test images, against plain PyTorch.

Each training is a process of its own. This one stays small: on Linux a child's memory is never counted as less than
its parent's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.mnist_recipe import GOAL, RECIPE
from benchmarks.surroundings import console, cores, fail, machine, machine_line, positive_integer, require
from cnncli.data.locate import cache_folder

_ROOT = Path(__file__).parent.parent
_SIDES = {
    "ours": ("benchmarks.mnist_engine", ""),
    "torch NCHW": ("benchmarks.mnist_torch", "NCHW"),
    "torch channels_last": ("benchmarks.mnist_torch", "channels_last"),
}
_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def main() -> None:
    """Reads the options, warms both sides, trains turn by turn, and prints one table or one JSON object."""
    options = _options()
    require("torch")
    folder = _find(options.data_dir)
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in _SIDES}
    for seed in range(options.seeds + 1):  # the first run of each side fills caches and is not counted
        for side in reversed(_SIDES) if seed % 2 else _SIDES:
            print(f"training {side}, {f'seed {seed}' if seed else 'for warmth'}", file=sys.stderr)
            run = _train(side, folder, seed, options.threads)
            if seed:
                runs[side].append(run)
    sides = {side: _summary(found) for side, found in runs.items()}
    best = min((side for side in _SIDES if side != "ours"), key=lambda side: sides[side]["step_seconds"])
    ours, torch = sides["ours"], sides[best]
    report = {
        "machine": {**machine("numpy", "numba", "torch"), "threads": options.threads},
        "goal": GOAL,
        "recipe": RECIPE,
        "seeds": options.seeds,
        "ours": ours,
        "torch": torch,
        "torch_layout": best.partition(" ")[2],
        "ratio": torch["seconds"] / ours["seconds"],
        "step_ratio": torch["step_seconds"] / ours["step_seconds"],
        "memory_ratio": ours["peak_bytes"] / torch["peak_bytes"],
        "runs": runs,
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)


def _train(side: str, folder: Path, seed: int, threads: int) -> dict[str, Any]:
    """One process: its line, and the seconds from its start to that line."""
    module, layout = _SIDES[side]
    command = [sys.executable, "-m", module, "--data-dir", str(folder), "--seed", str(seed), "--threads", str(threads)]
    start = time.perf_counter()
    with subprocess.Popen([*command, "--layout", layout], cwd=_ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        seconds = time.perf_counter() - start
    if child.returncode:
        fail(f"{side} ended with {child.returncode}")
    found: dict[str, Any] = {"seconds": seconds, **json.loads(line)}
    found["step_seconds"] = seconds / found["steps"]
    if found["accuracy"] < GOAL:
        fail(f"{side}, seed {seed}: {found['accuracy']:.2%} after {found['steps']} steps, not {GOAL:.1%}", 1)
    return found


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    medians = {
        name: statistics.median(run[name] for run in runs)
        for name in ("seconds", "steps", "step_seconds", "peak_bytes")
    }
    return {**medians, "range": [function(run["seconds"] for run in runs) for function in (min, max)]}


def _find(named: Path | None) -> Path:
    """The folder with MNIST's four files: the one that is named, `$CNNCLI_DATA_DIR`, or cnncli's cache."""
    roots = [named] if named else [*map(Path, filter(None, [os.environ.get("CNNCLI_DATA_DIR")])), cache_folder()]
    folders = [folder for root in roots for folder in (root, root / "mnist")]
    found = next(filter(_holds_all, folders), None)
    if found is None and not named:
        _fetch()
        found = next(filter(_holds_all, folders), None)
    if found is None:
        fail(f"MNIST's files ({', '.join(_FILES)}) are not in {' or '.join(map(str, roots))}")
    return found.resolve()


def _holds_all(folder: Path) -> bool:
    return all((folder / name).exists() or (folder / f"{name}.gz").exists() for name in _FILES)


def _fetch() -> None:
    """Into cnncli's cache, by a process that may grow."""
    code = "from cnncli.data import load; load('mnist', full=True)"
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"MNIST is not on this machine (--data-dir names its folder): {done.stderr.strip().splitlines()[-1]}")


def _show(report: dict[str, Any]) -> None:
    out = console()
    table = Table(title=f"LeNet-5 to {report['goal']:.1%} of MNIST's test images: median of {report['seeds']} seeds")
    for name in ("", "seconds", "steps", "ms per step", "peak memory"):
        table.add_column(name, justify="right" if name else "left")
    for side in ("ours", "torch"):
        found = report[side]
        name = "cnncli" if side == "ours" else f"PyTorch, {report['torch_layout']}"
        seconds = "{:.1f} ({:.1f} to {:.1f})".format(found["seconds"], *found["range"])
        step = f"{found['step_seconds'] * 1e3:.2f}"
        table.add_row(name, seconds, f"{found['steps']:,.0f}", step, f"{found['peak_bytes'] / 1e6:,.0f} MB")
    ratios = f"{report['ratio']:.1f}", "", f"{report['step_ratio']:.2f}", f"{report['memory_ratio']:.2f}"
    table.add_row("ratio", *ratios, style="bold")
    out.print(table)
    out.print(f"{machine_line(report['machine'])}; {report['machine']['threads']} threads", soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mnist", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")
    parser.add_argument("--seeds", type=positive_integer, default=5, metavar="N", help="trainings of each side (5)")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the folder that holds MNIST's files")
    parser.add_argument(
        "--threads", type=positive_integer, default=min(2, cores()), metavar="N", help="of both sides (2)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
