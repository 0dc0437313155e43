"""A learning rate with which nothing is learned."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping

_LONGEST = 10
"""Of a step, momentum's share included: a hundred times what a small network takes."""


def _check(subject: Subject) -> Iterator[Finding]:
    record, recipe = subject.spec.sections.get("training"), subject.recipe
    if not isinstance(record, Mapping):
        return
    step = recipe.learning_rate / (1 - recipe.momentum)
    is_short = round(step, 9) <= _LONGEST  # 1 / (1 - 0.9) is a little more than 10
    if recipe.learning_rate and (is_short or recipe.optimizer.type != "sgd"):
        return
    place = next(record.values[key] for key in ("learning_rate", "momentum", "optimizer") if key in record.values)
    if not recipe.learning_rate:
        yield Finding(place, "with learning rate 0 no weight ever changes", hints=("0.01 is a beginning",))
    else:
        yield Finding(
            place,
            f"steps {step:.3g} times as long as the gradient: SGD hardly converges",
            arithmetic=(f"{recipe.learning_rate:g} / (1 - {recipe.momentum:g}) = {step:.3g}",),
            hints=(
                f"learning_rate / (1 - momentum) is {_LONGEST} at most where anything is learned, mostly 0.01 to 1",
            ),
        )


RULE = Rule(
    fault=Fault("CNN602", "unlikely-learning-rate", "warning"),
    what="The learning rate is 0, or so large that training hardly converges.",
    why="A step is the learning rate times the gradient, and with momentum m what is kept of the steps before makes it "
    "1/(1 - m) times as long: 0.1 with momentum 0.9 moves as 1.0 would without. Published recipes for SGD lie between "
    "0.001 and 1; above 10 the loss soon is no number.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {learning_rate: 10, momentum: 0.9}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {learning_rate: 0}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {momentum: 0.9999}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {learning_rate: 0.1, momentum: 0.9}
""",
    ),
    check=_check,
)
