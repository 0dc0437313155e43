"""Some of the channels: ShuffleNet V2's split (Ma et al., 2018), Res2Net's scales (Gao et al., 2019)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.errors import BAD_VALUE, WRONG_TYPE
from cnncli.layers._base import Array, Layer, Memory, Shape, option
from cnncli.spec import values
from cnncli.spec.nodes import Node
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, schema_of


@accepts({"type": "array", "items": schema_of(values.non_negative), "minItems": 2, "maxItems": 2})
def _range(node: Node) -> tuple[int, int]:
    """`[from, up to]`, the second not included."""
    ends = [values.non_negative(item) for item in values.items(node, "[from, up to], such as [0, 58],")]
    if len(ends) != 2 or ends[0] >= ends[1]:
        hints = ("[0, 58] are the first 58; [58, 116] the next",)
        raise Problem(WRONG_TYPE, f"{ends} is no range of channels", node, hints=hints)
    return ends[0], ends[1]


class Slice(Layer, kind="slice"):
    """y[c] = x[first + c]; the channels left out have no gradient from here."""

    example = "{type: slice, channels: [0, 2]}", (4, 3, 3)
    family: ClassVar[str] = "shape"
    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "[last - first, H, W]"}

    channels: tuple[int, int] = option(_range, "[first, last): the channels to keep, counted from 0, the last left out")

    def output_shape(self, x: Shape) -> Shape:
        first, last = self.channels
        if last > x[0]:
            raise Problem(
                BAD_VALUE,
                f"channels up to {last} are wanted, there are {x[0]}",
                "channels",
                hints=(f"[{min(first, x[0] - 1)}, {x[0]}] is possible",),
            )
        return (last - first, *x[1:])

    def does_nothing(self, x: Shape) -> bool:
        return self.channels == (0, x[0])

    def settings(self) -> str:
        return f"channels {self.channels[0]} to {self.channels[1]}"

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.merge.copy_channels(x, self.channels[0], y, 0, y.shape[1])

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            dx.fill(0)
            kernels.merge.copy_channels(dy, 0, dx, self.channels[0], dy.shape[1])
