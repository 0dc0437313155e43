"""Pictures in rows, with words under and above them, as one PNG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from cnncli.report.pictures import Array, magnified, png, thumbnail
from cnncli.report.words import printable

Tile = tuple[Array, Sequence[str]]
"""A picture, uint8 [C, H, W], and the lines under it."""

_SIDE, _LARGEST = 96, 192
"""Pixels: small pictures are magnified to about the one, large ones scaled down to the other."""
_MARGIN, _GAP, _ASIDE, _TEXT, _LINE = 12, 8, 20, 14, 20
_PAPER, _INK, _FAINT = (246, 246, 244), (30, 30, 30), (110, 110, 110)


def contact_sheet(rows: Sequence[Sequence[Tile]], headings: Sequence[str] = ()) -> bytes:
    """The PNG's bytes. Every pixel of a small picture is a square of its own. All pictures are of one shape.

    With headings, one for each column, the first column stands a little apart.
    """
    font = ImageFont.load_default(_TEXT)
    tiles = [[(magnified(thumbnail(pixels, _LARGEST), _SIDE), lines) for pixels, lines in row] for row in rows]
    width, height = tiles[0][0][0].size
    most_lines = max(len(lines) for row in tiles for _, lines in row)
    room = max(width, _SIDE) if most_lines > 1 else width  # one line is a name, which may be cut
    lefts = [_MARGIN + column * (room + _GAP) for column in range(max(map(len, tiles)))]
    if headings:
        lefts = [lefts[0], *(left + _ASIDE for left in lefts[1:])]
    top = _MARGIN + (_LINE if headings else 0)
    high = height + _LINE * most_lines + _GAP
    sheet = Image.new("RGB", (lefts[-1] + room + _MARGIN, top + len(tiles) * high - _GAP + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for left, words in zip(lefts, headings, strict=False):
        draw.text((left, _MARGIN), _shortened(words, font, room), _FAINT, font)
    for row in tiles:
        for left, (picture, lines) in zip(lefts, row, strict=False):
            sheet.paste(picture, (left, top))
            for number, words in enumerate(lines):
                place = left, top + height + 2 + number * _LINE
                draw.text(place, _shortened(words, font, room), _FAINT if number else _INK, font)
        top += high
    return png(sheet)


def _shortened(words: str, font: Any, width: int) -> str:
    words = printable(words)[:200]
    if font.getlength(words) <= width:
        return words
    while words and font.getlength(words + "…") > width:
        words = words[:-1]
    return words + "…"
