"""Rows and columns at the end of an image that no window reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.layers._axis import Axis
from cnncli.layers._window import SlidingWindow
from cnncli.rules.flow import once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of an axis of `size` cells when no further window fits: `unseen` real cells."""

    axis: Axis
    size: int
    unseen: int

    @property
    def words(self) -> str:
        return f"{self.unseen} of {self.size} {CELLS[self.axis.name]}"

    @property
    def arithmetic(self) -> tuple[str, ...]:
        axis, (_, after) = self.axis, self.axis.padding_for(self.size)
        positions, rest = axis.positions(self.size, "floor"), self.unseen + after
        lines = axis.arithmetic(self.size, f"{positions}, remainder {rest}")
        return (*lines, f"{rest} - {after} of padding = {self.unseen}") if after else lines


CELLS = {"height": "rows", "width": "columns"}


def _check(subject: Subject) -> Iterator[Finding]:
    for node in once(subject, (node for node in subject.graph.nodes if _rests(node))):
        rests = _rests(node)
        arithmetic = dict.fromkeys(line for rest in rests for line in rest.arithmetic)
        fitting = {_ways_out(rest.axis, rest.size): rest.axis.name for rest in reversed(rests)}
        ways = [f"fits: {ways}" if len(fitting) == 1 else f"fits the {name}: {ways}" for ways, name in fitting.items()]
        yield Finding(
            subject.origin(node),
            f"`{node.layer.kind}` never sees the last {' and '.join(rest.words for rest in rests)}",
            "rounding",
            arithmetic=tuple(arithmetic),
            hints=(*reversed(ways), "or `rounding: ceil`: one window more, over the edge"),
        )


@lru_cache(maxsize=64)
def _ways_out(axis: Axis, size: int) -> str:
    return "; ".join(axis.fitting(size, "exact"))


def _rests(node: Node) -> list[_Rest]:
    layer = node.layer
    if not isinstance(layer, SlidingWindow) or layer.rounding != "floor":
        return []
    found: list[_Rest] = []
    for axis, size in zip(layer.window_axes, node.input_shapes[0][1:], strict=True):
        if axis.padding is None or axis.stride > axis.effective_kernel:
            continue  # where strides skip cells, the last ones are no exception
        before, after = axis.padding
        unseen = (size - axis.effective_kernel + before + after) % axis.stride - after
        if unseen > 0:
            found.append(_Rest(axis, size, unseen))
    return found


RULE = Rule(
    fault=Fault("CNN501", "cells-unseen", "note"),
    what="Under `rounding: floor`, the last rows or columns of an image are in no window.",
    why="(W - F + 2P)/S + 1 is no whole number, and is rounded down: the last window ends before the image does. What "
    "is left over never has an effect, and the network is blind on that side. Padding that is left over is no loss.",
    invalid=(
        """input: [16, 13, 13]
layers:
  - {type: maxpool, kernel: 2, rounding: floor}
""",
        """input: [3, 224, 100]
defaults: {rounding: floor}
layers:
  - {type: conv, filters: 96, kernel: 11, stride: 4, padding: [1, 0]}
""",
    ),
    valid=(
        """input: [16, 13, 13]
layers:
  - {type: maxpool, kernel: 2, rounding: ceil}
""",
        """input: [3, 224, 224]
layers:
  - {type: conv, filters: 64, kernel: 7, stride: 2, padding: 3, rounding: floor}
""",
        """input: [64, 56, 56]
layers:
  - {type: conv, filters: 128, kernel: 1, stride: 2, rounding: floor}
""",
    ),
    check=_check,
    on_parts=True,
)
