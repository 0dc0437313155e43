"""A finding as text: place, message, the line with a caret, the arithmetic, and the way out."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from cnncli.errors import Diagnostic, Location
from cnncli.report.words import printable

_LONGEST_EXCERPT, _SHORTEST_EXCERPT = 110, 20
_COLORS = {"error": "red", "warning": "yellow", "note": "blue"}


def diagnostic_text(diagnostic: Diagnostic, width: int = 200) -> Text:
    """Several lines, styled. The source line is shown as it stands, tabs as one space, cropped to `width` cells."""
    location, color = diagnostic.location, _COLORS[diagnostic.severity]
    text = headline(diagnostic).append("\n")
    places = (location, *(other.location for other in diagnostic.related))
    gutter = max(len(str(place.line)) for place in places)
    if diagnostic.source:
        text.append_text(_lines(location, diagnostic.source, "", gutter, width, color))
    for line in (*diagnostic.arithmetic, *diagnostic.hints):
        text.append(f"{'':>{gutter}} = ", style="blue").append(printable(line) + "\n")
    for other in diagnostic.related:
        text.append_text(_lines(other.location, other.source, other.label, gutter, width, "blue"))
    text.rstrip()
    return text


def headline(diagnostic: Diagnostic) -> Text:
    """`net.yaml:5:7: warning[CNN301]: the bias is wasted`, in one line."""
    location, severity = diagnostic.location, diagnostic.severity
    text = Text()
    text.append(f"{printable(location.file)}:{location.line}:{location.column}: ", style="bold")
    text.append(f"{severity}[{diagnostic.fault.code}]", style=f"bold {_COLORS[severity]}")
    return text.append(f": {printable(diagnostic.message)}", style="bold")


def _lines(location: Location, source: str, label: str, gutter: int, width: int, color: str) -> Text:
    """A line of the file with carets under the span, and what the span has to do with it."""
    room = min(_LONGEST_EXCERPT, max(_SHORTEST_EXCERPT, width - gutter - len(" | ") - 2 * len("...")))
    excerpt, caret = _excerpt(source, location.column, location.width, room)
    blank, number = f"{'':>{gutter}} |", f"{location.line:>{gutter}} | "
    text = Text()
    text.append(f"{blank}\n", style="blue")
    text.append(number, style="blue").append(excerpt + "\n")
    beside = len(blank) + 2 + cell_len(caret) + cell_len(label) <= width
    text.append(f"{blank} ", style="blue").append(caret, style=f"bold {color}")
    if label:
        text.append("" if beside else f"\n{blank}", style="blue").append(f" {printable(label)}", style=color)
    text.append("\n")
    return text


def _excerpt(source: str, column: int, width: int, room: int) -> tuple[str, str]:
    """The line, cropped to `room` characters around the span, and the carets under the span."""
    start = max(0, min(column - 1, len(source)))
    first = max(0, min(start - room // 2, len(source) - room))
    cropped = source[first : first + room]
    before = printable(cropped[: start - first])
    span = printable(cropped[start - first : start - first + width])
    head = "..." if first else ""
    tail = "..." if first + room < len(source) else ""
    caret = " " * (len(head) + cell_len(before)) + "^" * max(1, cell_len(span))
    return head + printable(cropped) + tail, caret
