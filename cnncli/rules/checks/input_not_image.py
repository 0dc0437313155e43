"""A network to be trained that takes no images."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping


def _check(subject: Subject) -> Iterator[Finding]:
    shape, record = subject.graph.input_shape, subject.spec.record
    if not subject.is_trained or len(shape) == 3 or not isinstance(record, Mapping):
        return
    hints = ["`input: [channels, height, width]`, and `- {type: flatten}` as the first layer"]
    side = math.isqrt(shape[0])
    if len(shape) == 2:
        hints = [f"`input: [{shape[0]}, 1, {shape[1]}]` is an image of one row, for `conv` and its like"]
    elif side * side == shape[0] and side > 1:
        hints = [f"`input: [1, {side}, {side}]`, and `- {{type: flatten}}` as the first layer"]
    yield Finding(
        record.values["input"],
        f"`train` learns from images, [channels, height, width]; the input is {list(shape)}",
        hints=tuple(hints),
    )


RULE = Rule(
    fault=Fault("CNN605", "input-not-image", "warning"),
    what="The spec says how to train the network, but its input is no image.",
    why="The data sets that `train` reads are of images, and it refuses a network that takes something else. A flat "
    "input is an image that has been flattened: say what its height and width are, and let `flatten` be the first "
    "layer, which costs nothing.",
    invalid=(
        """input: [784]
layers:
  - {type: dense, units: 10}
training: {epochs: 2}
""",
        """input: [2, 100]
layers:
  - {type: global_avgpool}
  - {type: flatten}
  - {type: dense, units: 10}
training: {epochs: 2}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {epochs: 2}
""",
        """input: [784]
layers:
  - {type: dense, units: 10}
""",
    ),
    check=_check,
)
