"""Group normalisation: the channels of each image in groups, each by its own mean and variance.

Wu & He, "Group normalization", 2018. Nothing depends on the batch.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli.layers._base import Shape, option
from cnncli.layers._groups import check_groups
from cnncli.layers._norm import RunNorm
from cnncli.spec import values


class GroupNorm(RunNorm, kind="groupnorm"):
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, over the C/G channels of a group of one image."""

    example = "{type: groupnorm, groups: 2}", (4, 5, 3)
    also_called: ClassVar[tuple[str, ...]] = ("gn", "group_normalization")
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "value": "w (x - mean) / sqrt(variance + epsilon) + b, mean and variance (biased) over the (C / G) H W "
        "numbers of a group",
        "parameters": "2 C: weight and bias of each channel; 0 without affine",
    }

    groups: int = option(values.positive, "G: the channels are split into G parts, each normalised by itself")

    def output_shape(self, x: Shape) -> Shape:
        check_groups(self.groups, ("channels", x[0]))
        self.check_more_than_one(math.prod(x) // self.groups, x, "groups", "use fewer groups")
        return x

    def settings(self) -> str:
        return ", ".join(filter(None, (f"groups {self.groups}", super().settings())))

    def runs(self, x: Shape) -> int:
        return self.groups
