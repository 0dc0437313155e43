"""Along one axis, which input cells the taps of a kernel meet: forward, and backward per phase of the stride."""

from __future__ import annotations

from typing import NamedTuple


class Tap(NamedTuple):
    """A kernel row (or column) and how far from `position * in_step` the cell lies that it multiplies."""

    place: int
    offset: int


class Axis(NamedTuple):
    """`positions` of them: position p writes cell out_start + p * out_step, reads p * in_step + each offset."""

    kernel: int
    taps: tuple[Tap, ...]
    positions: int
    in_step: int
    out_start: int
    out_step: int

    @property
    def first(self) -> int:
        """The smallest offset."""
        return min((tap.offset for tap in self.taps), default=0)

    @property
    def extent(self) -> int:
        """How many cells one position's taps span."""
        return max((tap.offset for tap in self.taps), default=-1) - self.first + 1


def forward_axis(kernel: int, out_size: int, stride: int, padding: int, dilation: int) -> tuple[Axis, ...]:
    """Output cell p reads cells p S + i D - P."""
    taps = tuple(Tap(i, i * dilation - padding) for i in range(kernel))
    return (Axis(kernel, taps, out_size, stride, 0, 1),)


def gradient_axis(kernel: int, in_size: int, stride: int, padding: int, dilation: int) -> tuple[Axis, ...]:
    """Input cell r + p S reads output cells p + (r + P - i D) / S, for the taps where that is whole."""
    phases = []
    for residue in range(min(stride, in_size)):
        reach = [(i, residue + padding - i * dilation) for i in range(kernel)]
        taps = tuple(Tap(i, distance // stride) for i, distance in reach if distance % stride == 0)
        phases.append(Axis(kernel, taps, -(-(in_size - residue) // stride), 1, residue, stride))
    return tuple(phases)


def even_share(count: int, most: int) -> int:
    """The size of the parts when `count` is cut into as few nearly equal parts of at most `most` as can be."""
    parts = -(-count // most)
    return -(-count // parts)


class Span(NamedTuple):
    """What is copied along an axis: `cells` of them, `step` apart; one position is `stride` of them from the next."""

    cells: int
    step: int
    stride: int


def span(axis: Axis, positions: int) -> Span:
    """All cells from the first tap of so many positions to the last; with one tap, those that it meets."""
    if len(axis.taps) < 2:
        return Span(positions * len(axis.taps), axis.in_step, 1)
    return Span((positions - 1) * axis.in_step + axis.extent, 1, axis.in_step)
