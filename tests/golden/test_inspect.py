"""What `inspect` prints for the bundled architectures, and that its numbers agree with one another."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from cnncli.graph import read_architecture
from cnncli.report.inspection import as_json
from cnncli.spec.source import bundled_names, find
from tests.command import PACKAGE_ROOT, run
from tests.golden.golden import compare
from tests.report.test_table import drawn

HERE = Path(__file__).parent / "inspect"
FORMATS = ["table-80", "table-200", "csv", "markdown", "json"]
ENDINGS = {"csv": "csv", "markdown": "md", "json": "json"}
SHOWN = ("digits_viewer", "kaggle_lenet", "keras_cifar10", "keras_mlp", "lenet5_1998", "tensorflow_mnist",
         "alexnet", "googlenet", "resnet18")  # fmt: skip
CASES = [("lenet5", how) for how in FORMATS] + [(name, "table-80") for name in SHOWN]


def golden_file(name: str, how: str) -> Path:
    return HERE / f"{name}.{ENDINGS.get(how, how.removeprefix('table-') + '.txt')}"


@pytest.mark.parametrize(("name", "how"), CASES)
def test_output(name: str, how: str, request: pytest.FixtureRequest) -> None:
    kind, _, columns = how.partition("-")
    result = run("inspect", name, "--format", kind, COLUMNS=columns or "80")
    assert result.code == 0 and not re.search(r": (error|warning)\[", result.stderr)
    compare(result.stdout.replace(f"{PACKAGE_ROOT}{os.sep}", ""), golden_file(name, how), request)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def table_totals(text: str) -> dict[str, int]:
    """The lines beneath the table that hold a plain count."""
    found = re.findall(r"^(parameters|buffers|MACs) +([\d,]+)  ", text, re.MULTILINE)
    return {what.lower(): number(count) for what, count in found}


def table_rows(text: str) -> list[tuple[str, int, int]]:
    """(output, parameters, MACs) of each layer."""
    rows = re.findall(r"^ *\d+  .*? ([\dx]+) +([\d,]+) +([\d,]+)$", text, re.MULTILINE)
    return [(output, number(parameters), number(macs)) for output, parameters, macs in rows]


@pytest.mark.parametrize("name", bundled_names())
def test_the_table_agrees_with_the_json_and_adds_up(name: str) -> None:
    spec = read_architecture(find(name))
    text, document = drawn(spec, 80), json.loads(as_json(spec))
    rows, layers, totals = table_rows(text), document["layers"], document["totals"]
    assert rows == [("x".join(map(str, layer["output_shape"])), layer["parameters"], layer["macs"]) for layer in layers]
    printed = table_totals(text)
    assert printed == {key: totals[key] for key in ("parameters", "buffers", "macs")}
    assert printed["parameters"] == sum(parameters for _, parameters, _ in rows)
    assert printed["macs"] == sum(macs for *_, macs in rows)


@pytest.mark.parametrize("how", FORMATS)
def test_lenet5_has_61706_parameters_in_every_format(how: str) -> None:
    text = golden_file("lenet5", how).read_text(encoding="utf-8")
    if how == "csv":
        assert sum(int(row["parameters"]) for row in csv.DictReader(text.splitlines())) == 61_706
    elif how == "json":
        document = json.loads(text)
        assert document["totals"]["parameters"] == sum(layer["parameters"] for layer in document["layers"]) == 61_706
        assert document["totals"]["macs"] == sum(layer["macs"] for layer in document["layers"]) == 416_520
    elif how == "markdown":
        cells = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
        assert sum(number(row[4]) for row in cells) == 61_706
        assert "Parameters 61,706, buffers 0, MACs 416,520." in text
    else:
        assert table_totals(text) == {"parameters": 61_706, "buffers": 0, "macs": 416_520}


@pytest.mark.parametrize("name", bundled_names())
def test_no_line_is_wider_than_80_cells(name: str) -> None:
    lines = drawn(read_architecture(find(name)), 80).splitlines()
    assert max(map(cell_len, lines)) <= 80


def test_every_golden_file_is_of_a_case() -> None:
    assert {path.name for path in HERE.iterdir()} == {golden_file(*case).name for case in CASES}
