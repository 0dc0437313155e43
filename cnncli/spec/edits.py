"""Changes to a spec's text that leave all else as it is: comments, quotes, layout, line ends."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncli.errors import Edit
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span
from cnncli.spec.source import LINE_BREAK, Source

_INDENT = re.compile(r"[ \t]*")


def replace(span: Span, text: str) -> Edit:
    return Edit(span.line, span.column, span.end_line, span.end_column, text)


def set_word(source: Source, mapping: Mapping, key: str, word: str) -> Edit | None:
    """`key: word` in a mapping, in place of what the key has now or as a new key; None where that is not plain to do.

    A record that stands for an argument, or an alias, has no text of its own to change.
    """
    if key in mapping.values:
        value = mapping.values[key]
        return replace(value.span, word) if is_written(source, value) else None
    last = next(reversed(mapping.values), None)
    if last is None or not is_written(source, mapping.keys[last]):
        return None
    value = mapping.values[last]
    if source.text_at(mapping.span).startswith("{"):
        return replace(_after(value.span), f", {key}: {word}")
    first = mapping.keys[next(iter(mapping.keys))].span
    indent = " " * (first.column - 1)
    if isinstance(value, Scalar) and value.span.line == value.span.end_line:
        line = source.lines[value.span.line - 1]
        end = Span(value.span.line, len(line) + 1, value.span.line, len(line) + 1)
        return replace(end, f"{source.line_break}{indent}{key}: {word}")
    start = Span(first.line, first.column, first.line, first.column)
    return replace(start, f"{key}: {word}{source.line_break}{indent}")


def is_written(source: Source, record: Node) -> bool:
    """Whether the record's text stands where its span says: not so for one that stands for an argument."""
    text = source.text_at(record.span)
    if isinstance(record, Scalar):
        return text == record.text if record.plain else text[:1] in ("'", '"')
    return text.startswith("[" if isinstance(record, Sequence) else "{") or record.span.line < record.span.end_line


def apply(source: Source, edits: Iterable[Edit]) -> str:
    """The text with all edits made. One that reaches into another is left out."""
    starts = [0, *(match.end() for match in LINE_BREAK.finditer(source.text))]
    places = sorted(
        (starts[edit.line - 1] + edit.column - 1, starts[edit.end_line - 1] + edit.end_column - 1, edit.text)
        for edit in set(edits)
    )
    parts: list[str] = []
    done = 0
    for start, end, text in places:
        if start >= done:
            parts += source.text[done:start], text
            done = end
    return "".join((*parts, source.text[done:]))


def _after(span: Span) -> Span:
    return Span(span.end_line, span.end_column, span.end_line, span.end_column)
