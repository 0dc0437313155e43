"""YAML text -> records, from the parser's events.

Nodes are built here rather than by PyYAML's composer because its recursion has no bound and its nodes are
four times the work; the events carry the same marks. Depth, aliases and tags are checked as they come, so
5,000 nested brackets or an alias bomb end after a bounded amount of work.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from cnncli.errors import DUPLICATE_KEY, WRONG_TYPE, YAML_LIMIT, YAML_SYNTAX, Diagnostic, Fix
from cnncli.spec.edits import without
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span
from cnncli.spec.problem import MAX_FINDINGS, Problem
from cnncli.spec.source import Source

MAX_DEPTH = 64
MAX_WEIGHT = 2_000_000
"""Records in a file, aliases counted as often as they are used."""

# libyaml's parser where the wheel has it (it does on every common platform): ten times faster.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reader:
    """One pass over the events. `stack` holds the open collections; a mapping's pending key beside it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self.root: Node | None = None
        self.stack: list[tuple[Sequence | Mapping, str | None]] = []
        self.pending: list[Scalar | None] = []
        self.anchors: dict[str, Node | None] = {}
        self.weight = 0

    def read(self) -> Node | None:
        documents = 0
        for event in yaml.parse(self.source.text, Loader=_Loader):
            if isinstance(event, ScalarEvent):
                self.scalar(event)
            elif isinstance(event, (SequenceStartEvent, MappingStartEvent)):
                self.open(event)
            elif isinstance(event, (SequenceEndEvent, MappingEndEvent)):
                self.close(event)
            elif isinstance(event, AliasEvent):
                self.alias(event)
            elif isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Problem(YAML_SYNTAX, "a file holds one spec; a second document starts here", _span(event))
        return self.root

    def scalar(self, event: ScalarEvent) -> None:
        self.refuse_tag(event)
        plain = event.style is None or event.style == ""
        quote = event.style if event.style in ("'", '"') else ""
        self.add(Scalar(event.value, plain, _span(event), quote=quote), event.anchor)

    def open(self, event: SequenceStartEvent | MappingStartEvent) -> None:
        self.refuse_tag(event)
        span = _span(event)
        if len(self.stack) >= MAX_DEPTH:
            raise Problem(YAML_LIMIT, f"brackets or indentation nest deeper than {MAX_DEPTH}", span)
        if event.anchor:
            self.anchors[event.anchor] = None
        node = Mapping({}, {}, span) if isinstance(event, MappingStartEvent) else Sequence([], span)
        self.stack.append((node, event.anchor))
        self.pending.append(None)

    def close(self, event: SequenceEndEvent | MappingEndEvent) -> None:
        node, anchor = self.stack.pop()
        if self.pending.pop() is not None:
            raise Problem(YAML_SYNTAX, "a key without a value", _span(event))
        end = _span(event)
        node.span.end_line, node.span.end_column = end.end_line, end.end_column
        self.add(node, anchor)

    def alias(self, event: AliasEvent) -> None:
        name = (event.anchor or "")[:60]
        if event.anchor not in self.anchors:
            raise Problem(YAML_SYNTAX, f"`*{name}` has no anchor `&{name}` before it", _span(event))
        target = self.anchors[event.anchor]
        if target is None:
            raise Problem(YAML_SYNTAX, f"`*{name}` stands inside what it repeats", _span(event))
        self.weight += target.weight
        self.add(target, None, _span(event))

    def add(self, node: Node, anchor: str | None, place: Span | None = None) -> None:
        self.weight += 1
        if self.weight > MAX_WEIGHT:
            raise Problem(YAML_LIMIT, f"aliases repeat more than {MAX_WEIGHT:,} values", place or node.span)
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1][0]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            parent.weight += node.weight
            return
        key = self.pending[-1]
        if key is None:
            if not isinstance(node, Scalar):
                raise Problem(WRONG_TYPE, "a key must be a word", place or node.span)
            if node.plain and node.text == "<<":
                hints = ("write the fields out; `defaults:` holds what all layers share",)
                raise Problem(YAML_SYNTAX, "the merge key `<<` has no place in a spec", node.span, hints=hints)
            self.pending[-1] = node
            return
        self.pending[-1] = None
        parent.weight += node.weight + 1
        if key.text in parent.values:
            self.duplicate(key, node, parent)
            return
        parent.values[key.text] = node
        parent.keys[key.text] = key

    def duplicate(self, key: Scalar, value: Node, parent: Mapping) -> None:
        if len(self.diagnostics) > MAX_FINDINGS:
            return
        first = parent.keys[key.text].span
        problem = Problem(
            DUPLICATE_KEY,
            f"`{key.text[:60]}` is given twice; the first is on line {first.line}, column {first.column}",
            hints=("keep one of them",),
            fix=self.one_of_both(key, value, parent.values[key.text]),
        )
        self.diagnostics.append(self.source.diagnose(problem, key.span))

    def one_of_both(self, key: Scalar, value: Node, first: Node) -> Fix | None:
        """Two that say the same are one too many."""
        if not (isinstance(value, Scalar) and isinstance(first, Scalar) and value.plain and first.plain):
            return None
        edit = without(self.source, key, value) if value.text == first.text else None
        return Fix("remove the second", (edit,)) if edit else None

    def refuse_tag(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent) -> None:
        if event.tag is not None and event.tag != "!":
            raise Problem(
                YAML_SYNTAX,
                f"the tag `{event.tag[:60]}` has no place in a spec",
                _span(event),
                hints=("remove it: each field knows its own type",),
            )


