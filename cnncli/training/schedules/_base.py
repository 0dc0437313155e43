"""What every schedule is: a factor of the learning rate, told by where the training stands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from cnncli.training.choices import Choice

State = tuple[float, ...]
"""What a schedule remembers from epoch to epoch: plain numbers; none at first, and mostly none at all."""


class Moment(NamedTuple):
    """Where a training stands before a step: `step` steps are done, of `steps` in each of `epochs`."""

    step: int
    steps: int
    epochs: int

    @property
    def epoch(self) -> int:
        """Whole epochs that are done."""
        return self.step // self.steps

    @property
    def total(self) -> int:
        """Steps of the whole training."""
        return self.steps * self.epochs


class Schedule(Choice, ABC):
    """How the learning rate goes."""

    @abstractmethod
    def factor(self, moment: Moment, state: State) -> float:
        """What the learning rate is multiplied by in the next step."""

    def observed(self, state: State, loss: float) -> State:
        """What it remembers after one more epoch, in which the loss was this."""
        return state


def warm_up(moment: Moment, epochs: float) -> float:
    """A factor that rises linearly, step by step, to 1 within the first epochs (Goyal et al., 2017)."""
    steps = round(min(epochs * moment.steps, 2.0**53))
    return min(1.0, (moment.step + 1) / steps) if steps else 1.0
