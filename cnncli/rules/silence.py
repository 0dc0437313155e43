"""`# noqa: CODE` at the end of a line: findings of these rules that point at the line are not reported.

Names and prefixes of codes do as well, several of them with commas between; `# noqa` alone stands for all rules.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from cnncli.errors import Fault
from cnncli.graph import Architecture
from cnncli.spec.nodes import Node, Scalar, Span, walk

_WORDS = r"[ \t]*:[ \t]*[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*"
_COMMENT = re.compile(rf"(?:^|(?<=[ \t]))#[ \t]*noqa\b(?P<words>{_WORDS})?", re.IGNORECASE | re.ASCII)


@dataclass
class Silencer:
    """One comment. `span` is the comment up to the end of its codes, `words` the codes; none means all.

    `used` are those that have silenced a finding; the empty one stands for a comment without codes.
    """

    span: Span
    words: tuple[str, ...]
    used: set[str] = field(default_factory=set)

    def silences(self, fault: Fault) -> bool:
        """Whether it is meant for this fault; remembers that it was of use."""
        meant = [word for word in self.words if names(word, fault)] if self.words else [""]
        self.used.update(meant)
        return bool(meant)


def names(word: str, fault: Fault) -> bool:
    """Whether a word on a command line or in a comment means this fault: its name, its code or how that begins."""
    return word.lower() in (fault.name, "all") or fault.code.startswith(word.upper())


def read_silencers(spec: Architecture) -> list[Silencer]:
    """The comments, from the top; what looks like one inside a text is none."""
    lines = [number for number, line in enumerate(spec.source.lines, 1) if "noqa" in line.lower()]
    if not lines:
        return []
    texts = _texts_by_line(spec.record, lines)
    found: list[Silencer] = []
    for number in lines:
        for match in _COMMENT.finditer(spec.source.lines[number - 1]):
            start = match.start() + 1
            before = bisect_right(texts[number], (number, start), key=_begins) - 1
            if before < 0 or not _holds(texts[number][before], number, start):
                words = tuple(word.strip() for word in (match["words"] or "").lstrip(" \t:").split(",") if word.strip())
                found.append(Silencer(Span(number, start, number, match.end() + 1), words))
                break
    return found


def _texts_by_line(record: Node | None, lines: list[int]) -> dict[int, list[Span]]:
    """For each of these lines, which ascend, where scalars stand that reach into it."""
    found: dict[int, list[Span]] = {line: [] for line in lines}
    spans = (part.span for part in walk(record) if isinstance(part, Scalar)) if record else ()
    for span in spans:
        for line in lines[bisect_left(lines, span.line) : bisect_right(lines, span.end_line)]:
            found[line].append(span)
    for texts in found.values():
        texts.sort(key=_begins)
    return found


def _begins(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _holds(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) < (span.end_line, span.end_column)
