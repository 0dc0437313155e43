"""A fault on its way from the place that finds it to the place that knows the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from cnncli.errors import Fault, Fix
from cnncli.spec.nodes import Node, Span

MAX_FINDINGS = 100
"""Of one file: who has more mends these first."""

MOST_KNOWN = 3_000
"""Words among which the nearest to another is looked for."""
_MOST_COMPARED = 15_000
"""Pairs of letters that one such search may compare."""

_MOST_LISTED = 40

Hints = tuple[str, ...] | Callable[[], tuple[str, ...]]
"""Or how they are found, where that takes time: nobody looks for those of a fault that is not said."""


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
        hints: Hints = (),
        fix: Fix | None = None,
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.where = where
        self.arithmetic = arithmetic
        self._hints = hints
        self.fix = fix

    @property
    def hints(self) -> tuple[str, ...]:
        if not isinstance(self._hints, tuple):
            self._hints = self._hints()
        return self._hints

    @hints.setter
    def hints(self, hints: tuple[str, ...]) -> None:
        self._hints = hints


Report = Callable[[Problem, Node | Span], bool]
"""Takes a finding; false where no more are wanted."""


@lru_cache(maxsize=1024)
def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The known word most like `word`, capitals aside, or None where nothing is near."""
    import difflib  # only a fault needs it

    word = word[:100].lower()
    long = len(word)
    # Of two words whose lengths are 3 to 7, less than six tenths agree.
    small = {
        name.lower(): name for name in known[:MOST_KNOWN] if 3 * long <= 7 * len(name) and 3 * len(name) <= 7 * long
    }
    close = difflib.get_close_matches(word, _likeliest(word, tuple(small)), n=1, cutoff=0.6)
    return small[close[0]] if close else None


def _likeliest(word: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """All of a few names; of many, as many as can be compared in a moment, those that begin and end most alike."""
    if len(word) * sum(map(len, names)) <= _MOST_COMPARED:
        return names
    backwards = word[::-1]

    def alike(name: str) -> int:
        return _same_start(word, name) + _same_start(backwards, name[::-1])

    return tuple(sorted(names, key=alike, reverse=True)[: _MOST_COMPARED // len(word) ** 2 + 1])


def _same_start(one: str, other: str) -> int:
    """The number of letters in which two words begin alike."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def did_you_mean(word: str, known: tuple[str, ...], also_called: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A hint for an unknown word: the nearest known one, else all of them.

    `also_called` maps other words to known ones, where there are such; capitals, `_` and `2d` aside.
    """
    close = nearest(word, known) if also_called is None else _meant(word, known, also_called)
    return (f"did you mean `{close}`?",) if close else (f"known: {listed(known)}",)


def listed(words: tuple[str, ...]) -> str:
    """The words, or the first of many."""
    more = len(words) - _MOST_LISTED
    return ", ".join(word[:60] for word in words[:_MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _meant(word: str, known: tuple[str, ...], also_called: Mapping[str, str]) -> str | None:
    """The known word that this one is another name of, else the nearest of all names."""
    same = same_word(word, known, also_called) or same_word(re.sub("[13][dD]$", "", word), known, also_called)
    if same:
        return same
    meant = _names(known, also_called)
    close = nearest(plain(word), tuple(meant))
    return meant[close] if close else None


def same_word(word: str, known: tuple[str, ...], also_called: Mapping[str, str]) -> str | None:
    """The known word that this one is another name or another spelling of: capitals, `_`, `nn.` and `2d` aside."""
    meant = _names(known, also_called)
    return meant.get(plain(word)) or meant.get(plain(word).removesuffix("2d"))


def _names(known: tuple[str, ...], also_called: Mapping[str, str]) -> dict[str, str]:
    """All names, plain, and the known words that they stand for."""
    return {plain(other): name for other, name in also_called.items() if name in known} | {
        plain(name): name for name in known
    }


def plain(word: str) -> str:
    """`nn.Max_Pool2D` as `maxpool2d`."""
    return re.sub("[^a-z0-9]", "", word[:100].rpartition(".")[2].lower())
