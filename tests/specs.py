"""Specs for tests: from a text to what the command line sees."""

from __future__ import annotations

from cnncli.errors import Diagnostic
from cnncli.graph import Architecture, Graph
from cnncli.rules.judge import judge
from cnncli.spec.source import Source, decode


def read(text: str | bytes, name: str = "net.yaml") -> Architecture:
    """All that `inspect` checks."""
    return judge(Source(name, text) if isinstance(text, str) else decode(name, text))


def text_of(shape: list[int], *layers: str) -> str:
    """A spec of one chain; each layer is the inside of a YAML flow mapping: `type: conv, filters: 8, kernel: 3`."""
    return f"version: 1\ninput: {shape}\nlayers:\n" + "".join(f"  - {{{layer}}}\n" for layer in layers)


def chain(shape: list[int], *layers: str) -> Graph:
    """The graph of a chain that holds."""
    return read(text_of(shape, *layers)).require_sound()


def errors_in(text: str | bytes) -> list[Diagnostic]:
    """What no network can be built with, or breaks a promise; warnings and notes are the rules' own tests' affair."""
    return [found for found in read(text).diagnostics if found.severity == "error"]


def only_fault(text: str | bytes) -> Diagnostic:
    """The one error in a text."""
    (diagnostic,) = errors_in(text)
    return diagnostic
