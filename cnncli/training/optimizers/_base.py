"""What every optimizer is: settings, a number of slots, and an update."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from cnncli.spec import values
from cnncli.training.choices import Choice

if TYPE_CHECKING:
    import numpy as np

    from cnncli.kernels.optimizers_template import Handling as Handling

    Array = np.ndarray[Any, np.dtype[Any]]
else:
    Array = Handling = Any  # a spec is checked without numpy

SHARE = values.number_in(0, 1, high_included=False)
"""A number that says how much of the past is kept."""
SMALL = values.number_in(0, 1)
"""An epsilon."""


class Optimizer(Choice, ABC):
    """How the weights follow their gradients."""

    learning_rate: ClassVar[float] = 0.001
    """Where the recipe has none."""
    weight_decay: ClassVar[float] = 0.0
    """Where the recipe has none."""
    decoupled: ClassVar[bool] = False
    """Whether weight decay shrinks the weights, instead of being added to their gradients."""

    @property
    @abstractmethod
    def slots(self) -> int:
        """Vectors, each as long as the weights, that it remembers from step to step."""

    @property
    def start(self) -> float:
        """What the slots hold before the first step."""
        return 0.0

    @abstractmethod
    def update(
        self, weights: Array, gradients: Array, slots: Array, step: int, rate: float, handling: Handling
    ) -> None:
        """Overwrites weights [size] and slots [slots, size], float32; steps count from 1."""
