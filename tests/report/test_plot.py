"""Curves of Braille dots: where they run, how wide they are, and what does not break them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cnncli.report.plot import Series, curves, plot

VALUES = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30)


def lines_of(ys: list[float], width: int = 40, height: int = 6, dotted: bool = False) -> list[str]:
    series = Series("it", list(enumerate(ys, 1)), "", dotted)
    return plot("loss", [series], width, height, "{:.3g}".format).plain.split("\n")


def dots(lines: list[str]) -> set[tuple[int, int]]:
    """(column, row) of every dot, counted from the left and from the bottom."""
    order = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
    rows = [line[max(line.find("┤"), line.find("│")) + 1 :] for line in lines[1:-1]]
    return {
        (2 * column + x, 4 * len(rows) - 1 - (4 * row + y))
        for row, line in enumerate(rows)
        for column, cell in enumerate(line)
        for bit, (x, y) in enumerate(order)
        if cell != " " and (ord(cell) - 0x2800) >> bit & 1
    }


def test_a_line_runs_from_corner_to_corner() -> None:
    lines = lines_of([0.0, 1.0])
    found = dots(lines)
    right = max(x for x, _ in found)
    assert {(0, 0), (right, 23)} <= found and right == 2 * (40 - 2 - len("0.6")) + 1 - 2 + 2
    assert all(abs(y - x * 23 / right) <= 0.5 for x, y in found)
    assert lines[0] == "loss  ─ it" and lines[1].startswith("  1┤") and lines[-2].startswith("  0┤")
    assert lines[-1].split() == ["1", "epoch", "2"]


def test_a_corner_is_where_the_value_is() -> None:
    found = dots(lines_of([0.0, 4.0, 0.0, 0.0, 4.0]))
    right = max(x for x, _ in found)
    assert (round(right / 4), 23) in found and (round(right / 2), 0) in found
    assert not any(y for x, y in found if right * 0.52 < x < right * 0.73)


def test_a_dotted_line_is_a_part_of_the_whole() -> None:
    whole, dotted = (dots(lines_of([0.0, 3.0, 1.0], dotted=dotted)) for dotted in (False, True))
    assert dotted < whole and len(dotted) > len(whole) / 2


@given(VALUES, st.integers(24, 90), st.integers(3, 15))
def test_it_keeps_to_its_size(ys: list[float], width: int, height: int) -> None:
    lines = lines_of(ys, width, height)
    assert len(lines) == height + 2
    assert all(cell_len(line) <= width for line in lines[1:])
    assert dots(lines)


@pytest.mark.parametrize("width", [80, 200])
def test_loss_and_accuracy_stand_side_by_side(width: int) -> None:
    records = [{"epoch": epoch, "train_loss": 1 / epoch, "train_accuracy": 0.5,
                "validation_loss": 2 / epoch, "validation_accuracy": 0.4} for epoch in (1, 2, 3)]  # fmt: skip
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(curves(records, width, 8))
    console.file.close()
    lines = console.export_text().split("\n")
    assert lines[0].split() == ["loss", "┄", "train", "─", "validation", "accuracy", "┄", "train", "─", "validation"]
    assert len([line for line in lines if line.strip()]) == 10
    assert "50.00%" in lines[1] and "40.00%" in lines[8]


def test_there_is_none_without_two_epochs_or_room() -> None:
    records = [{"epoch": epoch, "train_loss": 1.0, "train_accuracy": 0.5} for epoch in (1, 2)]
    assert curves(records, 80, 8) is not None
    assert curves(records[:1], 80, 8) is None
    assert curves(records, 40, 8) is None
    assert curves(records, 80, 2) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, None, "x", [], True, 10**400])
def test_what_is_no_number_is_not_drawn(value: object) -> None:
    records = [{"epoch": epoch, "train_loss": 1.0, "train_accuracy": value} for epoch in (1, 2)]
    table = curves([*records, {"epoch": value}, {}], 80, 8)
    cells = [str(cell) for column in table.columns for cell in column.cells]
    assert cells[0].startswith("loss  ┄ train\n") and cells[1] == "accuracy"


def test_absurd_values_and_many_of_them_keep_to_the_size() -> None:
    records = [{"epoch": -epoch, "train_loss": 1e308 * (-1) ** epoch, "train_accuracy": 1e308 * (-1) ** epoch}
               for epoch in range(20_000)]  # fmt: skip
    table = curves(records, 80, 8)
    cells = [str(cell) for column in table.columns for cell in column.cells]
    assert all(cell_len(line) <= 39 for cell in cells for line in cell.split("\n"))
