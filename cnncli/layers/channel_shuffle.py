"""Channel shuffle: one channel of each group in turn, so that the groups of the next convolution see all of them.

Zhang et al., "ShuffleNet: an extremely efficient convolutional neural network for mobile devices", 2018.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Layer, Memory, Shape, option
from cnncli.layers._groups import check_groups
from cnncli.layers._shapes import maps_shape
from cnncli.spec import values


class ChannelShuffle(Layer, kind="channel_shuffle"):
    """y[i G + g] = x[g C/G + i]: of an image's channels or a signal's."""

    example = "{type: channel_shuffle, groups: 2}", (6, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("shuffle",)
    family: ClassVar[str] = "shape"
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "the input's shape", "order": "channel g C/G + i becomes i G + g"}

    groups: int = option(values.positive, "G, the number of groups that are mixed")

    def output_shape(self, x: Shape) -> Shape:
        check_groups(self.groups, ("channels", maps_shape(self, x)[0]))
        return x

    def does_nothing(self, x: Shape) -> bool:
        return self.groups in (1, x[0])

    def settings(self) -> str:
        return f"groups {self.groups}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.shuffle.shuffle(x, y, self.groups)

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.shuffle.shuffle(dy, dx, x.shape[1] // self.groups)
