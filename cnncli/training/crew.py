"""How many threads take the next step: all, or one, where all would only wait for each other.

Threads meet after every kernel, and where another program holds a core they meet late: LeNet-5's steps then take ten
times as long on two threads, and on one hardly longer than ever. No sum depends on the number of threads, so it may
change from step to step; now and then the other number is tried, for a small part of the time.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable

from cnncli import kernels

_TRIAL = 3
"""Steps."""
_REMEMBERED = 9
"""Steps that a trial is compared with."""
_PAUSE, _SHARE = 2.0, 0.02
"""Seconds between two trials at least, and the share of the time that they may take."""
_BETTER = 0.9
"""A trial that takes less than this of what steps have taken wins."""


class Crew:
    """Told when a step begins and ends, it sets the threads of the next: always all, unless it `tries` others.

    `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter, tries: bool = True) -> None:
        self.clock = clock
        self.tries = tries
        self._gather()

    def _gather(self) -> None:
        self.all = self.now = self.wanted = kernels.compile.threads()
        self.steps: deque[float] = deque(maxlen=_REMEMBERED)
        self.trial: list[float] | None = None
        self.began = self.next_trial = 0.0

    def begin(self) -> None:
        """A step of a whole batch begins."""
        if kernels.compile.threads() != self.now:  # somebody has set another number
            self._gather()
        self._set(self.wanted)
        self.began = self.clock()

    def end(self) -> None:
        """It is over."""
        if self.all == 1 or not self.tries:
            return
        now = self.clock()
        if self.trial is not None:
            self.trial.append(now - self.began)
            if len(self.trial) == _TRIAL:
                self._judge(self.trial, now)
            return
        self.steps.append(now - self.began)
        if len(self.steps) == _REMEMBERED and now >= self.next_trial:
            self.trial = []
            self.wanted = self._other()

    def leave(self) -> None:
        """What follows is no step: it has all threads."""
        if kernels.compile.threads() == self.now:
            self._set(self.all)

    def _judge(self, trial: list[float], now: float) -> None:
        step = statistics.median(trial)  # not their sum: a process may have been stopped for an hour within one
        self.next_trial = now + max(_PAUSE, _TRIAL * step / _SHARE)
        self.trial = None
        if step < _BETTER * statistics.median(self.steps):
            self.steps.clear()
        else:
            self.wanted = self._other()

    def _other(self) -> int:
        return 1 if self.wanted > 1 else self.all

    def _set(self, count: int) -> None:
        if count != self.now:
            self.now = kernels.compile.set_threads(count)
