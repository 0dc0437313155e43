"""One cycle, step by step: up to the learning rate, then down to nearly nothing, each half a cosine.

Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018, as in
PyTorch's OneCycleLR; the momentum stays as it is.
"""

from __future__ import annotations

import math

from cnncli.spec import values
from cnncli.training.choices import setting
from cnncli.training.schedules._base import Moment, Schedule, State


class OneCycle(Schedule, type="one_cycle"):
    """From `first` to 1 in the first `rise` of the steps, then to `end`."""

    rise: float = setting(values.number_in(0, 1), "the share of the steps in which it rises", 0.3)
    first: float = setting(values.number_in(0, 1), "the first rate, as a share of the learning rate", 0.04)
    end: float = setting(values.number_in(0, 1), "the last rate, as a share of the learning rate", 4e-6)

    def factor(self, moment: Moment, state: State) -> float:
        last = moment.total - 1
        top, step = self.rise * moment.total - 1, min(moment.step, last)
        if step <= top:
            return _between(self.first, 1.0, step / top if top else 1.0)
        return _between(1.0, self.end, (step - top) / (last - top) if last > top else 1.0)


def _between(first: float, last: float, share: float) -> float:
    """Half a cosine from the first value to the last."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * share))
