"""Where the boxes of a drawn graph stand: in rows from top to bottom, branches side by side.

After Sugiyama, Tagawa & Toda (1981): a box's row is its longest path from the top, an edge past several rows has a
narrow place of its own in each, and rows are ordered by the mean of the neighbours, then moved as near to it as may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_PLACES = 4000
"""Boxes, and rows that edges run past: beyond, no one could follow the edges."""
_SWEEPS = 8
_LANE = 0.12
"""An edge's place in a row, in boxes."""
_BETWEEN = 0.16


@dataclass(frozen=True, slots=True)
class Layout:
    """In boxes from the left and in rows from the top. `edges`: the places each runs through, from box to box."""

    middles: tuple[float, ...]
    rows: tuple[int, ...]
    edges: tuple[tuple[tuple[float, int], ...], ...]
    width: float
    height: int


def lay_out(inputs: Sequence[Iterable[int]]) -> Layout | None:
    """inputs: for each box, the earlier ones that lead to it. None where there are too many places."""
    rows = _rows(inputs)
    routes, count = [], len(inputs)
    places = [*rows]
    for box, sources in enumerate(inputs):
        for source in sorted(set(sources)):
            between = range(rows[source] + 1, rows[box])
            if count + len(between) > MOST_PLACES:
                return None
            routes.append((source, *range(count, count + len(between)), box))
            places += between
            count += len(between)
    by_row: list[list[int]] = [[] for _ in range(max(rows) + 1)]
    for place, row in enumerate(places):
        by_row[row].append(place)
    half = [0.5 if place < len(inputs) else _LANE / 2 for place in range(count)]
    middles = _middles(by_row, routes, half)
    left = min(middle - wide for middle, wide in zip(middles, half, strict=True))
    right = max(middle + wide for middle, wide in zip(middles, half, strict=True))
    return Layout(
        tuple(middle - left for middle in middles[: len(inputs)]),
        tuple(rows),
        tuple(tuple((middles[place] - left, places[place]) for place in route) for route in routes),
        right - left,
        len(by_row),
    )


def _rows(inputs: Sequence[Iterable[int]]) -> list[int]:
    rows: list[int] = []
    for sources in inputs:
        rows.append(max((rows[source] + 1 for source in sources), default=0))
    return rows


def _middles(by_row: list[list[int]], routes: list[tuple[int, ...]], half: list[float]) -> list[float]:
    above: list[list[int]] = [[] for _ in half]
    below: list[list[int]] = [[] for _ in half]
    for route in routes:
        for upper, lower in pairwise(route):
            above[lower].append(upper)
            below[upper].append(lower)
    middles = [0.0] * len(half)
    for places in by_row:
        _stand_side_by_side(places, range(len(places)), middles, half)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for places in by_row if down else reversed(by_row):
            near = above if down else below
            wanted = [
                sum(middles[other] for other in near[place]) / len(near[place]) if near[place] else middles[place]
                for place in places
            ]
            if sweep < _SWEEPS // 2:
                order = sorted(range(len(places)), key=wanted.__getitem__)
                places[:], wanted = [places[number] for number in order], [wanted[number] for number in order]
            _stand_side_by_side(places, wanted, middles, half)
    return middles


def _stand_side_by_side(places: list[int], wanted: Sequence[float], middles: list[float], half: list[float]) -> None:
    """In this order, as near to where they are wanted as may be: least squares, by pooling neighbours that collide."""
    offsets, total = [], 0.0
    for number, place in enumerate(places):
        total += half[places[number - 1]] + half[place] + _BETWEEN if number else 0.0
        offsets.append(total)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] >= mean:
            other, others = pools.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        pools.append((mean, count))
    shifts = [mean for mean, count in pools for _ in range(count)]
    for place, shift, offset in zip(places, shifts, offsets, strict=True):
        middles[place] = shift + offset
