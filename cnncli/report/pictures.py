"""Arrays as pictures: what an image looks like, many planes as one grid, and PNG as bytes or in a page itself."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, np.dtype[Any]]

_GAP = 2
"""Pixels between the planes of a grid."""


def image_of(pixels: Array) -> Image.Image:
    """uint8 [C, H, W] as RGB; other than one or three channels as their mean."""
    if len(pixels) == 3:
        return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    return Image.fromarray(pixels.mean(axis=0).round().astype(np.uint8)).convert("RGB")


def thumbnail(pixels: Array, longest: int) -> Image.Image:
    """As `image_of`; scaled down where a side is longer than `longest`."""
    image = image_of(pixels)
    if max(image.size) > longest:
        image.thumbnail((longest, longest))
    return image


def grid(pictures: Array, columns: int, side: int) -> Image.Image:
    """uint8 [N, C, H, W], at least one, in rows of `columns`, magnified or scaled down to about `side`.

    What is between them, and left over in the last row, is transparent.
    """
    tiles = [magnified(thumbnail(pixels, side), side) for pixels in pictures]
    width, height = (size + _GAP for size in tiles[0].size)
    columns = min(columns, len(tiles))
    sheet = Image.new("RGBA", (columns * width - _GAP, -(-len(tiles) // columns) * height - _GAP))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * width, number // columns * height))
    return sheet if pictures.shape[1] == 3 else sheet.convert("LA")


def magnified(image: Image.Image, side: int) -> Image.Image:
    """By the whole number that brings the longer side nearest to `side`: every pixel is a square."""
    factor = max(1, round(side / max(image.size)))
    return image.resize([size * factor for size in image.size], Image.Resampling.NEAREST)


def png(image: Image.Image) -> bytes:
    """The same bytes for the same picture."""
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def data_uri(image: Image.Image) -> str:
    """The picture itself as an address, so that a page needs no other file."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()
