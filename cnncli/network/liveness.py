"""Where arrays lie in one buffer: two that are never in use at the same time may share its bytes.

Greedy, the largest first, each at the lowest place that is free while it lives (Pisarchyk & Lee, "Efficient memory
management for deep neural net inference", 2020).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """An array's bytes, and the first and the last moment at which it is written or read."""

    size: int
    first: int
    last: int


def place(spans: Sequence[Span]) -> tuple[list[int], int]:
    """(where each begins, the buffer's size), in bytes. Where all sizes are multiples of a number, all places are."""
    begins = [0] * len(spans)
    placed: list[tuple[int, int, int, int]] = []  # (begin, end, first, last), the lowest first
    for number in sorted(range(len(spans)), key=lambda each: (-spans[each].size, spans[each].first)):
        span, begin = spans[number], 0
        for other_begin, other_end, first, last in placed:
            if other_begin >= begin + span.size:
                break
            if other_end > begin and first <= span.last and span.first <= last:
                begin = other_end
        begins[number] = begin
        insort(placed, (begin, begin + span.size, span.first, span.last))
    return begins, max((end for _, end, _, _ in placed), default=0)
