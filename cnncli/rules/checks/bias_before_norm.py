"""A bias that the norm after it takes away again."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault, Fix
from cnncli.graph import Node
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.edits import set_word
from cnncli.spec.nodes import Mapping


def _check(subject: Subject) -> Iterator[Finding]:
    wasted = [node for node in subject.graph.nodes if _is_wasted(subject, node)]
    if not wasted:
        return
    # A layer of a block that several uses share can lose its bias only if each of them wastes it.
    indices = {node.index for node in wasted}
    needed = {id(subject.origin(node).record) for node in subject.graph.nodes if node.index not in indices}
    for node in wasted:
        origin, (norm,) = subject.origin(node), subject.readers[node.index]
        fix = None
        if subject.is_whole and isinstance(origin.record, Mapping) and id(origin.record) not in needed:
            edit = set_word(subject.spec.source, origin.record, "bias", "false")
            fix = Fix("write `bias: false`", (edit,)) if edit else None
        yield Finding(
            origin,
            f"the bias of `{node.layer.kind}` is wasted: `{norm.name}` takes each channel's mean away",
            "bias",
            hints=(f"write `bias: false`, which saves {_biases(node):,} parameters",),
            fix=fix,
        )


def _is_wasted(subject: Subject, node: Node) -> bool:
    if node.activation is not None or not _biases(node):
        return False
    readers = subject.readers[node.index]
    return len(readers) == 1 and readers[0].layer.drops_means and subject.is_only_for(node, readers[0])


def _biases(node: Node) -> int:
    """Of a layer that has the choice."""
    return sum(item.count for item in node.parameters if item.name == "bias") if hasattr(node.layer, "bias") else 0


RULE = Rule(
    fault=Fault("CNN301", "bias-before-norm", "warning"),
    what="A layer adds a bias, and the batch norm right after it takes it away again.",
    why="Batch norm subtracts each channel's mean, and with it whatever constant was added to the channel; it then "
    "adds a bias of its own (Ioffe & Szegedy, 2015, section 3.2). The layer's bias is learned, stored and applied for "
    "nothing.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
  - {type: batchnorm, activation: relu}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, bias: false}
  - {type: batchnorm, activation: relu}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: batchnorm}
""",
    ),
    fix="writes `bias: false`.",
    check=_check,
    on_parts=True,
)
