"""An activation that keeps logits from being what they have to be."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Activation
from cnncli.rules.flow import activation_of, flat_ends, gives_probabilities, makers
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    if not subject.is_trained or not subject.recipe.takes_logits:
        return
    graph = subject.graph.up_to_logits()
    made_by = makers(graph)
    for maker in dict.fromkeys(made_by[end.index] for end in flat_ends(graph)):
        node = graph.nodes[maker]
        activation = activation_of(node) if maker != INPUT else None
        # With one class nothing is learned whatever the logit is; what comes after a softmax is no logit.
        if activation is None or node.output_count == 1 or activation.gives_probabilities:
            continue
        source = made_by[node.inputs[0]]
        if activation is node.layer and source != INPUT and gives_probabilities(graph.nodes[source]):
            continue
        low, high = activation.bounds
        if math.isfinite(low) or math.isfinite(high):
            yield Finding(
                subject.origin(node),
                f"`{activation.kind}` makes the logits: {_range(low, high)}",
                "activation",
                arithmetic=_most_likely(node, activation),
                hints=("leave it out: a logit may be any number",),
            )


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"none can be less than {low:.3g}"
    return f"they lie between {low:.3g} and {high:.3g}"


def _most_likely(node: Node, activation: Activation) -> tuple[str, ...]:
    """The softmax of the highest logit beside the lowest ones."""
    low, high = activation.bounds
    if math.isinf(high):
        return ()
    others = node.output_count - 1
    share = 1 / (1 + others * math.exp(low - high))
    formula = f"exp({high:g}) / (exp({high:g}) + {others} exp({low:g})) = {share:.2g}"
    return (f"{formula} is the most that one of {node.output_count} classes can get",)


RULE = Rule(
    fault=Fault("CNN304", "activation-on-logits", "warning"),
    what="The last values before cross-entropy come out of an activation that bounds them.",
    why="Cross-entropy takes the softmax of logits, which may be of either sign and any size: what makes a class "
    "likely is how far its logit lies above the others. ReLU cuts off all that is below 0, and with it the gradient: a "
    "class whose logit is 0 learns nothing from that image. Where both ends are bounded no class can get near "
    "probability 1, however long the training.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: relu}
training: {epochs: 2}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
  - {type: sigmoid}
  - {type: softmax}
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
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 10, kernel: 5, activation: relu}
  - {type: conv, filters: 10, kernel: 24, activation: relu}
  - {type: global_avgpool}
  - {type: flatten}
training: {epochs: 2}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: sigmoid}
training: {loss: mean_squared_error}
""",
    ),
    check=_check,
)
