"""Charts: whatever the values are, every place is in the view box, and axes are round and hold them."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.report.page.curves import Line, chart, percent, plain, points, ticks
from tests.report.pages import Page, coordinates

ANY = st.one_of(st.none(), st.floats(), st.integers(), st.booleans(), st.text(max_size=3))
EPOCHS = st.one_of(st.integers(-3, 2000), ANY)
RECORDS = st.lists(st.fixed_dictionaries({}, optional={"epoch": EPOCHS, "train_loss": ANY, "validation_loss": ANY}))


def drawn(records: list[dict[str, Any]], label: Any = plain, most: float = math.inf, mark: int | None = None) -> str:
    lines = [
        Line(name, points(records, f"{name}_loss"), style) for name, style in (("train", "a"), ("validation", "b"))
    ]
    return str(chart("loss", lines, label, most, mark) or "")


@given(RECORDS, st.sampled_from([plain, percent]), st.one_of(st.none(), st.integers()))
def test_every_place_is_finite_and_inside(records: list[dict[str, Any]], label: Any, mark: int | None) -> None:
    svg = drawn(records, label, 1.0, mark)
    if svg:
        Page(svg)
        assert len(coordinates(svg)) >= 4 and "nan" not in svg and "inf" not in svg
        assert max(map(len, re.findall(r"<text[^>]*>([^<]*)<", svg))) <= 13


@given(st.floats(-1e30, 1e30), st.floats(1e-12, 1e12), st.integers(1, 8))
def test_ticks_hold_the_span(low: float, size: float, about: int) -> None:
    high = low + size * max(abs(low), 1)
    marks = ticks((low, high), about)
    step = marks[1] - marks[0]
    assert marks[0] <= low + step * 1e-6 and marks[-1] >= high - step * 1e-6 and 2 <= len(marks) <= about + 3


def test_a_line_breaks_where_there_is_no_number() -> None:
    values = [5.0, 4.0, None, 3.0, math.nan, 2.0, 1.0]
    records = [{"epoch": epoch, "train_loss": value} for epoch, value in enumerate(values, 1)]
    svg = drawn(records)
    assert svg.count("<path") == 2 and svg.count("<circle") == 5
    assert re.findall(r"epoch (\d), train: ([\d.]+)<", svg) == [
        ("1", "5.00"), ("2", "4.00"), ("4", "3.00"), ("6", "2.00"), ("7", "1.00")
    ]  # fmt: skip


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e-40, -7.5, 1e29])
def test_one_epoch_and_the_same_value_again(value: float) -> None:
    for count in (1, 3):
        svg = drawn([{"epoch": epoch, "train_loss": value} for epoch in range(1, count + 1)])
        assert svg.count("<circle") == count and svg.count("<path") == (count > 1)
        tops = set(re.findall(r'cy="([\d.]+)"', svg))
        assert len(tops) == 1 and coordinates(svg)


def test_places_are_in_proportion() -> None:
    svg = drawn([{"epoch": epoch, "train_loss": epoch} for epoch in (1, 2, 4)])
    (x1, y1), (x2, y2), (x4, y4) = zip(
        *([float(number) for number in re.findall(rf'{name}="([\d.]+)"', svg)] for name in ("cx", "cy")), strict=True
    )
    assert x4 - x1 == pytest.approx(3 * (x2 - x1), abs=0.05) and y1 - y4 == pytest.approx(3 * (y1 - y2), abs=0.05)


def test_an_axis_of_shares_ends_at_all() -> None:
    records = [{"epoch": epoch, "train_loss": 1.0} for epoch in (1, 2)]
    assert "100%" in drawn(records, percent, 1.0) and "120%" not in drawn(records, percent, 1.0)


def test_the_mark_is_at_its_epoch() -> None:
    records = [{"epoch": epoch, "train_loss": epoch} for epoch in (1, 2, 3)]
    svg = drawn(records, mark=2)
    (at,) = re.findall(r'x1="([\d.]+)" x2="[\d.]+" y1="[\d.]+" y2="[\d.]+" class="best"', svg)
    assert f'cx="{at}"' in svg and 'class="best"' not in drawn(records, mark=9)


def test_many_epochs_are_thinned_and_the_last_stays() -> None:
    records = [{"epoch": epoch, "train_loss": 1 / epoch} for epoch in range(1, 100_001)]
    found = points(records, "train_loss")
    assert 400 < len(found) <= 502 and found[0][0] == 1 and found[-1][0] == 100_000
    svg = drawn(records)
    assert len(svg) < 15_000 and "<circle" not in svg
