"""A stride that is larger than the window."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.layers._axis import Axis
from cnncli.layers._window import SlidingWindow
from cnncli.rules.flow import once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    for node in once(subject, (node for node in subject.graph.nodes if _skipping(node))):
        axis = _skipping(node)[0]
        seen = _seen(axis)
        dilated = f" at distance {axis.dilation}" if axis.dilation > 1 else ""
        yield Finding(
            subject.origin(node),
            f"stride {axis.stride} skips {axis.stride - seen} of every {axis.stride} cells along the {axis.name}: "
            f"the window looks at {axis.kernel}{dilated}",
            "stride",
            hints=(f"a window of {axis.stride} or more without dilation, or a smaller stride, leaves nothing out",),
        )


def _skipping(node: Node) -> list[Axis]:
    """The axes along which cells lie between one window and the next. A window of one cell is a choice of cells."""
    layer = node.layer
    if not isinstance(layer, SlidingWindow):
        return []
    axes = zip(layer.window_axes, node.output_shape[1:], strict=True)
    return [axis for axis, out in axes if out > 1 and axis.kernel > 1 and _seen(axis) < axis.stride]


def _seen(axis: Axis) -> int:
    """How many of S neighbouring cells some window looks at: D i mod S takes as many values, i from 0 to F - 1."""
    return min(axis.kernel, axis.stride // math.gcd(axis.dilation, axis.stride))


RULE = Rule(
    fault=Fault("CNN502", "stride-skips-cells", "warning"),
    what="The stride is larger than the window, so that cells between the windows are never seen.",
    why="A window of 3 that moves by 4 leaves out every fourth row and column: no output depends on them, and a thin "
    "line that lies there is lost. A 1x1 window with a stride is another thing: the shortcuts of residual networks "
    "choose every second cell on purpose (He et al., 2015). The holes of a dilated window are filled by its neighbours "
    "only where stride and dilation have no common factor: with 2 and 2 every second cell is never seen.",
    invalid=(
        """input: [3, 31, 31]
layers:
  - {type: conv, filters: 16, kernel: 3, stride: 4}
""",
        """input: [3, 32, 20]
layers:
  - {type: maxpool, kernel: [2, 2], stride: [2, 3]}
""",
    ),
    valid=(
        """input: [3, 31, 31]
layers:
  - {type: conv, filters: 16, kernel: 3, stride: 2}
""",
        """input: [3, 31, 31]
layers:
  - {type: conv, filters: 16, kernel: 1, stride: 2}
  - {type: conv, filters: 16, kernel: 4, dilation: 3, stride: 2}
""",
    ),
    check=_check,
    on_parts=True,
)
