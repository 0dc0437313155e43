"""Changes to a spec's text that leave all else as it is: comments, quotes, layout, line ends."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncli.errors import Edit, Fix
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span
from cnncli.spec.source import LINE_BREAK, Source

_INDENT = re.compile(r"[ \t]*")


def replace(span: Span, text: str, old: str | None = None) -> Edit:
    return Edit(span.line, span.column, span.end_line, span.end_column, text, old)


def rewrite(scalar: Scalar, word: str) -> Fix:
    """`word` in place of what a scalar says, without its quotes."""
    return Fix(f"write `{word}`", (replace(scalar.span, word, scalar.written),))


def rename(scalar: Scalar, word: str) -> Fix:
    """Another word in the place of one, in the same quotes."""
    return Fix(f"write `{word}`", (replace(scalar.span, f"{scalar.quote}{word}{scalar.quote}", scalar.written),))


def set_word(source: Source, mapping: Mapping, key: str, word: str) -> Edit | None:
    """`key: word` in a mapping, in place of what the key has now or as a new key; None where that is not plain to do.

    A record that stands for an argument, or an alias, has no text of its own to change.
    """
    if key in mapping.values:
        value = mapping.values[key]
        is_own = is_written(source, value) and _begins(value.span) > _begins(mapping.keys[key].span)
        return replace(value.span, word) if is_own else None
    last = next(reversed(mapping.values), None)
    if last is None or not is_written(source, mapping.keys[last]):
        return None
    value = mapping.values[last]
    if _begins(value.span) < _begins(mapping.keys[last].span):
        return None  # an alias: its value stands at the anchor
    if source.text_at(mapping.span).startswith("{"):
        quote = mapping.keys[last].quote  # a spec may be JSON
        return replace(_after(value.span), f", {quote}{key}{quote}: {word}")
    first = mapping.keys[next(iter(mapping.keys))].span
    indent = " " * (first.column - 1)
    if isinstance(value, Scalar) and value.span.line == value.span.end_line:
        line = source.lines[value.span.line - 1]
        end = Span(value.span.line, len(line) + 1, value.span.line, len(line) + 1)
        return replace(end, f"{source.line_break}{indent}{key}: {word}")
    start = Span(first.line, first.column, first.line, first.column)
    return replace(start, f"{key}: {word}{source.line_break}{indent}")


def _begins(span: Span) -> tuple[int, int]:
    return span.line, span.column


def without(source: Source, key: Scalar, value: Scalar) -> Edit | None:
    """A mapping without this entry: its line goes, or its words and a comma; None where that is not plain to do."""
    number, line = key.span.line, source.lines[key.span.line - 1]
    start, end = key.span.column - 1, value.span.end_column - 1
    entry = rf"{re.escape(key.written)}[ \t]*:[ \t]+{re.escape(value.written)}"
    if not re.fullmatch(entry, line[start:end]):
        return None
    before, after = line[:start].rstrip(), line[end:].strip()
    if before.endswith(","):
        return replace(Span(number, len(before), number, end + 1), "")
    if before or after:
        return None
    if number < len(source.lines):
        return replace(Span(number, 1, number + 1, 1), "")
    return replace(Span(number - 1, len(source.lines[number - 2]) + 1, number, len(line) + 1), "")


def is_written(source: Source, record: Node) -> bool:
    """Whether the record's text stands where its span says: not so for one that stands for an argument."""
    text = source.text_at(record.span)
    if isinstance(record, Scalar):
        return text == record.text if record.plain else text[:1] in ("'", '"')
    return text.startswith("[" if isinstance(record, Sequence) else "{") or record.span.line < record.span.end_line


def overlap(edit: Edit, other: Edit) -> bool:
    """Whether they change the same text to different ones."""
    start, end = (edit.line, edit.column), (edit.end_line, edit.end_column)
    return edit != other and start < (other.end_line, other.end_column) and (other.line, other.column) < end


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
