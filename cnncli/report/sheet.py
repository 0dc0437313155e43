"""A contact sheet: images side by side, each with lines of text beneath, as one PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnncli.report.words import printable

Array = np.ndarray[Any, np.dtype[Any]]

_SIDE = 96
"""Pixels that an image's longer side is enlarged towards: by a whole number, so that its own pixels stay squares."""
_LARGEST = 512
"""Pixels of the longer side above which an image is made smaller."""
_GAP, _TEXT, _LINE = 8, 12, 15
_PAPER, _INK = 255, 0


def sheet(images: Sequence[Array], captions: Sequence[Sequence[str]], columns: int) -> bytes:
    """PNG bytes. images: [C, H, W] of one shape, at least one, uint8 or float32 (brightest white, darkest black);
    1 channel is gray, 3 are RGB, of others the first is shown. captions: as many lines for each image.
    """
    pictures = [_picture(image) for image in images]
    width, height = pictures[0].size
    wide, high = max(width, _SIDE) + _GAP, height + _LINE * max(map(len, captions)) + _GAP
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * wide + _GAP, rows * high + _GAP), (_PAPER,) * 3)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(_TEXT)
    for number, (picture, lines) in enumerate(zip(pictures, captions, strict=True)):
        left, top = number % columns * wide + _GAP, number // columns * high + _GAP
        page.paste(picture, (left, top))
        for line, text in enumerate(lines):
            place = left, top + height + line * _LINE + 2
            draw.text(place, _fitting(text, wide - _GAP, font), (_INK,) * 3, font)
    stream = io.BytesIO()
    page.save(stream, "PNG")
    return stream.getvalue()


def _picture(image: Array) -> Image.Image:
    pixels = image if image.shape[0] == 3 else image[:1].repeat(3, axis=0)
    if pixels.dtype != np.uint8:
        low, high = float(pixels.min()), float(pixels.max())
        pixels = ((pixels - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    longer = max(picture.size)
    if longer > _LARGEST:
        picture.thumbnail((_LARGEST, _LARGEST))
        return picture
    factor = max(1, round(_SIDE / longer))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def _fitting(text: str, width: int, font: Any) -> str:
    """The text, cut to so many pixels."""
    text = printable(text)[:200]
    while text and font.getlength(text) > width:
        text = text[:-1]
    return text
