"""What a spec says, and what is wrong with it."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from cnncli.errors import YAML_LIMIT, Diagnostic, Location, SpecError
from cnncli.graph.graph import Graph
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span
from cnncli.spec.problem import MAX_FINDINGS, Problem
from cnncli.spec.source import Source


@dataclass
class Architecture:
    """`graph` goes as far as the first fault in a shape; `diagnostics` say what is wrong, `MAX_FINDINGS` at most.

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

    @property
    def is_full(self) -> bool:
        """Whether there are more findings than are kept; the last one says so."""
        return len(self.diagnostics) > MAX_FINDINGS

    def report(self, problem: Problem, where: Node | Span) -> bool:
        """Adds a finding, once; false where no more are wanted.

        A place that the problem itself names goes before `where`.
        """
        if self.is_full:
            return False
        place = problem.where if isinstance(problem.where, (Scalar, Sequence, Mapping, Span)) else where
        return self.add(self.source.diagnose(problem, place))

    def add(self, diagnostic: Diagnostic) -> bool:
        """As `report`, for a finding that has its place. The first that is too many adds the closing note."""
        if self.is_full or diagnostic in self._seen:
            return not self.is_full
        if len(self.diagnostics) == MAX_FINDINGS:
            end = Location(self.source.name, len(self.source.lines), 1)
            words = f"and more: mend these {MAX_FINDINGS} first"
            self.diagnostics.append(Diagnostic(YAML_LIMIT, end, words, severity="note"))
            return False
        self._seen.add(diagnostic)
        insort(self.diagnostics, diagnostic, key=place_of)
        return True


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Findings are listed in the order of the file, whatever order it is read in."""
    return diagnostic.location.line, diagnostic.location.column
