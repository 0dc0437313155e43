"""An activation right after another."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Activation
from cnncli.rules.flow import activation_of, bends, makers, once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping, Scalar


def _check(subject: Subject) -> Iterator[Finding]:
    nodes, made_by = subject.graph.nodes, makers(subject.graph)

    def is_second(node: Node) -> bool:
        maker = made_by[node.inputs[0]]
        if maker == INPUT or not _is_bending_layer(node) or not bends(activation_of(nodes[maker])):
            return False
        # x tanh(softplus(x)) is Mish: an activation made of others on purpose.
        return not any(reader.layer.gates for reader in subject.readers[node.index])

    for node in once(subject, filter(is_second, nodes)):
        first = nodes[made_by[node.inputs[0]]]
        other = f"the `{_word(first)}` of `{first.name}`" if first.activation else f"`{first.name}`"
        yield Finding(
            subject.origin(node),
            f"`{node.layer.kind}` takes what {other} gives",
            hints=("leave one of the two out",),
        )
    for node in once(subject, (node for node in nodes if _is_idle(subject, node))):
        yield Finding(
            subject.origin(node),
            f"`{_word(node)}` does nothing beside another activation",
            "activation",
            hints=("leave it out",),
        )


def _is_bending_layer(node: Node) -> bool:
    return isinstance(node.layer, Activation) and bends(node.layer)


def _is_idle(subject: Subject, node: Node) -> bool:
    """Whether it names the identity right before or after an activation, and not through a parameter."""
    activation = activation_of(node)
    if activation is None or not activation.keeps_values or not _is_written(subject, node):
        return False
    source = subject.source_of(node) if activation is node.layer else None
    first = activation_of(source) if source is not None else None
    if first is not None and not first.gives_probabilities:
        return True
    readers = subject.readers[node.index]
    return len(readers) == 1 and _is_bending_layer(readers[0]) and subject.is_only_for(node, readers[0])


def _is_written(subject: Subject, node: Node) -> bool:
    record = subject.origin(node).record
    if not isinstance(record, Mapping) or "from" in record.values:  # an identity with a `from:` leads elsewhere
        return False
    word = record.values.get("type" if activation_of(node) is node.layer else "activation")
    return not (isinstance(word, Scalar) and "$" in word.text)


def _word(node: Node) -> str:
    activation = activation_of(node)
    return activation.kind if activation is not None else ""


RULE = Rule(
    fault=Fault("CNN305", "two-activations", "warning"),
    what="An activation comes right after another, with no weights between them.",
    why="A second ReLU changes nothing, a ReLU after a sigmoid neither, and a sigmoid after a ReLU gives no number "
    "below 1/2. Mostly one was meant as `activation:` of a layer, and stayed in the list. `linear` beside another "
    "activation says nothing.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: relu}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
  - {type: sigmoid}
  - {type: dropout, p: 0.2}
  - {type: gelu}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: linear}
  - {type: relu}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
  - type: parallel
    merge: multiply
    branches:
      - []
      - - {type: softplus}
        - {type: tanh}
""",
    ),
    check=_check,
)
