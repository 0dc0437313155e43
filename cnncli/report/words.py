"""Numbers and shapes in words."""

from __future__ import annotations

from cnncli.graph import Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Shape


def printable(text: str) -> str:
    """Text from a file for a terminal: control characters are replaced, so that a file cannot drive it."""
    return "".join(character if character.isprintable() else " " if character in "\t\n" else "?" for character in text)


def shape_text(shape: Shape) -> str:
    """`6x28x28`, as C x H x W."""
    return "x".join(str(size) for size in shape)


def layer_text(node: Node) -> str:
    """Kind, settings, and the rows its input comes from where that is not the row above: `add relu, from 10, 6`."""
    said = " ".join(filter(None, (node.layer.kind, node.settings)))
    if node.inputs == (node.index - 1,):
        return said
    return f"{said}, from {', '.join('input' if source == INPUT else str(source) for source in node.inputs)}"


def bytes_text(count: int) -> str:
    """Powers of ten: kB = 10^3, MB = 10^6, GB = 10^9 bytes."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            tenths = (count * 10 + size // 2) // size
            return f"{tenths // 10:,}.{tenths % 10} {unit}"
    return f"{count} bytes"


def counted(number: int, what: str) -> str:
    """`1 finding`, `2,000 findings`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
