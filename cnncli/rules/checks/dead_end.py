"""Layers whose outputs reach no output of the network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cnncli.errors import Fault
from cnncli.rules.flow import once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.problem import MAX_FINDINGS


def _check(subject: Subject) -> Iterator[Finding]:
    graph = subject.graph
    needed = graph.needed_for(tuple(subject.ends))
    if len(needed) == len(graph.nodes):
        return
    ends = (node for node in graph.nodes if node.index not in needed and not subject.readers[node.index])
    for node in islice(once(subject, ends), MAX_FINDINGS + 1):
        others = len(graph.needed_for((node.index,)) - needed) - 1
        before = f", nor does that of the {_layers(others)} it needs" if others else ""
        yield Finding(
            subject.origin(node),
            f"the output of `{node.name}` reaches no output of the network{before}",
            hints=("name it in the `from:` of a merge, or take it out",),
        )


def _layers(count: int) -> str:
    return f"{count:,} layers" if count > 1 else "layer"


RULE = Rule(
    fault=Fault("CNN401", "dead-end", "warning"),
    what="A layer is computed for nothing: its output reaches neither the network's output nor that of a head.",
    why="Its parameters count, take memory and never learn, for no gradient comes to them. Mostly a `from:` further "
    "down names another layer than was meant, or a merge has been taken out and its branch left.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: left, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: right, from: stem, filters: 8, kernel: 5, padding: 2, activation: relu}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: left, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: right, from: stem, filters: 8, kernel: 5, padding: 2, activation: relu}
  - {type: add, from: [left, right]}
""",
    ),
    check=_check,
)
