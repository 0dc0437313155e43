"""`python -m benchmarks.kernels`: layer by layer, this engine against PyTorch and against what the machine can do."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.table import Table

from benchmarks.layers import Case, over_memory, sums
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

if TYPE_CHECKING:
    from benchmarks.engine_layers import EngineLayer
    from benchmarks.peak import PeakStep

_TOLERANCE = 1e-3
"""Of the result's length."""
_LONG = 20e9
"""Operations of a pass that takes long: fewer turns, and none off the clock."""
_BIG_COPY = 2**28


def main() -> None:
    """Reads the options, measures layer by layer, and prints two tables or one JSON object."""
    options = _options()
    require("torch")
    import torch

    from benchmarks.peak import CopyStep, PeakStep

    threads = kernels.compile.set_threads(options.threads)
    torch.set_num_threads(threads)
    kernels.algorithm.set_algorithm(options.algorithm)
    chosen = sums(options.layers), over_memory(options.layers)
    if not any(chosen):
        fail(f"no layer is called {' or '.join(options.layers)}")
    peak, copy = PeakStep(kernels.compile.threads()), CopyStep(_BIG_COPY)
    limits = take_turns({"peak": peak, "copy": copy}, options.turns, options.seconds, 1)
    with torch.no_grad():
        report = {
            "machine": {**machine("numpy", "numba", "torch"), "threads": threads},
            "turns": options.turns,
            "seconds_per_turn": options.seconds,
            "algorithm": options.algorithm,
            "peak_gflops": peak.gflops(limits["peak"].fastest),
            "copy_gigabytes": copy.gigabytes(limits["copy"].fastest),
            "cases": _all(chosen[0], lambda case: _sums_of(case, options, peak)),
            "memory_cases": _all(chosen[1], lambda case: _memory_of(case, options)),
        }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)


