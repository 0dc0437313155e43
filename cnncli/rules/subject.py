"""What rules look at: a spec that has been read, and what follows from it, worked out once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cnncli.analysis.budget import Promise, read_promises
from cnncli.graph import Architecture, Graph
from cnncli.graph.entries import Entry
from cnncli.graph.graph import INPUT, Node
from cnncli.rules.silence import Silencer, read_silencers
from cnncli.training.recipe import Recipe, read_recipe

if TYPE_CHECKING:
    from cnncli.rules.rule import Rule


@dataclass
class Subject:
    """Reading the promises and the recipe reports their own faults.

    `limits` are those of the spec, `further_limits` are given with the command or by its configuration.
    `asked` are the rules that are asked. The graph `is_whole` where reading has found no error: what a rule finds
    later leaves no layer out.
    """

    spec: Architecture
    further_limits: tuple[Promise, ...] = ()
    asked: tuple[Rule, ...] = ()
    recipe: Recipe = field(init=False)
    expected: list[Promise] = field(init=False)
    limits: list[Promise] = field(init=False)
    silencers: list[Silencer] = field(init=False)
    is_whole: bool = field(init=False)

    def __post_init__(self) -> None:
        self.recipe = read_recipe(self.spec)
        self.expected = read_promises(self.spec, "expect")
        self.limits = read_promises(self.spec, "limits")
        self.silencers = read_silencers(self.spec)
        self.is_whole = not self.spec.has_errors

    @property
    def graph(self) -> Graph:
        return self.spec.graph

    @property
    def is_trained(self) -> bool:
        """Whether the spec says how: what is wrong with training is of no interest in one that only describes."""
        return "training" in self.spec.sections

    def origin(self, node: Node) -> Entry:
        """What the node was made from."""
        return self.spec.origins[node.index]

    @cached_property
    def readers(self) -> dict[int, list[Node]]:
        """By a node's index, or `INPUT`: the nodes that take its output."""
        found: dict[int, list[Node]] = {index: [] for index in range(INPUT, len(self.graph.nodes))}
        for node in self.graph.nodes:
            for source in node.inputs:
                found[source].append(node)
        return found

    @cached_property
    def ends(self) -> frozenset[int]:
        """The nodes whose outputs are the network's: its own, and those of heads."""
        return frozenset((self.graph.output, *(side.index for side in self.graph.side_outputs)))

    def source_of(self, node: Node) -> Node | None:
        """The node whose output a node with one input takes; None for the network's input."""
        return self.graph.nodes[node.inputs[0]] if node.inputs[0] != INPUT else None

    def is_only_for(self, source: Node, reader: Node) -> bool:
        """Whether nothing but `reader` sees the output of `source`."""
        return source.index not in self.ends and self.readers[source.index] == [reader]
