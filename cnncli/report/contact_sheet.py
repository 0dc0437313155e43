"""Pictures in rows, with words under and above them, as one PNG."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnncli.report.words import printable
from cnncli.training.preview import Preview

_SIDE, _LARGEST = 96, 192
"""Pixels: small pictures are magnified to about the one, large ones scaled down to the other."""
_MARGIN, _GAP, _ASIDE, _TEXT = 12, 8, 20, 14
_PAPER, _INK, _FAINT = (246, 246, 244), (30, 30, 30), (110, 110, 110)


def contact_sheet(preview: Preview) -> bytes:
    """The PNG's bytes. Every pixel of a small picture is a square of its own; originals stand a little apart."""
    font = ImageFont.load_default(_TEXT)
    rows = [[(_picture(pixels), words) for pixels, words in row] for row in preview.rows]
    width, height = rows[0][0][0].size
    line = _TEXT + 6
    lefts = [_MARGIN + column * (width + _GAP) for column in range(max(map(len, rows)))]
    if preview.has_originals:
        lefts = [lefts[0], *(left + _ASIDE for left in lefts[1:])]
    top = _MARGIN + (line if preview.headings else 0)
    size = lefts[-1] + width + _MARGIN, top + len(rows) * (height + line + _GAP) - _GAP + _MARGIN
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for left, words in zip(lefts, preview.headings, strict=False):
        draw.text((left, _MARGIN), _shortened(words, font, width), _FAINT, font)
    for row in rows:
        for left, (picture, words) in zip(lefts, row, strict=False):
            sheet.paste(picture, (left, top))
            draw.text((left, top + height + 2), _shortened(words, font, width), _INK, font)
        top += height + line + _GAP
    stream = io.BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _picture(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> Image.Image:
    """[C, H, W] at the size it is shown in; other than one or three channels as their mean."""
    if len(pixels) == 3:
        image = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    else:
        image = Image.fromarray(pixels.mean(axis=0).round().astype(np.uint8)).convert("RGB")
    longest = max(image.size)
    if longest > _LARGEST:
        image.thumbnail((_LARGEST, _LARGEST))
        return image
    return image.resize([side * max(1, round(_SIDE / longest)) for side in image.size], Image.Resampling.NEAREST)


def _shortened(words: str, font: Any, width: int) -> str:
    words = printable(words)
    if font.getlength(words) <= width:
        return words
    while words and font.getlength(words + "…") > width:
        words = words[:-1]
    return words + "…"
