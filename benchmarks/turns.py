"""Timing in turns: what is compared runs alternately, so that a busy or throttled machine slows all sides alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds per call, one figure per turn."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def fastest(self) -> float:
        return min(self.seconds)

    @property
    def slowest(self) -> float:
        return max(self.seconds)


def take_turns(
    contenders: Mapping[str, Callable[[], object]], turns: int, seconds: float = 0.0, settling_calls: int = 0
) -> dict[str, Pace]:
    """Each contender's pace by its name. Every second turn goes through them in reverse order.

    In its turn a contender is called for `seconds`, at least once, after `settling_calls` off the clock that
    bring its data back into the caches and wake its threads.
    """
    names = list(contenders)
    paces: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(turns):
        for name in reversed(names) if turn % 2 else names:
            contender = contenders[name]
            for _ in range(settling_calls):
                contender()
            paces[name].append(_seconds_per_call(contender, seconds))
    return {name: Pace(tuple(found)) for name, found in paces.items()}


def _seconds_per_call(contender: Callable[[], object], seconds: float) -> float:
    calls, elapsed, start = 0, 0.0, time.perf_counter()
    while not calls or elapsed < seconds:
        contender()
        calls += 1
        elapsed = time.perf_counter() - start
    return elapsed / calls
