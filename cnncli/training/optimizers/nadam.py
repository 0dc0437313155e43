"""Nadam: Adam with Nesterov's momentum.

Dozat, "Incorporating Nesterov momentum into Adam", 2016.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import ClassVar

from cnncli import kernels
from cnncli.spec import values
from cnncli.training.choices import setting
from cnncli.training.optimizers._base import SHARE, SMALL, Array, Handling, Optimizer


class Nadam(Optimizer, type="nadam"):
    """As Adam, but the step takes the mean gradient as it will be, its momentum growing from beta1 / 2 to beta1."""

    learning_rate: ClassVar[float] = 0.002

    beta1: float = setting(SHARE, "what is kept of the mean gradient", 0.9)
    beta2: float = setting(SHARE, "what is kept of the mean square", 0.999)
    epsilon: float = setting(SMALL, "added to the root", 1e-8)
    momentum_decay: float = setting(values.number_in(0, math.inf), "how fast the momentum grows", 0.004)

    @property
    def slots(self) -> int:
        return 2

    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        now, then = _momentum(self, step), _momentum(self, step + 1)
        product = _product(self, step)
        of_gradient, of_mean = rate * (1 - now) / (1 - product), rate * then / (1 - product * then)
        correction = 1 / math.sqrt(1 - self.beta2**step)
        numbers = of_gradient, of_mean, 1 - self.beta1, 1 - self.beta2, self.epsilon, correction
        kernels.optimizers.nadam(weights, gradients, slots, handling, *numbers)


def _momentum(settings: Nadam, step: int) -> float:
    return float(settings.beta1 * (1 - 0.5 * 0.96 ** (step * settings.momentum_decay)))


@lru_cache(maxsize=16)
def _product(settings: Nadam, step: int) -> float:
    """Of all momenta up to this step; 0 once it is nothing beside 1."""
    product = 1.0
    for number in range(1, step + 1):
        product *= _momentum(settings, number)
        if product < 1e-17:
            return 0.0
    return product
