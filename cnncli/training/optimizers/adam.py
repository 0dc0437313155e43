"""Adam: a running mean of the gradient over the root of that of its square.

Kingma & Ba, "Adam: a method for stochastic optimization", 2015.
"""

from __future__ import annotations

import math

from cnncli import kernels
from cnncli.training.choices import setting
from cnncli.training.optimizers._base import SHARE, SMALL, Array, Handling, Optimizer


class Adam(Optimizer, type="adam"):
    """m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= rate m' / (sqrt v' + epsilon).

    m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t), for both begin with 0.
    """

    beta1: float = setting(SHARE, "what is kept of the mean gradient", 0.9)
    beta2: float = setting(SHARE, "what is kept of the mean square", 0.999)
    epsilon: float = setting(SMALL, "added to the root", 1e-8)

    @property
    def slots(self) -> int:
        return 2

    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        correction = 1 / math.sqrt(1 - self.beta2**step)
        numbers = rate / (1 - self.beta1**step), 1 - self.beta1, 1 - self.beta2, self.epsilon, correction
        kernels.optimizers.adam(weights, gradients, slots, handling, *numbers)
