"""A chart of values by epoch as SVG: axes with round numbers, lines that break where there is no number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cnncli.report.page.markup import Markup, joined, number, tag
from cnncli.training.summary import finite

Point = tuple[float, float | None]
Span = tuple[float, float]

WIDTH, HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 12, 12, 38
_MOST_POINTS = 500
_MOST_DOTS = 40
"""Points of a line that are few enough to be marked, each with its value for the mouse."""
_LARGEST, _SMALLEST = 1e30, 1e-30
"""What is larger is no number here, what is smaller is 0: no axis could tell."""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve through points (epoch, value or None), epochs rising. `style` is the page's class for it."""

    name: str
    points: Sequence[Point]
    style: str


def points(records: Iterable[Mapping[str, Any]], key: str) -> list[Point]:
    """A value by epoch from the lines of `metrics.jsonl`, thinned out where there are more than anyone could see."""
    found = [
        (epoch, _bounded(finite(record.get(key))))
        for record in records
        if (epoch := finite(record.get("epoch"))) is not None and abs(epoch) <= 1e9
    ]
    found.sort(key=lambda point: point[0])
    last = found[-1:]
    return [*found[:-1][:: len(found) // _MOST_POINTS + 1], *last]


def _bounded(value: float | None) -> float | None:
    if value is None or abs(value) > _LARGEST:
        return None
    return value if abs(value) >= _SMALLEST else 0.0


def chart(
    title: str, lines: Sequence[Line], label: Callable[[float, float], str], most: float, mark: int | None
) -> Markup | None:
    """The SVG; None where no line has a value. label: words for a value, given the step between values.

    most: the largest value there should be, so that the axis ends there; mark: an epoch to draw a line at.
    """
    known = [(x, y) for line in lines for x, y in line.points if y is not None]
    if not known:
        return None
    across = _span([x for x, _ in known], whole=True)
    values = [y for _, y in known]
    marks = ticks(_span(values), 5)
    if min(values) >= 0 and max(values) <= most:
        marks = [value for value in marks if -1e-9 <= value <= most + 1e-9]
    up = marks[0], marks[-1]
    step = marks[1] - marks[0]

    def place(x: float, y: float) -> Span:
        return (
            _LEFT + (x - across[0]) / (across[1] - across[0]) * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - (y - up[0]) / (up[1] - up[0]) * (HEIGHT - _TOP - _BOTTOM),
        )

    return tag(
        "svg",
        tag("title", title),
        *_values(marks, lambda y: place(across[0], y)[1], lambda y: label(y, step)),
        *_epochs(across, lambda x: place(x, up[0])[0]),
        *(_mark(place(mark, up[1])[0]) if mark is not None and across[0] <= mark <= across[1] else ()),
        *(_drawn(line, place, lambda y: label(y, step / 100)) for line in lines),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )


def _span(values: Sequence[float], whole: bool = False) -> Span:
    """From the smallest to the largest; some room around a single value."""
    low, high = min(values), max(values)
    if high - low > 1e-6 * max(abs(low), abs(high)):
        return low, high
    around = 0.5 if whole or not high else abs(high) / 2
    return low - around, high + around


def ticks(span: Span, about: int, smallest: float = 0.0) -> list[float]:
    """Round numbers at equal distances that hold the span between them. smallest: the least distance."""
    raw = (span[1] - span[0]) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = max(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999), smallest)
    first, last = math.floor(span[0] / step + 1e-9), math.ceil(span[1] / step - 1e-9)
    return [count * step for count in range(first, max(last, first + 1) + 1)]


def _values(marks: list[float], height: Callable[[float], float], label: Callable[[float], str]) -> Iterator[Markup]:
    for value in marks:
        y = height(value)
        yield tag("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_="rule")
        yield tag("text", label(value), x=_LEFT - 8, y=y + 4, text_anchor="end")


def _epochs(across: Span, left: Callable[[float], float]) -> Iterator[Markup]:
    for epoch in ticks(across, 6, smallest=1):
        if across[0] <= epoch <= across[1]:
            yield tag("text", f"{epoch:,.0f}", x=left(epoch), y=HEIGHT - _BOTTOM + 17, text_anchor="middle")
    yield tag("text", "epoch", x=(_LEFT + WIDTH - _RIGHT) / 2, y=HEIGHT - 5, text_anchor="middle", class_="axis")


def _mark(x: float) -> Iterator[Markup]:
    yield tag("line", x1=x, x2=x, y1=_TOP, y2=HEIGHT - _BOTTOM, class_="best")


def _drawn(line: Line, place: Callable[[float, float], Span], label: Callable[[float], str]) -> Markup:
    parts: list[Markup] = []
    dotted = len(line.points) <= _MOST_DOTS
    for is_there, run in groupby(line.points, lambda point: point[1] is not None):
        stretch = [(x, y, *place(x, y)) for x, y in run if y is not None] if is_there else []
        if len(stretch) > 1:
            path = "L".join(f"{number(left)} {number(top)}" for *_, left, top in stretch)
            parts.append(tag("path", d="M" + path))
        for x, y, left, top in stretch if dotted or len(stretch) == 1 else ():
            said = tag("title", f"epoch {x:,.0f}, {line.name}: {label(y)}")
            parts.append(tag("circle", said, cx=left, cy=top, r=2.8))
    return tag("g", joined(parts), class_=line.style)


def plain(value: float, step: float) -> str:
    """As many digits as the step has."""
    if abs(value) >= 1e5 or step < 1e-5:
        return f"{value:.3g}"
    return f"{value:,.{_digits(step)}f}"


def percent(value: float, step: float) -> str:
    """A share."""
    if abs(value) > 100:
        return f"{value:.3g}"
    return f"{value:.{_digits(step * 100)}%}"


def _digits(step: float) -> int:
    return min(max(0, -math.floor(math.log10(step) + 1e-9)), 6)
