"""How a network is trained: the spec's `training:`, each value of which a flag may override."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping as Named
from dataclasses import dataclass
from typing import Any

from cnncli.errors import BAD_VALUE, DUPLICATE_KEY, UNKNOWN_KEY, WRONG_TYPE
from cnncli.graph import Architecture
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span, describe
from cnncli.spec.problem import Problem
from cnncli.spec.reader import read
from cnncli.spec.schema import accepts
from cnncli.spec.source import Source
from cnncli.training.augmentation import NONE, augment_text
from cnncli.training.choices import setting
from cnncli.training.optimizers import OPTIMIZERS, Optimizer
from cnncli.training.schedules import SCHEDULES, Moment, Schedule, State, warm_up

LOSSES = ("cross_entropy", "mean_squared_error")
MONITORS = ("accuracy", "loss")
_SGD = OPTIMIZERS.find("sgd")()
_CONSTANT = SCHEDULES.find("constant")()
OWN = None
"""The default of what the optimizer has its own of."""
_OF_OPTIMIZER = ("learning_rate", "momentum", "weight_decay")
"""What was meant for one optimizer, and not for another."""


@accepts({"type": "number", "minimum": 0, "anyOf": [{"exclusiveMaximum": 1}, {"type": "integer"}]})
def _held_out(node: Node) -> float:
    """A share below 1, or a whole number of images; 0 is none."""
    value = values.number_in(0, math.inf)(node)
    if value > 1 and not value.is_integer():
        message = f"a share below 1, or a whole number of images, is wanted here, not {value:g}"
        raise Problem(BAD_VALUE, message, node)
    return value


@dataclass(frozen=True, slots=True)
class Recipe:
    """The defaults suit a small classifier; a spec says what its network needs. 0 is none, where it says no other."""

    optimizer: Optimizer = setting(OPTIMIZERS, "how the weights follow their gradients", _SGD)  # noqa: RUF009
    learning_rate: float = setting(
        values.number_in(0, math.inf), "the step's length; the optimizer's own if left out", OWN
    )
    weight_decay: float = setting(
        values.number_in(0, math.inf),
        "the L2 penalty's factor, on all parameters; the optimizer's own if left out",
        OWN,
    )
    schedule: Schedule = setting(SCHEDULES, "how the learning rate goes", _CONSTANT)  # noqa: RUF009
    warmup: float = setting(values.number_in(0, math.inf), "epochs in which the learning rate rises from 0", 0.0)
    clip_norm: float = setting(values.number_in(0, math.inf), "the largest norm of all gradients together", 0.0)
    clip_value: float = setting(values.number_in(0, math.inf), "the largest size of each gradient", 0.0)
    batch_size: int = setting(values.positive, "images per step", 64)
    epochs: int = setting(values.positive, "passes over the training images", 10)
    loss: str = setting(values.one_of(*LOSSES), "what is made small", "cross_entropy")
    label_smoothing: float = setting(
        values.number_in(0, 1), "the share of a label that cross-entropy spreads over all classes", 0.0
    )
    ema: float = setting(
        values.number_in(0, 1, high_included=False),
        "what a moving average of the weights keeps; its weights are kept",
        0.0,
    )
    augment: str = setting(augment_text, "how training images are changed, such as {rotate: 10, elastic: 34/4}", NONE)
    box_width: int = setting(
        values.non_negative, "pixels in width that all that is drawn in gray images is scaled to; 0 is as it is", 0
    )
    validation: float = setting(
        _held_out, "training images held out to choose the best epoch: a share of them, or how many; 0 is none", 0.0
    )
    monitor: str = setting(
        values.one_of(*MONITORS), "what tells the best epoch: accuracy or loss on the validation images", "accuracy"
    )
    patience: int = setting(
        values.non_negative, "epochs without a better one after which training stops; 0 is never", 0
    )

    def __post_init__(self) -> None:
        for name in ("learning_rate", "weight_decay"):
            if getattr(self, name) is OWN:
                object.__setattr__(self, name, getattr(self.optimizer, name))

    @property
    def momentum(self) -> float:
        """The optimizer's, 0 where it has none."""
        return getattr(self.optimizer, "momentum", 0.0)

    @property
    def copies_of_weights(self) -> int:
        """Vectors as long as the weights that training holds: those, their gradients, slots, a moving average."""
        return 2 + self.optimizer.slots + (self.ema > 0)

    @property
    def takes_logits(self) -> bool:
        """Whether the loss takes the softmax itself, so that one at the end of the network is left out."""
        return self.loss == "cross_entropy"

    def learning_rate_at(self, moment: Moment, state: State = ()) -> float:
        """The next step's length; `state` is what the schedule remembers."""
        return self.learning_rate * warm_up(moment, self.warmup) * self.schedule.factor(moment, state)