def _all(cases: list[Case], measure: Callable[[Case], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    found = []
    for case in cases:
        print(f"measuring {case.name}", file=sys.stderr)
        found += measure(case)
    return found


def _sums_of(case: Case, options: argparse.Namespace, peak: PeakStep) -> list[dict[str, Any]]:
    """The passes of a conv or dense layer. Operations are the direct method's, whatever computes them."""
    operations = 2 * case.node.macs * case.batch
    found = []
    for which, (ours, paces) in _passes(case, options, operations, {"peak": peak}).items():
        at_peak = paces["peak"].fastest * operations / peak.flops
        record = _record(case, which, paces)
        record |= {
            "algorithm": ours.algorithm(which),
            "gflops": operations / record["ours"] / 1e9,
            "torch_gflops": operations / record["torch"] / 1e9,
            "of_peak": at_peak / paces["ours"].fastest,
        }
        found.append(record)
    return found


def _memory_of(case: Case, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The passes of a layer that memory limits, against a copy that moves as many bytes."""
    from benchmarks.engine_layers import bytes_of
    from benchmarks.peak import CopyStep

    found = []
    for which in ("forward", "backward"):
        copy = CopyStep(bytes_of(case, which))
        measured = _passes(case, options, 0, {"copy": copy}, which)
        for _, paces in measured.values():
            record = _record(case, which, paces)
            record |= {
                "bytes": copy.size,
                "gigabytes": copy.size / record["ours"] / 1e9,
                "copy": paces["copy"].fastest,
                "of_copy": paces["ours"].fastest / paces["copy"].fastest,
            }
            found.append(record)
    return found


def _passes(
    case: Case, options: argparse.Namespace, operations: int, limits: dict[str, Callable[[], Any]], only: str = ""
) -> dict[str, tuple[EngineLayer, dict[str, Pace]]]:
    """Each pass's paces: `ours`, each of PyTorch's layouts, and the limits. Ends the process where results differ."""
    from benchmarks.engine_layers import EngineLayer
    from benchmarks.torch_layers import TorchLayer
    from benchmarks.torch_side import LAYOUTS

    ours = EngineLayer(case)
    layouts = LAYOUTS if len(case.node.output_shape) == 3 else ["NCHW"]
    theirs = {f"torch {layout}": TorchLayer(ours, layout) for layout in layouts}
    their_passes = {name: layer.passes for name, layer in theirs.items()}
    turns = max(2, options.turns // 2) if operations > _LONG else options.turns
    found = {}
    for which, run in ours.passes.items():
        if only and which != only:
            continue
        contenders = {"ours": run, **{name: passes[which] for name, passes in their_passes.items()}}
        _check(case, which, ours, contenders)
        paces = take_turns({**contenders, **limits}, turns, options.seconds, 0 if operations > _LONG else 1)
        found[which] = ours, paces
    return found


def _check(case: Case, which: str, ours: EngineLayer, contenders: dict[str, Callable[[], Any]]) -> None:
    """Runs each side once; ends the process with 1 where they do not compute the same."""
    from benchmarks.torch_layers import distance

    contenders["ours"]()
    result = ours.dx[0] if which == "backward" else ours.results[which]
    for name, run in contenders.items():
        apart = 0.0 if name == "ours" else distance(result, run())
        if not apart <= _TOLERANCE:
            fail(f"{case.name}, {which}: the results differ by {apart:.2g} of their length ({name})", 1)


def _record(case: Case, which: str, paces: dict[str, Pace]) -> dict[str, Any]:
    layouts = [name for name in paces if name.startswith("torch ")]
    best = min(layouts, key=lambda name: paces[name].median)
    ours, torch = paces["ours"], paces[best]
    warn_if_unsteady(f"{case.name}, {which}", ours, torch)
    return {
        "case": case.name,
        "kind": case.node.layer.kind,
        "pass": which,
        "sizes": case.words(),
        "ours": ours.median,
        "torch": torch.median,
        "ratio": torch.median / ours.median,
        "torch_layout": best.partition(" ")[2],
        "ours_range": [ours.fastest, ours.slowest],
        "torch_range": [torch.fastest, torch.slowest],
    }


def _show(report: dict[str, Any]) -> None:
    out = console()
    if report["cases"]:
        out.print(_sums_table(report))
    if report["memory_cases"]:
        out.print(_memory_table(report))
    line = machine_line(report["machine"])
    limits = f"peak {report['peak_gflops']:,.0f} GFLOP/s, copy {report['copy_gigabytes']:.1f} GB/s"
    out.print(f"{line}; {report['machine']['threads']} threads; {limits}", soft_wrap=True)


def _sums_table(report: dict[str, Any]) -> Table:
    table = Table(title=f"Conv and dense layers: GFLOP/s, median of {report['turns']} turns")
    for name in ("layer", "pass", "sizes", "algorithm"):
        table.add_column(name)
    for name in ("cnncli", "PyTorch", "ratio", "of the peak"):
        table.add_column(name, justify="right")
    for case in report["cases"]:
        table.add_row(
            case["case"], case["pass"], case["sizes"], case["algorithm"],
            f"{case['gflops']:,.0f}", f"{case['torch_gflops']:,.0f}", f"{case['ratio']:.2f}", f"{case['of_peak']:.0%}",
        )  # fmt: skip
    return table


def _memory_table(report: dict[str, Any]) -> Table:
    table = Table(title=f"Layers that memory limits: milliseconds, median of {report['turns']} turns")
    for name in ("layer", "pass", "sizes"):
        table.add_column(name)
    for name in ("cnncli", "PyTorch", "ratio", "GB/s", "times a copy"):
        table.add_column(name, justify="right")
    for case in report["memory_cases"]:
        table.add_row(
            case["case"], case["pass"], case["sizes"], f"{case['ours'] * 1e3:.2f}", f"{case['torch'] * 1e3:.2f}",
            f"{case['ratio']:.2f}", f"{case['gigabytes']:.1f}", f"{case['of_copy']:.2f}",
        )  # fmt: skip
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of tables")
    parser.add_argument(
        "--layers", nargs="+", default=[], metavar="NAME", help="networks or layers, as words of `NETWORK LAYER`; all"
    )
    parser.add_argument("--turns", type=positive_integer, default=3, metavar="N", help="turns of each side (3)")
    parser.add_argument("--seconds", type=duration, default=0.05, metavar="X", help="length of a turn (0.05)")
    parser.add_argument(
        "--threads", type=positive_integer, default=min(2, cores()), metavar="N", help="of both sides (2)"
    )
    parser.add_argument(
        "--algorithm", choices=list(kernels.algorithm.ALGORITHMS), default="auto", help="of convolutions (auto)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
