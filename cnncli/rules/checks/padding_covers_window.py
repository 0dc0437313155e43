"""Windows of a convolution that hold padding alone."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.layers._axis import Axis
from cnncli.layers._convolution import ConvolutionLayer
from cnncli.rules.flow import once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    for node in once(subject, (node for node in subject.graph.nodes if _blind_axes(node))):
        axis, padding = _blind_axes(node)[0]
        cells = axis.effective_kernel
        usual = f", and {(cells - 1) // 2} is usual" if cells > 2 else ""
        yield Finding(
            subject.origin(node),
            f"padding {padding} for a window of {cells}: at the border of the {axis.name}, outputs see zeros alone",
            "padding",
            arithmetic=axis.dilation_in_words(),
            hints=(f"a window of {cells} takes padding {cells - 1} at most{usual}",),
        )


def _blind_axes(node: Node) -> list[tuple[Axis, int]]:
    """The axes where the first or the last window has no real cell, and the padding there."""
    layer = node.layer
    if not isinstance(layer, ConvolutionLayer):
        return []
    found: list[tuple[Axis, int]] = []
    axes = zip(layer.window_axes, node.input_shapes[0][1:], node.output_shape[1:], strict=True)
    for axis, size, positions in axes:
        before, after = axis.padding_for(size)
        if before >= axis.effective_kernel:
            found.append((axis, before))
        elif (positions - 1) * axis.stride >= before + size:
            found.append((axis, after))
    return found


RULE = Rule(
    fault=Fault("CNN507", "padding-covers-window", "warning"),
    what="A convolution is padded by as much as its window covers, or more.",
    why="The first and the last window then lie wholly in the padding: what they give is the bias, whatever the image "
    "is, at every place along the border. A frame of constants is carried through the network, and averaged into its "
    "features by a global pool.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 3}
""",
        """input: [64, 13, 13]
layers:
  - {type: conv, filters: 10, kernel: 1, padding: 1}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, dilation: 2, padding: 4}
""",
    ),
    check=_check,
    on_parts=True,
)
