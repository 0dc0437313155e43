"""Addition of several inputs of one shape: the shortcut of a residual network (He et al., 2015)."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncli import kernels
from cnncli.errors import MERGE_MISMATCH
from cnncli.layers._base import Array, Memory, Shape
from cnncli.layers._merge import Merge, listed
from cnncli.spec.problem import Problem


class Add(Merge, kind="add"):
    """y = x1 + x2 + ...; each input's gradient is dy."""

    example = "{type: add, from: [input, previous]}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("sum", "plus", "eltwise")
    backward_reads_input: ClassVar[bool] = False
    shares_gradient: ClassVar[bool] = True
    fuses_relu: ClassVar[bool] = True
    formulas: ClassVar[dict[str, str]] = {"output": "the inputs' shape, which is one and the same"}

    def output_shape(self, x: Any) -> Shape:
        if len(set(x)) > 1:
            hints = ("the layers of each branch must lead to one shape: look at strides, paddings and filters",)
            raise Problem(MERGE_MISMATCH, f"`add` takes inputs of one shape, not {listed(x)}", hints=hints)
        return tuple(x[0])

    def forward(self, memory: Memory, x: Any, y: Array) -> None:
        total = x[0]
        for number, other in enumerate(x[1:], 2):
            kernels.merge.add(total, other, y, memory.relu and number == len(x))
            total = y

    def backward(self, memory: Memory, x: Any, y: Array, dy: Array, dx: Any) -> None:
        wanted = [gradient for gradient in dx if gradient is not None]
        if memory.relu:  # dy itself is masked too: an input's gradient may be that very array
            kernels.merge.add_backward(y, dy, dy, wanted[0] if wanted else dy, True)
            wanted = wanted[1:]
        for number in range(0, len(wanted), 2):  # two at a time: dy is read half as often
            kernels.merge.add_backward(y, dy, wanted[number], wanted[min(number + 1, len(wanted) - 1)])
