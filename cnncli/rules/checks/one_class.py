"""Cross-entropy of a single number."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph.graph import INPUT
from cnncli.rules.flow import flat_ends, makers
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    if not subject.is_trained or not subject.recipe.takes_logits:
        return
    made_by = makers(subject.graph, past_activations=True)
    for end in flat_ends(subject.graph):
        if end.output_count == 1:
            maker = made_by[end.index]
            node = end if maker == INPUT else subject.graph.nodes[maker]
            yield Finding(
                subject.origin(node),
                f"`{node.name}` gives one number, of which cross-entropy is always 0: nothing is learned",
                "units",
                arithmetic=("-log(exp(z) / exp(z)) = -log 1 = 0",),
                hints=("a number for each class: 2 where the answer is yes or no",),
            )


RULE = Rule(
    fault=Fault("CNN603", "one-class", "warning"),
    what="Cross-entropy is to be made small, and there is one output.",
    why="Cross-entropy compares the classes' probabilities, which the softmax of the outputs gives. Of one class it "
    "is 1 whatever the logit, the loss is 0, and so is every gradient. A yes-or-no question has two classes here; the "
    "single sigmoid of other libraries is the same thing, their difference.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 1}
training: {epochs: 2}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 1, activation: sigmoid}
training: {epochs: 2}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 2}
training: {epochs: 2}
""",
    ),
    check=_check,
)
