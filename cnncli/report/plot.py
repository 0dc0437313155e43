"""Curves in a terminal, drawn with Braille dots: eight of them in a cell, two wide and four high."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from rich.table import Table
from rich.text import Text

from cnncli.training.summary import finite

Point = tuple[float, float]

_BLANK = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a cell, by row and column (Unicode 15, chapter 21, "Braille Patterns")."""
_GAP = 2
_WIDEST = 76
"""Cells of one plot: a wider one is no easier to read."""
_MOST_POINTS = 1000


@dataclass(frozen=True, slots=True)
class Series:
    """A curve through points (x, y), x rising. `dotted` tells it apart where there are no colours."""

    name: str
    points: Sequence[Point]
    style: str
    dotted: bool = False


def curves(records: Iterable[Mapping[str, Any]], width: int, height: int) -> Table | None:
    """Loss beside accuracy by epoch, from the lines of `metrics.jsonl`: `height` rows of dots and 2 of words.

    None where there are fewer than two epochs to draw a line through, or no room.
    """
    lines = list(records)
    wide = min((width - _GAP) // 2, _WIDEST)
    if len(lines) < 2 or wide < 24 or height < 3:
        return None
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    plots = [
        plot(what, [
            Series("train", _points(lines, f"train_{what}"), "cyan", dotted=True),
            Series("validation", _points(lines, f"validation_{what}"), "yellow"),
        ], wide, height, label)
        for what, label in (("loss", "{:.3g}".format), ("accuracy", _percent))
    ]  # fmt: skip
    grid.add_row(*plots)
    return grid


def _points(records: list[Mapping[str, Any]], key: str) -> list[Point]:
    """What is a number among these, thinned out where there are more than anyone could see."""
    pairs = ((finite(record.get("epoch")), finite(record.get(key))) for record in records)
    points = [(x, y) for x, y in pairs if x is not None and y is not None]
    return points[:: len(points) // _MOST_POINTS + 1]


def _percent(share: float) -> str:
    return f"{share:.2%}" if abs(share) <= 1 else f"{share:.3g}"


def plot(title: str, series: Sequence[Series], width: int, height: int, label: Callable[[float], str]) -> Text:
    """`height` rows of dots, `width` cells wide with their labels; a line of names above and the range of x below."""
    drawn = [each for each in series if each.points]
    text = Text(no_wrap=True, overflow="crop")
    text.append(title, "bold")
    for each in drawn:
        text.append("  ").append("┄ " if each.dotted else "─ ", each.style).append(each.name, each.style)
    if not drawn:
        return text
    xs, ys = ([point[axis] for each in drawn for point in each.points] for axis in (0, 1))
    (left, right), (low, high) = (min(xs), max(xs)), (min(ys), max(ys))
    half = height // 2 / (height - 1)
    labels = {0: label(high), height // 2: label(high * (1 - half) + low * half), height - 1: label(low)}
    margin = max(map(len, labels.values()))
    canvas = _Canvas(width - margin - 1, height)
    for each in drawn:
        canvas.draw(each, (left, right), (low, high))
    for row, (cells, styles) in enumerate(zip(canvas.cells, canvas.styles, strict=True)):
        text.append(f"\n{labels.get(row, ''):>{margin}}", "dim").append("┤" if row in labels else "│", "dim")
        drawing = "".join(chr(_BLANK + cell) if cell else " " for cell in cells)
        for style, run in groupby(range(canvas.width), styles.__getitem__):
            columns = list(run)
            text.append(drawing[columns[0] : columns[-1] + 1], style)
    ends = f"{left:g}", f"{right:g}"
    middle = "epoch".center(max(canvas.width - sum(map(len, ends)), 0))
    text.append(f"\n{' ' * margin} {ends[0]}{middle}{ends[1]}", "dim")
    return text


class _Canvas:
    """Cells of dots, and the style of what was drawn into each last."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [[0] * width for _ in range(height)]
        self.styles = [[""] * width for _ in range(height)]

    def draw(self, series: Series, across: Point, up: Point) -> None:
        """Straight lines from point to point; `across` and `up` are the ranges that fill the canvas."""
        last = self.width * 2 - 1, self.height * 4 - 1
        places = [
            (_place(x, across, last[0]), last[1] - _place(y, up, last[1])) for x, y in series.points
        ]  # fmt: skip
        for number, (x, y) in enumerate(_walk(places)):
            if not (series.dotted and number % 3 == 2):
                self.cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
                self.styles[y // 4][x // 2] = series.style


def _place(value: float, span: Point, last: int) -> int:
    """0 to `last`; the middle where the range is a single value."""
    low, high = span
    # Halves, for the difference of two finite numbers may be infinite.
    share = (value / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
    return round(share * last)


def _walk(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Every dot on the way through all places, once in turn."""
    yield places[0]
    for (x, y), (to_x, to_y) in pairwise(places):
        steps = max(abs(to_x - x), abs(to_y - y))
        for step in range(1, steps + 1):
            yield x + round((to_x - x) * step / steps), y + round((to_y - y) * step / steps)
