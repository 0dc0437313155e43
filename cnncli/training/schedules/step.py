"""The learning rate falls by the same factor every so many epochs, or after the epochs that are named."""

from __future__ import annotations

from cnncli.errors import BAD_VALUE
from cnncli.spec import values
from cnncli.spec.nodes import Node, Sequence
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, or_list, schema_of
from cnncli.training.choices import setting
from cnncli.training.schedules._base import Moment, Schedule, State


@accepts(or_list(schema_of(values.positive), minItems=1))
def epochs_or_list(node: Node) -> int | tuple[int, ...]:
    """`10`, or `[82, 123]`."""
    if not isinstance(node, Sequence):
        return values.positive(node)
    if not node.items:
        raise Problem(BAD_VALUE, "at least one epoch is wanted here", node)
    return tuple(values.positive(item) for item in node.items)


class Step(Schedule, type="step"):
    """decay^n once it has fallen n times."""

    epochs: int | tuple[int, ...] = setting(epochs_or_list, "every so many epochs, `10`, or after these, `[82, 123]`")
    decay: float = setting(values.number_in(0, 1), "what it is multiplied by each time", 0.1)

    def factor(self, moment: Moment, state: State) -> float:
        if isinstance(self.epochs, int):
            return float(self.decay ** (moment.epoch // self.epochs))
        return float(self.decay ** sum(moment.epoch >= epoch for epoch in self.epochs))
