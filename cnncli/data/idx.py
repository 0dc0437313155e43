"""The IDX format of MNIST and Fashion-MNIST: a magic number, the sizes, then bytes.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "File formats".
All numbers are big-endian: the magic is two zeros, the element type (8: unsigned byte) and the number of
dimensions; then one 32-bit size for each dimension. The file may be gzipped.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from cnncli.data.dataset import Split
from cnncli.data.files import AGAIN, INFLATED_LIMIT, open_inflated, read_exactly
from cnncli.errors import DataError

IMAGES = 0x00000803
LABELS = 0x00000801
_HOLDS = {IMAGES: "images", LABELS: "labels"}


def read_split(images: Path, labels: Path, classes: int) -> Split:
    """A file of images and its file of labels.

    Returns images [N, 1, H, W] uint8 and labels [N] int64, each below `classes`.
    Raises DataError where either is damaged, or where they disagree; FileError where one cannot be read.
    """
    (N, H, W), pixels = _read(images, IMAGES)
    (count,), numbers = _read(labels, LABELS)
    if count != N:
        raise DataError(
            f"{images} holds {N:,} images, but {labels} holds {count:,} labels",
            "put the images and the labels of one split there, both from the same source",
        )
    codes = np.frombuffer(numbers, dtype=np.uint8)
    wrong = np.flatnonzero(codes >= classes)
    if wrong.size:
        raise DataError(
            f"{labels}: label {codes[wrong[0]]} at position {wrong[0]:,} is not in 0 to {classes - 1}",
            AGAIN,
        )
    return Split(np.frombuffer(pixels, dtype=np.uint8).reshape(N, 1, H, W), codes.astype(np.int64))


def _read(path: Path, magic: int) -> tuple[tuple[int, ...], bytearray]:
    """The sizes and the bytes of one file, once the two are known to agree."""
    with open_inflated(path) as (stream, most):
        head = stream.read(4)
        if head != struct.pack(">I", magic):
            expected = f"an IDX file of {_HOLDS[magic]} starts with {magic:08x}"
            raise DataError(f"{path} {_mistaken(head)}; {expected}", AGAIN)
        rank = magic & 0xFF
        sizes = stream.read(4 * rank)
        if len(sizes) < 4 * rank:
            raise DataError(f"{path} is cut off: it ends within its header", AGAIN)
        shape = struct.unpack(f">{rank}I", sizes)
        promised = math.prod(shape)
        text = " x ".join(f"{size:,}" for size in shape)
        if 0 in shape:
            raise DataError(f"{path} holds no {_HOLDS[magic]}: its header says {text}", AGAIN)
        if promised > INFLATED_LIMIT or 4 + 4 * rank + promised > most:
            raise DataError(f"{path} is cut off: it cannot hold the {text} bytes of its header", AGAIN)
        data = read_exactly(stream, promised)
        if len(data) < promised:
            raise DataError(f"{path} is cut off: {len(data):,} of the {text} bytes of its header", AGAIN)
        if stream.read(1):
            raise DataError(f"{path} goes on after the {text} bytes that its header promises", AGAIN)
    return shape, data


def _mistaken(head: bytes) -> str:
    for magic, kind in _HOLDS.items():
        if head == struct.pack(">I", magic):
            return f"holds {kind} (it starts with {magic:08x})"
    return f"starts with {head.hex()}" if head else "is empty"
