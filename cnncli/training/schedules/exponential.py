"""The learning rate falls by the same factor after every epoch."""

from __future__ import annotations

from cnncli.spec import values
from cnncli.training.choices import setting
from cnncli.training.schedules._base import Moment, Schedule, State


class Exponential(Schedule, type="exponential"):
    """decay^e after e epochs."""

    decay: float = setting(values.number_in(0, 1), "what it is multiplied by after each epoch", 0.95)

    def factor(self, moment: Moment, state: State) -> float:
        return float(self.decay**moment.epoch)
