"""`padding: same` around a window with no middle cell."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.layers._axis import Axis
from cnncli.layers._window import SlidingWindow
from cnncli.rules.flow import once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    for node in once(subject, (node for node in subject.graph.nodes if _shifted(node))):
        axis, size = _shifted(node)[0]
        before, after = axis.padding_for(size)
        yield Finding(
            subject.origin(node),
            f"a window of {axis.effective_kernel} has no middle: `padding: same` puts {before} before, {after} after "
            f"the {axis.name}, and shifts it by half a cell",
            "padding",
            arithmetic=axis.arithmetic(size, str(axis.positions(size, "exact"))),
            hints=(f"kernel {axis.kernel - 1} or {axis.kernel + 1} has a middle cell",),
        )


def _shifted(node: Node) -> list[tuple[Axis, int]]:
    """The axes, and their sizes, where an odd number of cells is padded since the window's is even.

    Windows that do not overlap lie side by side from the first cell on: what they lack at the end shifts nothing.
    """
    layer = node.layer
    if not isinstance(layer, SlidingWindow):
        return []
    return [
        (axis, size)
        for axis, size in zip(layer.window_axes, node.input_shapes[0][1:], strict=True)
        if axis.padding is None
        and axis.effective_kernel % 2 == 0
        and axis.stride < axis.effective_kernel
        and sum(axis.padding_for(size)) % 2
    ]


RULE = Rule(
    fault=Fault("CNN503", "even-kernel-same", "warning"),
    what="`padding: same` with an even window pads one cell more after the image than before it.",
    why="A window of 4 cells has no middle one: its output stands for the place between two cells, and `same` puts it "
    "on the left one. Each such layer shifts the image by half a cell up and to the left, and where a shortcut goes "
    "around it, what is added no longer lies over what it is added to. P = (F - 1)/2 is whole for odd F only.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 4, padding: same}
""",
        """input: [3, 32, 31]
layers:
  - {type: maxpool, kernel: 2, stride: 1, padding: same}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: same}
""",
        """input: [3, 13, 32]
layers:
  - {type: conv, filters: 16, kernel: 2, dilation: 2, padding: same}
  - {type: maxpool, kernel: 2, padding: same}
""",
    ),
    check=_check,
    on_parts=True,
)
