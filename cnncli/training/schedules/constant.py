"""The learning rate stays as it is."""

from __future__ import annotations

from cnncli.training.schedules._base import Moment, Schedule, State


class Constant(Schedule, type="constant"):
    """1."""

    def factor(self, moment: Moment, state: State) -> float:
        return 1.0
