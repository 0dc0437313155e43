"""What surrounds the benchmarks: which layers are measured, and how figures get into docs/performance.md."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import layers, mnist_recipe, report
from benchmarks.engine_layers import EngineLayer, bytes_of
from benchmarks.turns import take_turns
from cnncli.graph import read_architecture
from cnncli.spec.nodes import Mapping
from cnncli.spec.source import find
from cnncli.training.recipe import read_recipe, read_setting

MACHINE = {"cpu": "A CPU", "system": "Linux", "cores": 2, "versions": {"python": "3.11"}, "threads": 2}
SPEEDS = {"ours": 2000.0, "torch": 1000.0, "ratio": 2.0, "ours_range": [1, 2], "torch_range": [1, 2]}
CANNED: dict[str, dict[str, Any]] = {
    "training": {
        "cases": [
            {
                **SPEEDS, "case": "lenet5", "batch_size": 128, "one_thread": 1052.6, "scaling": 1.9,
                "core_scaling": 1.95, "torch_layout": "NCHW", "torch_update": "fused",
            }
        ]
    },
    "kernels": {
        "peak_gflops": 220.4, "copy_gigabytes": 12.34,
        "cases": [
            {
                "case": "lenet5 conv2", "pass": "forward", "sizes": "128 x 6x14x14 -> 16x10x10, 5x5",
                "algorithm": "direct", "gflops": 170.2, "torch_gflops": 85.1, "ratio": 2.0, "of_peak": 0.772,
            }
        ],
        "memory_cases": [
            {
                "case": "alexnet norm1", "pass": "backward", "sizes": "32 x 96x27x27 -> 96x27x27", "ours": 0.00248,
                "torch": 0.0356, "ratio": 14.36, "gigabytes": 7.23, "of_copy": 1.29,
            }
        ],
    },
    "mnist": {
        "torch_layout": "NCHW", "ratio": 3.004, "step_ratio": 3.605, "memory_ratio": 0.4567,
        "ours": {"seconds": 5.01, "steps": 2814, "step_seconds": 0.00178, "peak_bytes": 2.2e8},
        "torch": {"seconds": 15.05, "steps": 2345, "step_seconds": 0.006418, "peak_bytes": 4.8e8},
    },
    "start": {
        "cases": [{"case": "inspect", "ours": 0.0904, "torchinfo": 1.1, "ratio": 12.17}],
        "first_steps": [{"case": "lenet5", "kernels": 13, "cold": 12.04, "warm": 0.751}],
    },
    "validate": {"cases": [{"case": "one file", "files": 1, "ours": 0.07, "check_jsonschema": 0.35, "ratio": 5.0}]},
}  # fmt: skip
ROWS = {
    "training": ["| `lenet5` | 128 | 2,000 | 1,000 | 2.00 | 1,053 | 1.90 | 1.95 | NCHW, fused |"],
    "kernels": [
        "Peak: 220 GFLOP/s of multiply-adds. A copy of 128 MiB: 12.3 GB/s, read and written.",
        "| lenet5 conv2 | forward | 128 x 6x14x14 -> 16x10x10, 5x5 | direct | 170 | 85 | 2.00 | 77% |",
        "| alexnet norm1 | backward | 32 x 96x27x27 -> 96x27x27 | 2.48 | 35.60 | 14.36 | 7.2 | 1.29 |",
    ],
    "mnist": [
        "| cnncli | 5.0 | 2,814 | 1.78 | 220 MB |",
        "| PyTorch, NCHW | 15.1 | 2,345 | 6.42 | 480 MB |",
        "| ratio | 3.00 |  | 3.60 | 0.46 |",
    ],
    "start": ["| inspect | 0.090 | 1.100 | 12.2 |", "| `lenet5` | 13 | 12.0 | 0.75 |"],
    "validate": ["| one file | 1 | 0.07 | 0.35 | 5.0 |"],
}  # fmt: skip


@pytest.mark.parametrize("name", report.TABLES)
def test_the_page_takes_the_figures_of_each_benchmark_between_its_marks(name: str) -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    written = report.rewritten(page, name, {"machine": MACHINE, **CANNED[name]})
    before, _, rest = written.partition(f"<!-- {name} -->\n")
    body, _, after = rest.partition(f"<!-- end of {name} -->")
    assert page.startswith(before) and page.endswith(after) and after
    for row in ROWS[name]:
        assert row in body.splitlines()
    tables = [line for line in body.splitlines() if line.startswith("|")]
    assert all(line.count("|") >= 5 for line in tables)
    assert "On A CPU, Linux, 2 cores; python 3.11; 2 threads." in body
    again = report.rewritten(written, name, {"machine": MACHINE, **CANNED[name]})
    assert again == written


def test_every_table_has_as_many_cells_as_its_head() -> None:
    for name, make in report.TABLES.items():
        for table in re.findall(r"(?:^\|.*\n?)+", make({"machine": MACHINE, **CANNED[name]}), re.MULTILINE):
            widths = {line.count("|") for line in table.splitlines()}
            assert len(widths) == 1, f"{name}: {table}"


@pytest.mark.parametrize("text", ["", "<!-- mnist -->\n", "<!-- mnist -->\n<!-- end of mnist -->\n" * 2])
def test_a_page_without_one_place_for_a_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not one place"):
        report.rewritten(text, "mnist", {"machine": MACHINE, **CANNED["mnist"]})


def test_the_command_rewrites_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Mine\n\n<!-- start -->\nold\n<!-- end of start -->\nthe end\n")
    figures = tmp_path / "start.json"
    figures.write_text(json.dumps({"machine": MACHINE, **CANNED["start"]}))
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(sys, "argv", ["report", str(figures)])
    report.main()
    text = page.read_text()
    assert text.startswith("# Mine\n\n<!-- start -->\n| a process of |")
    assert text.endswith("<!-- end of start -->\nthe end\n") and "old" not in text
    figures.write_text("{")
    with pytest.raises(SystemExit) as ended:
        report.main()
    assert ended.value.code == 2 and "start.json" in capsys.readouterr().err
    assert page.read_text() == text


def test_layers_are_measured_once_each() -> None:
    cases = layers.sums(())
    assert len({case.key for case in cases}) == len(cases)
    assert {case.network for case in cases} == layers.SUMS.keys()
    named = {case.name: case for case in cases}
    assert named["lenet5 conv2"].words() == "128 x 6x14x14 -> 16x10x10, 5x5"
    assert "vgg16 stage5.conv1.2" not in named  # as stage5.conv1.1
    assert [case.name for case in layers.sums(["lenet5 conv"])] == ["lenet5 conv1", "lenet5 conv2"]
    assert {case.node.layer.kind for case in layers.over_memory(())} == set(layers.MEMORY_KINDS)


def test_the_first_layer_has_no_data_gradient() -> None:
    first, second = (EngineLayer(case) for case in layers.sums(["lenet5 conv"]))
    assert list(first.passes) == ["forward", "weight gradient"]
    assert list(second.passes) == ["forward", "data gradient", "weight gradient"]
    for which, run in second.passes.items():
        second.results[which][...] = np.nan
        run()
        assert not np.isnan(second.results[which]).any()


def test_the_bytes_a_pass_cannot_do_without() -> None:
    (pool,) = layers.over_memory(["alexnet maxpool3"])
    assert bytes_of(pool, "backward") == 4 * 32 * 256 * (13 * 13 + 6 * 6)
    (norm,) = layers.over_memory(["alexnet norm1"])
    assert bytes_of(norm, "forward") == 4 * 32 * 96 * 27 * 27 * 2
    assert bytes_of(norm, "backward") == 4 * 32 * 96 * 27 * 27 * 3
    add = next(case for case in layers.over_memory(["resnet20"]) if case.node.layer.kind == "add")
    assert bytes_of(add, "forward") == 4 * 128 * 16 * 32 * 32 * 3


def test_turns_are_taken_back_and_forth() -> None:
    calls: list[str] = []
    paces = take_turns({name: lambda name=name: calls.append(name) for name in "ab"}, 3)  # type: ignore[misc]
    assert calls == ["a", "b", "b", "a", "a", "b"]
    assert [len(pace.seconds) for pace in paces.values()] == [3, 3]


def test_the_race_on_mnist_takes_the_bundled_recipe() -> None:
    spec = read_architecture(find(mnist_recipe.NETWORK))
    settings = {name: read_setting(name, str(value)) for name, value in mnist_recipe.RECIPE.items()}
    assert read_recipe(spec, settings) == read_recipe(spec)
    training = spec.sections["training"]
    assert isinstance(training, Mapping) and set(settings) == set(training.values)