MOMENTUM = setting(_SGD.settings()["momentum"].metadata["read"], "the optimizer's, if it has one")


def settings() -> dict[str, dataclasses.Field[Any]]:
    """The keys of `training:`: the recipe's values, and the one setting of an optimizer that may stand beside it."""
    found = {item.name: item for item in dataclasses.fields(Recipe)}
    return {"optimizer": found.pop("optimizer"), "momentum": MOMENTUM, **found}


def read_recipe(architecture: Architecture, overriding: Named[str, Any] | None = None) -> Recipe:
    """The spec's recipe; faults are added to the architecture's findings.

    `overriding` values go before the spec's. Of these, what was meant for another optimizer is left. Raises `Problem`
    where the two do not go together.
    """
    given = _given(architecture)
    if not overriding:
        return _recipe(given)
    optimizer = overriding.get("optimizer")
    if optimizer is not None and optimizer.type != _recipe(given).optimizer.type:
        given = {name: value for name, value in given.items() if name not in _OF_OPTIMIZER}
    return _recipe({**given, **overriding})


def _given(architecture: Architecture) -> dict[str, Any]:
    """The values of `training:` that hold, and go together."""
    record = architecture.sections.get("training")
    if record is None:
        return {}
    if not isinstance(record, Mapping):
        message = f"`training` is a mapping such as `{{learning_rate: 0.01}}`, not {describe(record)}"
        architecture.report(Problem(WRONG_TYPE, message), record)
        return {}
    readers = {name: item.metadata["read"] for name, item in settings().items()}
    given = read_fields(record, readers, "`training`", architecture.report)
    own = record.values.get("optimizer")
    if "momentum" in given and isinstance(own, Mapping) and "momentum" in own.values:
        architecture.report(Problem(DUPLICATE_KEY, "`momentum` is in `optimizer` too"), record.keys["momentum"])
        del given["momentum"]
    while True:
        try:
            _recipe(given)
        except Problem as problem:
            name = str(problem.where)
            problem.where = None
            architecture.report(problem, record.keys[name])
            del given[name]
        else:
            return given


def _recipe(given: Named[str, Any]) -> Recipe:
    """Raises `Problem` at the name of what does not go with the rest."""
    given = dict(given)
    optimizer = given.get("optimizer", _SGD)
    if "momentum" in given:
        if "momentum" not in optimizer.settings():
            message = f"`{optimizer.type}` has no `momentum`"
            known = ", ".join(f"`{name}`" for name in optimizer.settings())
            raise Problem(UNKNOWN_KEY, message, "momentum", hints=(f"its settings are {known}",))
        given["optimizer"] = dataclasses.replace(optimizer, momentum=given.pop("momentum"))
        try:
            given["optimizer"].check()
        except Problem as problem:
            problem.where = "momentum"
            raise
    if given.get("label_smoothing") and given.get("loss", LOSSES[0]) != LOSSES[0]:
        raise Problem(BAD_VALUE, f"`label_smoothing` is for `{LOSSES[0]}` alone", "label_smoothing")
    return Recipe(**given)


def read_setting(name: str, text: str) -> Any:
    """One value of the recipe from its text, read as the spec's is. Raises `Problem`, or `KeyError` for no name."""
    read_value = settings()[name].metadata["read"]
    if not text.lstrip().startswith(("{", "[")):
        return read_value(Scalar(text, True, _NOWHERE))
    node, diagnostics = read(Source(name, text))
    if diagnostics or node is None:
        raise Problem(BAD_VALUE, diagnostics[0].message if diagnostics else "nothing is there")
    return read_value(node)


def recorded_recipe(record: Named[str, Any]) -> Recipe:
    """The recipe of a run's record, which `dataclasses.asdict` made; also of one from before a setting was there.

    Raises `Problem`, `KeyError` or `TypeError` where it is none.
    """
    known = settings()
    return _recipe({name: known[name].metadata["read"](_node(value)) for name, value in record.items()})


_NOWHERE = Span(1, 1, 1, 2)
_DEEPEST = 4


def _node(value: Any, depth: int = 0) -> Node:
    """A value of JSON as a spec has it."""
    if depth > _DEEPEST:
        raise TypeError("a setting in a setting in a setting")
    if isinstance(value, dict):
        keys = {str(key): Scalar(str(key), True, _NOWHERE) for key in value}
        return Mapping({str(key): _node(item, depth + 1) for key, item in value.items()}, keys, _NOWHERE)
    if isinstance(value, list):
        return Sequence([_node(item, depth + 1) for item in value], _NOWHERE)
    return Scalar(str(value), True, _NOWHERE)
