"""Stochastic gradient descent with momentum.

Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Nesterov's form as in Sutskever et
al., "On the importance of initialization and momentum in deep learning", 2013.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.errors import BAD_VALUE
from cnncli.spec import values
from cnncli.spec.problem import Problem
from cnncli.training.choices import setting
from cnncli.training.optimizers._base import SHARE, Array, Handling, Optimizer


class SGD(Optimizer, type="sgd"):
    """v = momentum v + g; w -= rate v. Nesterov: w -= rate (g + momentum v)."""

    learning_rate: ClassVar[float] = 0.01

    momentum: float = setting(SHARE, "what is kept of the last step", 0.9)
    nesterov: bool = setting(values.boolean, "whether the step looks ahead along the momentum", False)

    def check(self) -> None:
        if self.nesterov and not self.momentum:
            raise Problem(BAD_VALUE, "`nesterov` looks ahead along the momentum, which is 0 here", "nesterov")

    @property
    def slots(self) -> int:
        return 1 if self.momentum else 0

    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        kernels.optimizers.sgd(weights, gradients, slots, handling, rate, self.momentum, self.nesterov)
