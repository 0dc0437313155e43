"""What a spec says, and what is wrong with it."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from cnncli.errors import Diagnostic, SpecError
from cnncli.graph.graph import Graph
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span
from cnncli.spec.problem import Problem
from cnncli.spec.source import Source


@dataclass
class Architecture:
    """`graph` goes as far as the first fault in a shape; `diagnostics` say what is wrong.

    `layer_count` is the number of layers that the file lists: the graph has fewer where it ends at a fault.
    `sections` are the records of the file's top-level keys, for those who read `training`, `expect`, `limits`.
    """

    source: Source
    graph: Graph = field(default_factory=lambda: Graph("", (), ()))
    layer_count: int = 0
    sections: dict[str, Node] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _seen: set[Diagnostic] = field(default_factory=set)

    def require_sound(self) -> Graph:
        """The graph, or a `SpecError` with all findings."""
        if self.diagnostics:
            raise SpecError(tuple(self.diagnostics))
        return self.graph

    def report(self, problem: Problem, where: Node | Span) -> None:
        """Adds a finding, once. A place that the problem itself names goes before `where`."""
        place = problem.where if isinstance(problem.where, (Scalar, Sequence, Mapping, Span)) else where
        diagnostic = self.source.diagnose(problem, place)
        if diagnostic not in self._seen:
            self._seen.add(diagnostic)
            insort(self.diagnostics, diagnostic, key=place_of)


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Findings are listed in the order of the file, whatever order it is read in."""
    return diagnostic.location.line, diagnostic.location.column