def _span(event: yaml.Event) -> Span:
    start: Any = event.start_mark  # PyYAML's stubs allow None, which only hand-made events have
    end: Any = event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def read(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """The file's one record (None where it cannot be had) and what is wrong with its YAML.

    What ended the reading comes first; of repeated keys one more than `MAX_FINDINGS` is kept, to tell that
    there are more.
    """
    reader = _Reader(source)
    try:
        root = reader.read()
    except Problem as problem:
        where = problem.where if not isinstance(problem.where, (str, type(None))) else Span(1, 1, 1, 2)
        return None, [source.diagnose(problem, where), *reader.diagnostics]
    except yaml.YAMLError as error:
        return None, [_syntax_error(source, error), *reader.diagnostics]
    return root, reader.diagnostics


def _syntax_error(source: Source, error: yaml.YAMLError) -> Diagnostic:
    if isinstance(error, yaml.reader.ReaderError) and isinstance(error.character, int):
        return _forbidden_character(source, chr(error.character))
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    line, column = _inside(source, mark.line + 1, mark.column + 1) if mark else (1, 1)
    context = getattr(error, "context", None)
    context_mark = getattr(error, "context_mark", None)
    start = min(context_mark.line + 1, line) if context_mark else 0
    arithmetic = (f"{context} that starts on line {start}",) if context and start else ()
    hints = _way_out(source, line)
    problem = Problem(YAML_SYNTAX, f"not YAML: {words}", arithmetic=arithmetic, hints=hints)
    return source.diagnose(problem, Span(line, column, line, column + 1))


def _inside(source: Source, line: int, column: int) -> tuple[int, int]:
    """Where the text ends too early, the parser's mark is past it: the end of its last words is meant."""
    if any(text.strip() for text in source.lines[line - 1 :]):
        return line, column
    last = max((number for number, text in enumerate(source.lines, 1) if text.strip()), default=1)
    return last, len(source.lines[last - 1].rstrip()) + 1


def _forbidden_character(source: Source, character: str) -> Diagnostic:
    """PyYAML gives no line for it, and an offset whose unit depends on the parser."""
    places = ((number, text.find(character) + 1) for number, text in enumerate(source.lines, 1))
    line, column = next((place for place in places if place[1]), (1, 1))
    problem = Problem(YAML_SYNTAX, f"not YAML: the control character U+{ord(character):04X} is not allowed")
    return source.diagnose(problem, Span(line, column, line, column + 1))


def _way_out(source: Source, line: int) -> tuple[str, ...]:
    """For the commonest slips, which the parser's words do not name."""
    if _has_tab(source, line):
        return ("indent with spaces: YAML forbids tabs there",)
    for number in (line, line - 1):
        text = source.lines[number - 1].lstrip() if 0 < number <= len(source.lines) else ""
        if text.startswith(("-{", "-[")):
            return (f"line {number} wants a space after its dash: `- {text[1]}`",)
    text = source.lines[line - 1] if line <= len(source.lines) else ""
    if text.strip() and text[:1] == " ":
        return ("look at the indentation: what belongs together begins in one column",)
    return ()


def _has_tab(source: Source, line: int) -> bool:
    text = source.lines[line - 1] if line <= len(source.lines) else ""
    return "\t" in text[: len(text) - len(text.lstrip())]
