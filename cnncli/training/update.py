"""A step of the weights, and all that is remembered from one to the next: plain arrays and numbers."""

from __future__ import annotations

import numpy as np

from cnncli import kernels
from cnncli.network.parameters import Parameters
from cnncli.training.recipe import Recipe

_NORM_AT_LEAST = 1e-6  # as PyTorch adds it to a norm before it divides by it


class Update:
    """A recipe's updates of one network's parameters.

    `slots`, float32 [slots, size], is what the optimizer remembers; `average` holds the moving averages of weights and
    buffers, None where the recipe has none.
    """

    def __init__(self, recipe: Recipe, parameters: Parameters) -> None:
        self.recipe = recipe
        self.parameters = parameters
        self.slots = kernels.memory.empty((recipe.optimizer.slots, parameters.flat.size))
        self.slots.fill(recipe.optimizer.start)
        self.average = parameters.copy() if recipe.ema else None

    def step(self, number: int, learning_rate: float) -> None:
        """Moves the weights by their gradients, and the averages towards them. Steps count from 1."""
        parameters, optimizer = self.parameters, self.recipe.optimizer
        handling = self._handling(learning_rate)
        optimizer.update(parameters.flat, parameters.gradients, self.slots, number, learning_rate, handling)
        if self.average is not None:
            # At first the mean is over as many steps as there are: the weights of the start count for little.
            share = max(1 - self.recipe.ema, 9 / (9 + number))
            none = np.zeros((0, 0), np.float32)
            for mean, now in ((self.average.flat, parameters.flat), (self.average.buffers, parameters.buffers)):
                kernels.optimizers.average(mean, now, none, kernels.optimizers.Handling(), share)

    def _handling(self, learning_rate: float) -> kernels.optimizers.Handling:
        recipe = self.recipe
        scale = 1.0
        if recipe.clip_norm:
            norm = kernels.optimizers.norm(self.parameters.gradients)
            scale = recipe.clip_norm / max(norm + _NORM_AT_LEAST, recipe.clip_norm)
        limit = recipe.clip_value or np.inf
        if recipe.optimizer.decoupled:
            return kernels.optimizers.Handling(scale, limit, shrink=1 - learning_rate * recipe.weight_decay)
        return kernels.optimizers.Handling(scale, limit, decay=recipe.weight_decay)


def rehearse(recipe: Recipe) -> None:
    """Runs every kernel that a step takes besides the network's, on a single number of its own."""
    number, slots = np.zeros(1, np.float32), np.ones((recipe.optimizer.slots, 1), np.float32)
    recipe.optimizer.update(number.copy(), number, slots, 1, 0.0, kernels.optimizers.Handling())
    if recipe.clip_norm:
        kernels.optimizers.norm(number)
    if recipe.ema:
        kernels.optimizers.average(number.copy(), number, slots[:0], kernels.optimizers.Handling(), 0.0)
