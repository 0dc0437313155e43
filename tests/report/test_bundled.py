"""The list of bundled architectures at any width: numbers are whole, and columns make room for them."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from cnncli.report.bundled import HEADINGS, Bundled, as_json, as_markdown, bundled
from cnncli.report.bundled_table import bundled_table
from cnncli.spec.source import bundled_names

VGG = Bundled(
    "mobilenet_v3_large", "MobileNet V3, large, of a title so long that it is folded", (3, 224, 224), (1000,),
    138_357_544, 34_112, 15_470_264_320, 1_234, "Somebody, Somebody else and others: " + "a long title " * 9 + "2014",
)  # fmt: skip


def drawn(architectures: list[Bundled], width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False, emoji=False, markup=False)
    console.print(bundled_table(architectures, width))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 70, 80, 90, 100, 120, 160, 200, 300])
def test_lines_are_not_too_long_and_numbers_are_whole(width: int) -> None:
    lines = drawn([*bundled(), VGG], width)
    assert max(map(cell_len, lines)) <= width
    text = "\n".join(lines)
    assert "…" not in text
    for word in ("mobilenet_v3_large", "138,357,544", "15,470,264,320"):
        assert f"{word} " in f"{text} ", "neither cut nor folded"


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (60, ["name", "parameters", "MACs", "layers"]),
        (80, ["name", "input", "output", "parameters", "MACs", "layers"]),
        (90, ["name", "input", "output", "parameters", "buffers", "MACs", "layers"]),
        (120, list(HEADINGS)),
        (200, [*HEADINGS, "reference"]),
    ],
)
def test_a_narrow_terminal_goes_without_some_columns(width: int, headings: list[str]) -> None:
    assert drawn([VGG], width)[0].split() == headings


def test_the_bundled_ones_at_80_columns_show_all_counts() -> None:
    lines = drawn([replace(each, title="x" * 30) for each in bundled()], 80)
    assert {"name", "input", "parameters", "MACs", "layers"} <= set(lines[0].split())
    assert len(lines) == len(bundled_names()) + 2


def test_json_holds_everything() -> None:
    records = {record["name"]: record for record in json.loads(as_json(bundled()))}
    assert list(records) == list(bundled_names())
    lenet = records["lenet5"]
    assert lenet.pop("reference").startswith("LeCun, Bottou")
    assert lenet == {
        "name": "lenet5", "title": "LeNet-5", "input_shape": [1, 28, 28], "output_shape": [10],
        "parameters": 61_706, "buffers": 0, "macs": 416_520, "layers": 8,
    }  # fmt: skip


def test_markdown_is_a_table_of_all_but_the_reference() -> None:
    assert "| lenet5 | LeNet-5 | 1x28x28 | 10 | 61,706 | 0 | 416,520 | 8 |" in as_markdown(bundled()).splitlines()
