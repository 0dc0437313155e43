"""Global max pooling: each feature map becomes its largest number (Oquab et al., "Is object localization for free?",
2015)."""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._adaptive import MaximumOfBins
from cnncli.layers._base import Shape, Sight
from cnncli.layers._shapes import maps_shape


class GlobalMaxPool(MaximumOfBins, kind="global_maxpool"):
    """[C, H, W] -> [C, 1, 1], or [C, W] -> [C, 1]; the gradient goes to the cell that won (the first, on a tie)."""

    example = "{type: global_maxpool}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("global_max_pool", "global_max_pooling")
    family: ClassVar[str] = "pooling"
    formulas: ClassVar[dict[str, str]] = {"output": "[C, 1, 1], of a signal [C, 1]"}

    def output_shape(self, x: Shape) -> Shape:
        channels, *sizes = maps_shape(self, x)
        return channels, *(1 for _ in sizes)

    def sight(self, x: Shape) -> tuple[Sight, ...]:
        return tuple(Sight(size - 1, size) for size in x[1:])
