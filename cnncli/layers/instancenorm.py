"""Instance normalisation: each channel of each image by its own mean and variance.

Ulyanov, Vedaldi & Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016. As in
PyTorch it has no weight and bias unless asked for, and keeps no running statistics.
"""

from __future__ import annotations

import math
from typing import ClassVar

from cnncli.layers._base import Shape, option
from cnncli.layers._norm import RunNorm
from cnncli.spec import values


class InstanceNorm(RunNorm, kind="instancenorm"):
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, over the places of one channel of one image."""

    example = "{type: instancenorm}", (4, 5, 3)
    also_called: ClassVar[tuple[str, ...]] = ("instance_normalization",)
    drops_means: ClassVar[bool] = True
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "value": "w (x - mean) / sqrt(variance + epsilon) + b, mean and variance (biased) over the H W numbers of a "
        "channel",
        "parameters": "0; with affine 2 C: weight and bias of each channel",
    }

    affine: bool = option(values.boolean, "whether a weight (1 at first) and a bias (0) follow", False)

    def output_shape(self, x: Shape) -> Shape:
        self.check_more_than_one(math.prod(x[1:]), x, None, "move it to where a channel has more than one number")
        return x

    def runs(self, x: Shape) -> int:
        return x[0]
