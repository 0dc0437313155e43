"""Dropout after the last layer with weights."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Graph
from cnncli.graph.graph import INPUT
from cnncli.layers import Activation
from cnncli.rules.flow import activation_of, bends, flat_ends, gives_probabilities, makers
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    recipe, graph = subject.recipe, subject.graph
    if recipe.takes_logits:
        graph = graph.up_to_logits()
    made_by, weighed_by, drops = makers(graph), makers(graph, past_activations=True), _last_drops(graph)
    for drop, end in {drops[end.index]: end.index for end in flat_ends(graph)}.items():
        if drop == INPUT or weighed_by[end] == INPUT:
            continue
        maker, weigher = graph.nodes[made_by[end]], graph.nodes[weighed_by[end]]
        if not weigher.parameter_count or (recipe.takes_logits and gives_probabilities(maker)):
            continue
        # Without `training:` what an activation gives may be meant as features, for another network to take.
        if subject.is_trained or not bends(activation_of(maker)):
            yield Finding(
                subject.origin(graph.nodes[drop]),
                f"`{graph.nodes[drop].layer.kind}` drops outputs of `{weigher.name}`, which are the network's answer",
                hints=(f"move it before `{weigher.name}`, or leave it out",),
            )


def _last_drops(graph: Graph) -> dict[int, int]:
    """By a node's index: the last layer that has dropped numbers since they were weighed, or `INPUT`."""
    found = {INPUT: INPUT}
    for node in graph.nodes:
        if node.layer.is_random and not node.layer.does_nothing(node.x):
            found[node.index] = node.index
        else:
            passes = node.layer.keeps_values or isinstance(node.layer, Activation)
            found[node.index] = found[node.inputs[0]] if passes else INPUT
    return found


RULE = Rule(
    fault=Fault("CNN306", "dropout-last", "warning"),
    what="Dropout follows the last layer with weights.",
    why="Dropout keeps units from relying on one another, and so belongs before a layer that weighs them (Srivastava "
    "et al., 2014). After the last one it sets logits to 0 at random: the loss is then of an answer that the network "
    "did not give.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 100, activation: relu}
  - {type: dense, units: 10}
  - {type: dropout, p: 0.5}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
  - {type: dropout, p: 0.5}
  - {type: softmax}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 100, activation: relu}
  - {type: dropout, p: 0.5}
  - {type: dense, units: 10}
""",
    ),
    check=_check,
)
