"""One line of the unfolded network: a layer, its name, and the numbers of the entries its input comes from."""

from __future__ import annotations

from dataclasses import dataclass

from cnncli.graph.blocks import Scope
from cnncli.layers import Activation, Layer
from cnncli.spec.nodes import Node

Output = int | None
"""The number of the entry that makes it; None where what should make it does not hold."""


@dataclass(slots=True)
class Entry:
    """A layer in its place. `branches` says of a merge's inputs which branch each comes from, where it has branches.

    `layer` is None where its record does not hold, one of `inputs` where it is unknown.
    """

    record: Node
    scope: Scope
    name: str
    layer: Layer | None
    activation: Activation | None
    inputs: tuple[Output, ...]
    branches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """A side output: the entry that makes it, its name, and what its loss counts for."""

    name: str
    output: Output
    weight: float
