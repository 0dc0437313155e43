"""What `cnncli list` shows: the bundled architectures and their totals."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from cnncli.analysis.costs import totals
from cnncli.graph import read_architecture
from cnncli.layers import Shape
from cnncli.report.markdown import prose, table
from cnncli.report.words import shape_text
from cnncli.spec.source import bundled_names, find

HEADINGS = ("name", "title", "input", "output", "parameters", "buffers", "MACs", "layers")
COUNTS = HEADINGS[4:]


@dataclass(frozen=True, slots=True)
class Bundled:
    """An architecture in a line. `name` is what commands call it, `title` what it calls itself."""

    name: str
    title: str
    input_shape: Shape
    output_shape: Shape
    parameters: int
    buffers: int
    macs: int
    layers: int
    reference: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The record as text, by `HEADINGS`."""
        shapes = shape_text(self.input_shape), shape_text(self.output_shape)
        counts = (self.parameters, self.buffers, self.macs, self.layers)
        return (self.name, self.title, *shapes, *(f"{count:,}" for count in counts))


def bundled() -> list[Bundled]:
    """Every bundled architecture, by name."""
    return [_read(name) for name in bundled_names()]


def as_json(architectures: list[Bundled]) -> str:
    """A list with one object for each."""
    return json.dumps([asdict(architecture) for architecture in architectures], indent=2)


def as_markdown(architectures: list[Bundled]) -> str:
    """A GitHub table."""
    rows = (tuple(map(prose, architecture.cells)) for architecture in architectures)
    return "\n".join(table(HEADINGS, COUNTS, rows))


def _read(name: str) -> Bundled:
    spec = read_architecture(find(name))
    graph = spec.require_sound()
    sums = totals(graph)
    return Bundled(
        name=name,
        title=graph.name,
        input_shape=graph.input_shape,
        output_shape=graph.output_shape,
        parameters=sums.parameters,
        buffers=sums.buffers,
        macs=sums.macs,
        layers=len(graph.nodes),
        reference=spec.reference,
    )
