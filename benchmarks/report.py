"""`python -m benchmarks.report FILE...`: writes what the benchmarks printed as JSON into docs/performance.md's tables.

A table stands between `<!-- NAME -->` and `<!-- end of NAME -->`; all around it is written by hand. NAME is the
benchmark's and the file's (`training.json`). What no file is given for stays as it is.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.surroundings import fail, machine_line

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
Report = dict[str, Any]


def main() -> None:
    """Reads the files and rewrites the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=f"{', '.join(TABLES)}: each with .json")
    text = PAGE.read_text(encoding="utf-8")
    for file in parser.parse_args().files:
        try:
            text = rewritten(text, file.stem, json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as error:
            fail(f"{file}: {error!r}")
    PAGE.write_text(text, encoding="utf-8")


def rewritten(text: str, name: str, report: Report) -> str:
    """The page with one benchmark's tables made anew. Raises ValueError where it has no place for them."""
    if name not in TABLES:
        raise ValueError(f"no benchmark is called {name}; there are {', '.join(TABLES)}")
    place = re.compile(f"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if len(place.findall(text)) != 1:
        raise ValueError(f"the page has not one place between <!-- {name} --> and <!-- end of {name} -->")
    threads = report["machine"].get("threads")
    machine = machine_line(report["machine"]) + (f"; {threads} threads" if threads else "")
    body = f"{TABLES[name](report)}\n\nOn {machine}.\n"
    return place.sub(lambda found: f"{found[1]}{body}{found[2]}", text)


def _training(report: Report) -> str:
    rows = [
        (
            f"`{case['case']}`", case["batch_size"], f"{case['ours']:,.0f}", f"{case['torch']:,.0f}",
            f"{case['ratio']:.2f}", f"{case['one_thread']:,.0f}", f"{case['scaling']:.2f}",
            f"{case['core_scaling']:.2f}", f"{case['torch_layout']}, {case['torch_update']}",
        )
        for case in report["cases"]
    ]  # fmt: skip
    heads = ("network", "batch", "cnncli", "PyTorch", "ratio", "one thread", "scaling", "cores'", "-PyTorch's best")
    return _table(("-network", *heads[1:]), rows)


def _kernels(report: Report) -> str:
    sums = [
        (
            case["case"], case["pass"], case["sizes"], case["algorithm"], f"{case['gflops']:,.0f}",
            f"{case['torch_gflops']:,.0f}", f"{case['ratio']:.2f}", f"{case['of_peak']:.0%}",
        )
        for case in report["cases"]
    ]  # fmt: skip
    passes = [
        (
            case["case"], case["pass"], case["sizes"], f"{case['ours'] * 1e3:.2f}", f"{case['torch'] * 1e3:.2f}",
            f"{case['ratio']:.2f}", f"{case['gigabytes']:.1f}", f"{case['of_copy']:.2f}",
        )
        for case in report["memory_cases"]
    ]  # fmt: skip
    limits = (
        f"Peak: {report['peak_gflops']:,.0f} GFLOP/s of multiply-adds. A copy of 128 MiB: "
        f"{report['copy_gigabytes']:.1f} GB/s, read and written."
    )
    about = ("-layer", "-pass", "-sizes")
    sums_table = _table((*about, "-algorithm", "GFLOP/s", "PyTorch", "ratio", "of the peak"), sums)
    return f"{limits}\n\n{sums_table}\n\n" + _table((*about, "ms", "PyTorch", "ratio", "GB/s", "times a copy"), passes)


def _mnist(report: Report) -> str:
    sides = {"cnncli": report["ours"], f"PyTorch, {report['torch_layout']}": report["torch"]}
    rows = [
        (
            name, f"{side['seconds']:.1f}", f"{side['steps']:,.0f}", f"{side['step_seconds'] * 1e3:.2f}",
            f"{side['peak_bytes'] / 1e6:,.0f} MB",
        )
        for name, side in sides.items()
    ]  # fmt: skip
    ratios = (f"{report[name]:.2f}" for name in ("step_ratio", "memory_ratio"))
    rows.append(("ratio", f"{report['ratio']:.2f}", "", *ratios))
    return _table(("-", "seconds", "steps", "ms per step", "peak memory"), rows)


def _start(report: Report) -> str:
    inspections = [
        (case["case"], f"{case['ours']:.3f}", f"{case['torchinfo']:.3f}", f"{case['ratio']:.1f}")
        for case in report["cases"]
    ]
    steps = [
        (f"`{case['case']}`", case["kernels"], f"{case['cold']:.1f}", f"{case['warm']:.2f}")
        for case in report["first_steps"]
    ]
    first = _table(("-a process of", "cnncli", "torchinfo", "ratio"), inspections)
    return f"{first}\n\n" + _table(("-first step of", "kernels", "none compiled", "all compiled"), steps)


def _validate(report: Report) -> str:
    rows = [
        (case["case"], case["files"], f"{case['ours']:.2f}", f"{case['check_jsonschema']:.2f}", f"{case['ratio']:.1f}")
        for case in report["cases"]
    ]
    return _table(("-", "files", "cnncli", "check-jsonschema", "ratio"), rows)


TABLES: dict[str, Callable[[Report], str]] = {
    "training": _training,
    "kernels": _kernels,
    "mnist": _mnist,
    "start": _start,
    "validate": _validate,
}


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """In Markdown; a column whose head begins with a dash is aligned to the left, any other to the right."""
    lines = [[head.removeprefix("-") for head in heads], [":--" if head.startswith("-") else "--:" for head in heads]]
    lines += [[str(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
