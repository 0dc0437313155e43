"""`python -m benchmarks.training`: whole training steps per second, this engine against PyTorch on the CPU."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from benchmarks.surroundings import (
    console,
    cores,
    duration,
    fail,
    machine,
    machine_line,
    positive_integer,
    require,
    warn_if_unsteady,
)
from benchmarks.turns import Pace, take_turns
from cnncli import kernels
from cnncli.errors import CnncliError
from cnncli.rules.judge import judge
from cnncli.spec.source import find
from cnncli.training.recipe import read_recipe

if TYPE_CHECKING:
    from benchmarks.engine_side import Workload

CASES = ("lenet5", "tensorflow_mnist", "keras_cifar10", "vgg_like", "resnet20")
_BATCH_SIZES = {"lenet5": 128}
"""Where it is not the spec's."""
_LOSS_TOLERANCE = 1e-3
_GRADIENT_TOLERANCE = 1e-2
"""Of the gradient's length. PyTorch's own two layouts lie 1e-3 apart: where a ReLU's input or the two largest numbers
of a pool's window all but tie, rounding decides where the gradient goes."""
_SETTLING_CALLS = 3


def main() -> None:
    """Reads the options, measures case by case, and prints one table or one JSON object."""
    options = _options()
    require("torch")
    import torch

    threads = kernels.compile.set_threads(options.threads)
    kernels.algorithm.set_algorithm(options.algorithm)
    torch.set_num_threads(threads)
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        fail("this PyTorch was built without oneDNN: it would lose for the wrong reason")
    cases = []
    for name in options.cases:
        print(f"measuring {name}", file=sys.stderr)
        try:
            cases.append(measure(name, options.batch_size, options.turns, options.seconds))
        except CnncliError as error:
            fail(f"{name}: {error.message}")
    report = {
        "machine": {**machine("numpy", "numba", "torch"), "threads": threads},
        "turns": options.turns,
        "seconds_per_turn": options.seconds,
        "algorithm": options.algorithm,
        "cases": cases,
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)


def measure(name: str, batch_size: int | None, turns: int, seconds: float) -> dict[str, Any]:
    """One case of the report. Ends the process with 1 where the two sides do not compute the same."""
    from benchmarks.engine_side import EngineStep
    from benchmarks.peak import PeakStep
    from benchmarks.torch_side import LAYOUTS, UPDATES, TorchStep

    workload = _workload(name, batch_size)
    loss = _check_agreement(name, workload)
    rivals = {f"{layout}, {update}": TorchStep(workload, layout, update) for layout in LAYOUTS for update in UPDATES}
    step, threads = EngineStep(workload), kernels.compile.threads()
    peak, one_peak = PeakStep(threads), PeakStep(1)
    own: dict[str, Callable[[], object]] = {"ours": lambda: _on_threads(threads, step)}
    if threads > 1:
        own["one thread"] = lambda: _on_threads(1, step)
        own["peak"] = lambda: _on_threads(threads, peak)
        own["peak, one thread"] = lambda: _on_threads(1, one_peak)
    steps: dict[str, Callable[[], object]] = {**own, **rivals}
    paces = take_turns(steps, turns, seconds, _SETTLING_CALLS)
    best = min(rivals, key=lambda rival: paces[rival].median)
    warn_if_unsteady(name, paces["ours"], paces[best])
    size = workload.batch_size
    ours, torch = _speeds(paces["ours"], size), _speeds(paces[best], size)
    one = _speeds(paces["one thread" if threads > 1 else "ours"], size)
    core_scaling = 1.0
    if threads > 1:
        core_scaling = peak.gflops(paces["peak"].median) / one_peak.gflops(paces["peak, one thread"].median)
    kernels.compile.set_threads(threads)
    return {
        "case": name,
        "ours": ours["median"],
        "torch": torch["median"],
        "ratio": ours["median"] / torch["median"],
        "one_thread": one["median"],
        "scaling": ours["median"] / one["median"],
        "core_scaling": core_scaling,
        "batch_size": size,
        "torch_layout": rivals[best].layout,
        "torch_update": rivals[best].update,
        "ours_range": ours["range"],
        "torch_range": torch["range"],
        "torch_variants": {rival: _speeds(paces[rival], size)["median"] for rival in rivals},
        "first_loss": loss,
    }


