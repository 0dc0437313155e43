"""What a spec says, and what is wrong with it."""

from __future__ import annotations

import re
from bisect import insort
from dataclasses import dataclass, field, replace

from cnncli.errors import YAML_LIMIT, Diagnostic, Fault, Location, Related, SpecError
from cnncli.graph.entries import Entry
from cnncli.graph.graph import INPUT, Graph
from cnncli.spec.nodes import Node, Scalar, Span, Unknown
from cnncli.spec.problem import MAX_FINDINGS, Problem
from cnncli.spec.source import Source


@dataclass
class Architecture:
    """`graph` goes as far as the first fault in a shape; `diagnostics` say what is wrong, `MAX_FINDINGS` at most.

    `layer_count` is the number of layers that the file asks for: the graph has fewer where one has no shape.
    `record` is the file's one record, None where it cannot be had.
    `origins` are what the graph's nodes were made from, one for each.
    `findings` counts all that was found, also what has been said before and what cannot be told of an unknown value.
    `settings` are values of the spec's own parameters that were given with it.
    `reference` is where the network comes from, in the spec's words.
    `sections` are the records of top-level keys, for those who read `training`, `expect`, `limits`.
    """

    source: Source
    settings: dict[str, str] = field(default_factory=dict)
    graph: Graph = field(default_factory=lambda: Graph("", (), (), INPUT))
    record: Node | None = None
    origins: list[Entry] = field(default_factory=list)
    layer_count: int = 0
    reference: str = ""
    sections: dict[str, Node] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    findings: int = 0
    _seen: set[tuple[Fault, Location, str]] = field(default_factory=set)

    def require_sound(self) -> Graph:
        """The graph, or a `SpecError` with all findings where one of them is an error."""
        if self.has_errors:
            raise SpecError(tuple(self.diagnostics))
        return self.graph

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    @property
    def is_full(self) -> bool:
        """Whether there are more findings than are kept; the last one says so."""
        return len(self.diagnostics) > MAX_FINDINGS

    def report(self, problem: Problem, where: Node | Span, related: tuple[Related, ...] = ()) -> bool:
        """Adds a finding, once however many uses of a block meet it; false where no more are wanted.

        A place that the problem itself names goes before `where`. What is found in an unknown value is not said.
        """
        self.findings += 1
        place = where if problem.where is None or isinstance(problem.where, str) else problem.where
        if self.is_full or isinstance(place, Unknown):
            return not self.is_full
        if isinstance(place, Scalar) and place.origin is not None and not self._is_setting(place):
            # The value is at fault, not each of the places that mention it.
            related = (self.source.relate(place.span, "it is used here"), *related)
            place = place.origin
        return self.add(self._with_settings(self.source.diagnose(problem, place, related)))

    def _is_setting(self, place: Scalar) -> bool:
        """Whether the value came with the command: it is written nowhere."""
        return any(name in self.settings for name in re.findall(r"\$(\w+)", self.source.text_at(place.span)))

    def _with_settings(self, diagnostic: Diagnostic) -> Diagnostic:
        """With a hint for each parameter in the text it points at whose value was given with the spec."""
        if not self.settings:
            return diagnostic
        start = diagnostic.location.column - 1
        words = dict.fromkeys(re.findall(r"\$(\w+)", diagnostic.source[start : start + diagnostic.location.width]))
        given = [
            f"`--set {name}={self.settings[name]}` says what `${name}` is" for name in words if name in self.settings
        ]
        return replace(diagnostic, hints=(*diagnostic.hints, *given))

    def add(self, diagnostic: Diagnostic) -> bool:
        """As `report`, for a finding that has its place. The first that is too many adds the closing note."""
        said = diagnostic.fault, diagnostic.location, diagnostic.message
        if self.is_full or said in self._seen:
            return not self.is_full
        if len(self.diagnostics) == MAX_FINDINGS:
            end = Location(self.source.name, len(self.source.lines), 1)
            words = f"and more: mend these {MAX_FINDINGS} first"
            self.diagnostics.append(Diagnostic(YAML_LIMIT, end, words, severity="note"))
            return False
        self._seen.add(said)
        insort(self.diagnostics, diagnostic, key=place_of)
        return True


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Findings are listed in the order of the file, whatever order it is read in."""
    return diagnostic.location.line, diagnostic.location.column
