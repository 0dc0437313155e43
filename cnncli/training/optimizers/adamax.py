"""Adamax: Adam with the largest of the past gradients in place of the root of their mean square.

Kingma & Ba, "Adam: a method for stochastic optimization", 2015, section 7.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.training.choices import setting
from cnncli.training.optimizers._base import SHARE, SMALL, Array, Handling, Optimizer


class Adamax(Optimizer, type="adamax"):
    """m = beta1 m + (1 - beta1) g; u = max(beta2 u, |g| + epsilon); w -= rate m / (1 - beta1^t) / u."""

    learning_rate: ClassVar[float] = 0.002

    beta1: float = setting(SHARE, "what is kept of the mean gradient", 0.9)
    beta2: float = setting(SHARE, "what is kept of the largest gradient", 0.999)
    epsilon: float = setting(SMALL, "added to a gradient's size", 1e-8)

    @property
    def slots(self) -> int:
        return 2

    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        numbers = rate / (1 - self.beta1**step), 1 - self.beta1, self.beta2, self.epsilon
        kernels.optimizers.adamax(weights, gradients, slots, handling, *numbers)
