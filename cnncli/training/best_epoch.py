"""Which epoch's weights are the best so far, and when to wait no longer for better ones."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class BestEpoch:
    """All there is to remember: plain numbers, which a checkpoint can hold.

    value: the best value of what is monitored, None before the first; epoch: whose it is, 0 before the first;
    since: epochs seen after that one.
    """

    value: float | None = None
    epoch: int = 0
    since: int = 0

    def see(self, epoch: int, value: float, monitor: str) -> bool:
        """Whether this epoch is better than all before: of equals, the first is. NaN and infinity never are.

        monitor: `accuracy`, of which more is better, or `loss`, of which less is.
        """
        if not math.isfinite(value) or (self.value is not None and not _better(value, self.value, monitor)):
            self.since += 1
            return False
        self.value, self.epoch, self.since = value, epoch, 0
        return True

    def is_exhausted(self, patience: int) -> bool:
        """Whether `patience` epochs have gone by without a better one; never where it is 0."""
        return 0 < patience <= self.since


def _better(value: float, than: float, monitor: str) -> bool:
    return value > than if monitor == "accuracy" else value < than
