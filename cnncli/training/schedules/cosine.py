"""Half a cosine, step by step, from the learning rate to nothing.

Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without restarts.
"""

from __future__ import annotations

import math

from cnncli.spec import values
from cnncli.training.choices import setting
from cnncli.training.schedules._base import Moment, Schedule, State


class Cosine(Schedule, type="cosine"):
    """end + (1 - end) (1 + cos(pi t)) / 2, where t is the share of all steps that are done."""

    end: float = setting(values.number_in(0, 1), "the last rate, as a share of the learning rate", 0.0)

    def factor(self, moment: Moment, state: State) -> float:
        share = min(1.0, moment.step / moment.total)
        return self.end + (1 - self.end) * 0.5 * (1 + math.cos(math.pi * share))
