"""Long arrays cut into tasks: chunks of whole vectors, small enough for the nearest cache."""

from __future__ import annotations

from .compile import helper
from .host import LANES

CHUNK = 256 * LANES
"""Floats per task."""


@helper
def chunks(size):
    """How many chunks `size` floats make; the last may be shorter."""
    return (size + CHUNK - 1) // CHUNK


@helper
def places(size, chunk):
    """Where the vectors of a chunk begin."""
    return range(chunk * CHUNK, min(size, (chunk + 1) * CHUNK), LANES)
