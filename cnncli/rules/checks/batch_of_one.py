"""Batch norm with batches of a single image."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping


def _check(subject: Subject) -> Iterator[Finding]:
    record = subject.spec.sections.get("training")
    if subject.recipe.batch_size > 1 or not isinstance(record, Mapping):
        return
    norms = [node for node in subject.graph.nodes if node.layer.mixes_images]
    if not norms:
        return
    alone = [node for node in norms if math.prod(node.output_shape[1:]) == 1]
    message = f"`{norms[0].name}` takes mean and variance over one image, not over a batch"
    if alone:
        message = f"`{alone[0].name}` takes the mean of a single number away from it: nothing but 0 is left"
    yield Finding(
        record.values["batch_size"],
        message,
        hints=("a batch of 16 or more; or `groupnorm`, `layernorm`, which do not look at the batch",),
    )


RULE = Rule(
    fault=Fault("CNN601", "batch-of-one", "warning"),
    what="A network with batch norm is trained with batches of one image.",
    why="Batch norm normalises by the mean and variance of the batch, as estimates of those of all images (Ioffe & "
    "Szegedy, 2015). Those of one image are its own: the network learns from other statistics than it is used with. "
    "On a flat list, or maps of 1x1, one image has one number of each channel, and what is left of it is 0 (Wu & He, "
    '"Group normalization", 2018, measure what small batches cost).',
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, bias: false}
  - {type: batchnorm, activation: relu}
  - {type: conv, filters: 10, kernel: 32}
  - {type: flatten}
training: {batch_size: 1}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 100, bias: false}
  - {type: batchnorm, activation: relu}
  - {type: dense, units: 10}
training: {batch_size: 1}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, bias: false}
  - {type: batchnorm, activation: relu}
  - {type: conv, filters: 10, kernel: 32}
  - {type: flatten}
training: {batch_size: 32}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
  - {type: groupnorm, groups: 4, activation: relu}
  - {type: conv, filters: 10, kernel: 32}
  - {type: flatten}
training: {batch_size: 1}
""",
    ),
    check=_check,
)
