"""A finding as text: place, message, the line with a caret, the arithmetic, and the way out."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from cnncli.errors import Diagnostic
from cnncli.report.words import printable

_LONGEST_EXCERPT = 110
_COLORS = {"error": "red", "warning": "yellow", "note": "blue"}


def diagnostic_text(diagnostic: Diagnostic) -> Text:
    """Several lines, styled. The source line is shown as it stands, tabs as one space, long ones cropped."""
    location, color = diagnostic.location, _COLORS[diagnostic.severity]
    text = Text()
    text.append(f"{printable(location.file)}:{location.line}:{location.column}: ", style="bold")
    text.append(f"{diagnostic.severity}[{diagnostic.fault.code}]", style=f"bold {color}")
    text.append(f": {printable(diagnostic.message)}\n", style="bold")
    gutter = " " * len(str(location.line))
    if diagnostic.source:
        excerpt, caret = _excerpt(diagnostic.source, location.column, location.width)
        text.append(f"{gutter} |\n", style="blue")
        text.append(f"{location.line} | ", style="blue").append(excerpt + "\n")
        text.append(f"{gutter} | ", style="blue").append(caret + "\n", style=f"bold {color}")
    for line in (*diagnostic.arithmetic, *diagnostic.hints):
        text.append(f"{gutter} = ", style="blue").append(printable(line) + "\n")
    text.rstrip()
    return text


def _excerpt(source: str, column: int, width: int) -> tuple[str, str]:
    """The line, cropped around the span if it is long, and the carets under the span."""
    start = max(0, min(column - 1, len(source)))
    first = max(0, start - _LONGEST_EXCERPT // 2) if len(source) > _LONGEST_EXCERPT else 0
    cropped = source[first : first + _LONGEST_EXCERPT]
    before = printable(cropped[: start - first])
    span = printable(cropped[start - first : start - first + width])
    head = "..." if first else ""
    tail = "..." if first + _LONGEST_EXCERPT < len(source) else ""
    caret = " " * (len(head) + cell_len(before)) + "^" * max(1, cell_len(span))
    return head + printable(cropped) + tail, caret
