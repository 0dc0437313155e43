"""Convolutions without padding, one after another, that use the image up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Shape
from cnncli.layers._axis import Axis
from cnncli.layers._convolution import ConvolutionLayer
from cnncli.layers._window import WindowLayer
from cnncli.rules.flow import once, shortened
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject

_FEWEST = 3


@dataclass(frozen=True, slots=True)
class _Run:
    """Convolutions in a row, `last` the last of them, `before` those before it; `start` are the sizes they began at."""

    last: Node
    count: int
    start: Shape
    before: _Run | None

    def backwards(self) -> Iterator[Node]:
        run: _Run | None = self
        while run is not None:
            yield run.last
            run = run.before

    def row(self, axis: int) -> list[int]:
        """The sizes along an axis."""
        return [self.start[axis], *[node.output_shape[1 + axis] for node in self.backwards()][::-1]]

    def window(self, axis: int) -> Axis:
        """The last that makes the axis smaller."""
        windows = (node.layer.window_axes[axis] for node in self.backwards() if isinstance(node.layer, WindowLayer))
        return next(window for window in windows if window.kernel > 1)


def _check(subject: Subject) -> Iterator[Finding]:
    runs = {run.last.index: run for run in _runs(subject.graph.nodes) if _is_too_fast(run)}
    for node in once(subject, (subject.graph.nodes[index] for index in sorted(runs))):
        run = runs[node.index]
        left = [end / start for start, end in zip(run.start, node.output_shape[1:], strict=True)]
        place = left.index(min(left))
        row, axis = run.row(place), run.window(place)
        yield Finding(
            subject.origin(node),
            f"{run.count} convolutions without padding take the {axis.name} from {row[0]} to {row[-1]}",
            "kernel",
            arithmetic=(shortened([str(size) for size in row], " -> "),),
            hints=(_way_out(axis),),
        )


def _runs(nodes: tuple[Node, ...]) -> list[_Run]:
    """All runs, each up to its end."""
    reaching: dict[int, _Run] = {}
    continued: set[int] = set()
    for node in nodes:
        source = node.inputs[0]
        run = None if node.layer.merges or source == INPUT else reaching.get(source)
        if _shrinks(node):
            start = node.input_shapes[0][1:] if run is None else run.start
            reaching[node.index] = _Run(node, 1 if run is None else run.count + 1, start, run)
            if run is not None:
                continued.add(run.last.index)
        elif run is not None and _leaves_sizes(node):
            reaching[node.index] = run
    return [run for index, run in reaching.items() if run.last.index == index and index not in continued]


def _shrinks(node: Node) -> bool:
    layer = node.layer
    if not isinstance(layer, ConvolutionLayer) or node.output_shape[1:] == node.input_shapes[0][1:]:
        return False
    sizes = node.input_shapes[0][1:]
    axes = zip(layer.window_axes, sizes, strict=True)
    return all(axis.stride == 1 and not any(axis.padding_for(size)) for axis, size in axes)


def _leaves_sizes(node: Node) -> bool:
    """Whether a run goes on after it: an activation, a norm, dropout, a 1x1 convolution."""
    layer = node.layer
    if node.output_shape[1:] != node.input_shapes[0][1:]:
        return False
    if not isinstance(layer, WindowLayer):
        return True
    return isinstance(layer, ConvolutionLayer) and all(axis.kernel == 1 for axis in layer.window_axes)


def _is_too_fast(run: _Run) -> bool:
    """A run that ends in 1x1 has seen all there is, as a dense layer does."""
    ends = run.last.output_shape[1:]
    is_halved = any(2 * end <= start for start, end in zip(run.start, ends, strict=True))
    return run.count >= _FEWEST and is_halved and any(end > 1 for end in ends)


def _way_out(axis: Axis) -> str:
    padding, rest = divmod(axis.effective_kernel - 1, 2)
    if rest:
        return f"kernel {axis.kernel + 1} has a padding that keeps the size: P = D (F - 1)/2"
    return f"`padding: {padding}` keeps the size: P = D (F - 1)/2 = {axis.dilation}*({axis.kernel} - 1)/2 = {padding}"


RULE = Rule(
    fault=Fault("CNN504", "shrinking-too-fast", "warning"),
    what="Three convolutions or more in a row, none of them padded, take half of the height or width away.",
    why="Each 5x5 window without padding makes the image smaller by 4: 32 -> 28 -> 24 -> 20 -> 16. Soon nothing is "
    "left for the layers to come, and cells near the border have been in fewer windows than those in the middle. "
    "Padding by (F - 1)/2 keeps the size, and leaves it to pools and strides to make images smaller. A run that ends "
    "in 1x1 is not meant.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 5, activation: relu}
  - {type: conv, filters: 16, kernel: 5, activation: relu}
  - {type: conv, filters: 16, kernel: 5, activation: relu}
  - {type: conv, filters: 16, kernel: 5, activation: relu}
""",
        """input: [2, 40]
layers:
  - {type: conv1d, filters: 16, kernel: 8, repeat: 3}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 5, padding: 2, activation: relu}
  - {type: conv, filters: 16, kernel: 5, padding: 2, activation: relu}
  - {type: conv, filters: 16, kernel: 5, padding: 2, activation: relu}
  - {type: conv, filters: 16, kernel: 5, padding: 2, activation: relu}
""",
        """input: [3, 9, 9]
layers:
  - {type: conv, filters: 16, kernel: 5, activation: relu}
  - {type: conv, filters: 16, kernel: 3, activation: relu}
  - {type: conv, filters: 16, kernel: 3, activation: relu}
""",
        """input: [1, 572, 572]
layers:
  - {type: conv, filters: 64, kernel: 3, activation: relu, repeat: 2}
  - {type: maxpool, kernel: 2}
  - {type: conv, filters: 128, kernel: 3, activation: relu, repeat: 2}
""",
    ),
    check=_check,
)
