"""The learning rate falls when the loss has not fallen for some epochs: the validation's loss, if there is one."""

from __future__ import annotations

import math

from cnncli.spec import values
from cnncli.training.choices import setting
from cnncli.training.schedules._base import Moment, Schedule, State


class Plateau(Schedule, type="plateau"):
    """As PyTorch's ReduceLROnPlateau. It remembers the factor, the best loss, and the epochs since that."""

    decay: float = setting(values.number_in(0, 1), "what it is multiplied by each time", 0.1)
    patience: int = setting(values.non_negative, "epochs without a better loss that are let pass", 10)
    threshold: float = setting(values.number_in(0, 1), "the share by which a better loss is lower", 1e-4)

    def factor(self, moment: Moment, state: State) -> float:
        return state[0] if state else 1.0

    def observed(self, state: State, loss: float) -> State:
        factor, best, waited = state or (1.0, math.inf, 0.0)
        if loss < best * (1 - self.threshold):
            return factor, loss, 0.0
        if waited < self.patience:
            return factor, best, waited + 1
        return factor * self.decay, best, 0.0