def _on_threads(threads: int, step: Callable[[], object]) -> None:
    kernels.compile.set_threads(threads)
    step()


def _workload(name: str, batch_size: int | None) -> Workload:
    from benchmarks.engine_side import plain, random_workload

    own = Path(__file__).parent / f"{name}.yaml"
    spec = judge(find(str(own) if own.is_file() else name))
    recipe = plain(read_recipe(spec), batch_size or _BATCH_SIZES.get(name))
    graph = spec.require_sound()
    if len(graph.input_shape) != 3 or len(graph.output_shape) != 1 or recipe.loss != "cross_entropy":
        fail(f"{name}: the benchmark trains classifiers of images [C, H, W] by their cross-entropy")
    return random_workload(graph, recipe)


def _check_agreement(name: str, workload: Workload) -> dict[str, float]:
    """Both sides' first loss and gradients, without dropout: a step that computes something else proves nothing."""
    from benchmarks.engine_side import EngineStep
    from benchmarks.torch_side import TorchStep

    workload = workload.without_dropout()
    ours, our_gradients = EngineStep(workload).first_step(workload.batch_size)
    torch, torch_gradients = TorchStep(workload, "NCHW", "fused").first_step()
    if not abs(ours - torch) <= _LOSS_TOLERANCE:
        fail(f"{name}: the first losses differ: {ours:.6f} here, {torch:.6f} in PyTorch", 1)
    distance = float(np.linalg.norm(our_gradients - torch_gradients) / np.linalg.norm(torch_gradients))
    if not distance <= _GRADIENT_TOLERANCE:
        fail(f"{name}: the first gradients differ by {distance:.2g} of their length", 1)
    return {"ours": ours, "torch": torch, "gradient_distance": distance}


def _speeds(pace: Pace, batch_size: int) -> dict[str, Any]:
    """Images per second: the median turn's, and [slowest, fastest]."""
    return {
        "median": batch_size / pace.median,
        "range": [batch_size / pace.slowest, batch_size / pace.fastest],
    }


def _show(report: dict[str, Any]) -> None:
    out = console()
    table = Table(title=f"Training, images per second: median of {report['turns']} turns (slowest to fastest)")
    table.add_column("case", no_wrap=True)
    table.add_column("batch", justify="right")
    table.add_column("cnncli", justify="right")
    table.add_column("PyTorch", justify="right")
    table.add_column("ratio", justify="right", style="bold")
    table.add_column("one thread", justify="right")
    table.add_column("scaling", justify="right")
    table.add_column("cores'", justify="right")
    table.add_column("PyTorch's best", no_wrap=True)
    for case in report["cases"]:
        sides = [
            "{:,.0f}\n({:,.0f} to {:,.0f})".format(case[side], *case[f"{side}_range"]) for side in ("ours", "torch")
        ]
        best = f"{case['torch_layout']},\n{case['torch_update']} update"
        table.add_row(
            case["case"], str(case["batch_size"]), *sides, f"{case['ratio']:.2f}",
            f"{case['one_thread']:,.0f}", f"{case['scaling']:.2f}",
            f"{case['core_scaling']:.2f}", best,
        )  # fmt: skip
    out.print(table)
    out.print(f"{machine_line(report['machine'])}; {report['machine']['threads']} threads", soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")
    parser.add_argument(
        "--cases",
        nargs="+",
        default=list(CASES),
        metavar="NAME",
        help=f"bundled names or YAML files; {' '.join(CASES)}",
    )
    parser.add_argument("--turns", type=positive_integer, default=7, metavar="N", help="turns of each side (7)")
    parser.add_argument("--seconds", type=duration, default=0.5, metavar="X", help="length of a turn (0.5)")
    parser.add_argument(
        "--threads", type=positive_integer, default=min(2, cores()), metavar="N", help="of both sides (2)"
    )
    parser.add_argument("--batch-size", type=positive_integer, metavar="N", help="of every case (the spec's)")
    parser.add_argument(
        "--algorithm", choices=list(kernels.algorithm.ALGORITHMS), default="auto", help="of convolutions (auto)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
