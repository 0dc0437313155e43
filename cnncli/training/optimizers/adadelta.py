"""Adadelta: each gradient over the root of its mean square, times that of the steps before.

Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.training.choices import setting
from cnncli.training.optimizers._base import SHARE, SMALL, Array, Handling, Optimizer


class Adadelta(Optimizer, type="adadelta"):
    """v = rho v + (1 - rho) g^2; d = g sqrt(u + epsilon) / sqrt(v + epsilon); u likewise of d^2; w -= rate d."""

    learning_rate: ClassVar[float] = 1.0

    rho: float = setting(SHARE, "what is kept of the mean squares", 0.9)
    epsilon: float = setting(SMALL, "added to the squares", 1e-6)

    @property
    def slots(self) -> int:
        return 2

    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        kernels.optimizers.adadelta(weights, gradients, slots, handling, rate, 1 - self.rho, self.epsilon)
