"""A fault on its way from the place that finds it to the place that knows the file."""

from __future__ import annotations

from functools import lru_cache

from cnncli.errors import Fault
from cnncli.spec.nodes import Node, Span

MAX_FINDINGS = 100
"""Of one file: who has more mends these first."""


class Problem(Exception):  # noqa: N818
    """Something in the spec does not hold.

    `where` is a record, a span, or the name of one of the layer's fields (a layer knows its fields, not
    their places); None means the whole layer. The graph builder turns it into a `Diagnostic`.
    """

    def __init__(
        self,
        fault: Fault,
        message: str,
        where: Node | Span | str | None = None,
        arithmetic: tuple[str, ...] = (),
        hints: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.where = where
        self.arithmetic = arithmetic
        self.hints = hints


@lru_cache(maxsize=1024)
def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The known word most like `word`, capitals aside, or None where nothing is near."""
    import difflib  # only a fault needs it

    small = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word[:100].lower(), small, n=1, cutoff=0.6)
    return small[close[0]] if close else None


def did_you_mean(word: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """A hint for an unknown word: the nearest known one, else all of them."""
    close = nearest(word, known)
    return (f"did you mean `{close}`?",) if close else ("known: " + ", ".join(known),)
