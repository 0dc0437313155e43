"""Adagrad: each gradient over the root of the sum of its squares.

Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli import kernels
from cnncli.spec import values
from cnncli.training.choices import setting
from cnncli.training.optimizers._base import SMALL, Array, Handling, Optimizer


class Adagrad(Optimizer, type="adagrad"):
    """s += g^2; w -= rate g / (sqrt s + epsilon)."""

    learning_rate: ClassVar[float] = 0.01

    initial: float = setting(values.number_in(0, math.inf), "what the sum begins with; Keras's is 0.1", 0.0)
    epsilon: float = setting(SMALL, "added to the root", 1e-10)

    @property
    def slots(self) -> int:
        return 1

    @property
    def start(self) -> float:
        return self.initial

    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        kernels.optimizers.adagrad(weights, gradients, slots, handling, rate, self.epsilon)
