"""Specs for tests: from a text to what the command line sees."""

from __future__ import annotations

from cnncli.analysis.budget import check_budget
from cnncli.errors import Diagnostic
from cnncli.graph import Architecture, Graph, read_architecture
from cnncli.spec.source import Source, decode
from cnncli.training.recipe import read_recipe


def read(text: str | bytes, name: str = "net.yaml") -> Architecture:
    """All that `inspect` checks: shapes, `expect`, `limits`, and the recipe."""
    spec = read_architecture(Source(name, text) if isinstance(text, str) else decode(name, text))
    check_budget(spec)
    read_recipe(spec)
    return spec


def text_of(shape: list[int], *layers: str) -> str:
    """A spec of one chain; each layer is the inside of a YAML flow mapping: `type: conv, filters: 8, kernel: 3`."""
    return f"version: 1\ninput: {shape}\nlayers:\n" + "".join(f"  - {{{layer}}}\n" for layer in layers)


def chain(shape: list[int], *layers: str) -> Graph:
    """The graph of a chain that holds."""
    return read(text_of(shape, *layers)).require_sound()


def only_fault(text: str | bytes) -> Diagnostic:
    """The one finding about a text."""
    (diagnostic,) = read(text).diagnostics
    return diagnostic
