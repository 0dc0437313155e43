"""RMSprop: each gradient over the root of a running mean of its square.

Tieleman & Hinton, "Lecture 6.5: RMSprop", 2012; centered as in Graves, "Generating sequences with recurrent neural
networks", 2013.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.spec import values
from cnncli.training.choices import setting
from cnncli.training.optimizers._base import SHARE, SMALL, Array, Handling, Optimizer


class RMSprop(Optimizer, type="rmsprop"):
    """v = alpha v + (1 - alpha) g^2; w -= rate g / (sqrt v + epsilon)."""

    learning_rate: ClassVar[float] = 0.01

    alpha: float = setting(SHARE, "what is kept of the mean square", 0.99)
    epsilon: float = setting(SMALL, "added to the root", 1e-8)
    momentum: float = setting(SHARE, "what is kept of the last step", 0.0)
    centered: bool = setting(values.boolean, "whether the square of the mean gradient is taken from v", False)

    @property
    def slots(self) -> int:
        return 1 + self.centered + (self.momentum > 0)

    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        numbers = rate, 1 - self.alpha, self.epsilon, self.momentum, self.centered
        kernels.optimizers.rmsprop(weights, gradients, slots, handling, *numbers)
