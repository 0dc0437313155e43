"""Arrays that share a buffer: whatever lives at the same time lies apart, and not much is left empty."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cnncli.network.liveness import Span, place

MOMENTS = st.integers(0, 12)
SPANS = st.lists(
    st.builds(
        lambda size, one, other: Span(64 * size, min(one, other), max(one, other)), st.integers(1, 9), MOMENTS, MOMENTS
    ),
    max_size=14,
)


def most_at_once(spans: list[Span]) -> int:
    """Bytes that live at the fullest moment: no buffer can be smaller."""
    return max(
        (sum(span.size for span in spans if span.first <= moment <= span.last) for moment in range(13)), default=0
    )


@given(SPANS)
def test_what_lives_at_the_same_time_lies_apart(spans: list[Span]) -> None:
    begins, size = place(spans)
    for (one, begin), (other, other_begin) in combinations(zip(spans, begins, strict=True), 2):
        if one.first <= other.last and other.first <= one.last:
            assert begin + one.size <= other_begin or other_begin + other.size <= begin
    assert all(begin % 64 == 0 and begin + span.size <= size for span, begin in zip(spans, begins, strict=True))


@given(SPANS)
def test_the_buffer_is_no_smaller_than_the_fullest_moment_and_no_larger_than_all(spans: list[Span]) -> None:
    _, size = place(spans)
    assert most_at_once(spans) <= size <= sum(span.size for span in spans)


def test_a_chain_takes_turns() -> None:
    """Each array is read when the next is written: two places do for all."""
    spans = [Span(64, moment, moment + 1) for moment in range(9)]
    assert place(spans) == ([0, 64, 0, 64, 0, 64, 0, 64, 0], 128)


def test_of_equal_places_the_lowest_is_taken_and_a_gap_is_filled() -> None:
    assert place([Span(192, 0, 0), Span(128, 1, 2), Span(64, 0, 1), Span(64, 2, 2)]) == ([0, 0, 192, 128], 256)


def test_nothing_takes_nothing() -> None:
    assert place([]) == ([], 0)
