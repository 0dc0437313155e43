"""How a network is trained: the spec's `training:`, each value of which a flag may override."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

from cnncli.errors import BAD_VALUE, WRONG_TYPE
from cnncli.graph import Architecture
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Node, Scalar, Span, describe
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts
from cnncli.training.augmentation import NONE, augment_text

OPTIMIZERS = ("sgd",)
LOSSES = ("cross_entropy", "mean_squared_error")
MONITORS = ("accuracy", "loss")
SCHEDULES = ("constant", "cosine")


def setting(read: values.Read, help: str, default: Any) -> Any:
    """A value of the recipe: how it is read, what it means, and what it is when left out."""
    return field(default=default, metadata={"read": read, "help": help})


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
    """The defaults suit a small classifier; a spec says what its network needs."""

    optimizer: str = setting(values.one_of(*OPTIMIZERS), "how the weights follow their gradients", "sgd")
    learning_rate: float = setting(values.number_in(0, math.inf), "the step's length", 0.01)
    momentum: float = setting(values.number_in(0, 1, high_included=False), "what is kept of the last step", 0.9)
    weight_decay: float = setting(values.number_in(0, math.inf), "the L2 penalty's factor, on all parameters", 0.0)
    schedule: str = setting(
        values.one_of(*SCHEDULES), "how the learning rate goes: constant, or a half cosine to 0", "constant"
    )
    batch_size: int = setting(values.positive, "images per step", 64)
    epochs: int = setting(values.positive, "passes over the training images", 10)
    loss: str = setting(values.one_of(*LOSSES), "what is made small", "cross_entropy")
    augment: str = setting(augment_text, "how training images are changed, such as {rotate: 10, elastic: 34/4}", NONE)
    validation: float = setting(
        _held_out, "training images held out to choose the best epoch: a share of them, or how many; 0 is none", 0.0
    )
    monitor: str = setting(
        values.one_of(*MONITORS), "what tells the best epoch: accuracy or loss on the validation images", "accuracy"
    )
    patience: int = setting(
        values.non_negative, "epochs without a better one after which training stops; 0 is never", 0
    )

    @property
    def takes_logits(self) -> bool:
        """Whether the loss takes the softmax itself, so that one at the end of the network is left out."""
        return self.loss == "cross_entropy"

    def learning_rate_at(self, progress: float) -> float:
        """The step's length when `progress` (0 to 1) of all steps are done.

        Cosine: Loshchilov & Hutter, "SGDR", 2016, without restarts.
        """
        if self.schedule == "cosine":
            return self.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
        return self.learning_rate


def read_recipe(architecture: Architecture) -> Recipe:
    """The spec's recipe; faults are added to the architecture's findings."""
    record = architecture.sections.get("training")
    if record is None:
        return Recipe()
    if not isinstance(record, Mapping):
        message = f"`training` is a mapping such as `{{learning_rate: 0.01}}`, not {describe(record)}"
        architecture.report(Problem(WRONG_TYPE, message), record)
        return Recipe()
    readers = {item.name: item.metadata["read"] for item in dataclasses.fields(Recipe)}
    return Recipe(**read_fields(record, readers, "`training`", architecture.report))


def read_setting(name: str, text: str) -> Any:
    """One value of the recipe from its text, read as the spec's is. Raises `Problem`, or `KeyError` for no name."""
    return Recipe.__dataclass_fields__[name].metadata["read"](Scalar(text, True, Span(1, 1, 1, 2)))


def recipe_of(record: dict[str, Any]) -> Recipe:
    """The recipe of a run's record. Raises `Problem`, `KeyError` or `AttributeError` where it is none."""
    return Recipe(**{name: read_setting(name, str(value)) for name, value in record.items()})
