"""Adam with decoupled weight decay: the weights shrink by themselves, whatever their gradients.

Loshchilov & Hutter, "Decoupled weight decay regularization", 2019.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli.training.optimizers.adam import Adam


class AdamW(Adam, type="adamw"):
    """w -= rate weight_decay w; then as Adam, whose gradient has no part of the decay."""

    weight_decay: ClassVar[float] = 0.01
    decoupled: ClassVar[bool] = True
