"""A softmax that training does not see as the last thing that happens, so that the loss takes a second one."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph.graph import INPUT
from cnncli.rules.flow import flat_ends, gives_probabilities, makers
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    if not subject.recipe.takes_logits:
        return
    nodes, made_by = subject.graph.nodes, makers(subject.graph)
    hidden = {made_by[end.index]: end for end in flat_ends(subject.graph) if not gives_probabilities(end)}
    for maker, end in hidden.items():
        if maker != INPUT and gives_probabilities(nodes[maker]):
            yield Finding(
                subject.origin(nodes[maker]),
                f"cross-entropy takes a second softmax of these probabilities, as `{end.name}` follows them",
                "activation",
                hints=("end with the softmax, which training then leaves out, or write none: the loss has its own",),
            )


RULE = Rule(
    fault=Fault("CNN303", "softmax-before-cross-entropy", "warning"),
    what="Another layer follows the softmax, and cross-entropy takes a softmax of its probabilities.",
    why="Cross-entropy is calculated from logits: it takes their softmax itself. A softmax that ends the network or a "
    "head is left out in training; one that a flatten, a reshape or a dropout follows is not. Two softmaxes in a row "
    "cannot be sure of anything (of 10 classes, the likeliest gets e / (e + 9) = 0.23 at most), so the loss stays "
    "high, and gradients small.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
  - {type: linear}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
  - {type: softmax}
  - {type: dropout, p: 0.5}
training: {epochs: 2}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
  - {type: linear}
training: {loss: mean_squared_error}
""",
    ),
    check=_check,
)
