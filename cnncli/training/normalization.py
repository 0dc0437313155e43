"""Inputs at mean 0 and deviation 1, channel by channel, as the training images have them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli.data.dataset import Split

_PART = 256
"""Images."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """A pixel x of channel c enters the network as x * scale[c] + shift[c]."""

    scale: tuple[float, ...]
    shift: tuple[float, ...]

    def arrays(self) -> tuple[np.ndarray[Any, np.dtype[np.float32]], np.ndarray[Any, np.dtype[np.float32]]]:
        """Both as float32 vectors of length C."""
        return np.array(self.scale, np.float32), np.array(self.shift, np.float32)

    def mean(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """The pixel that becomes 0, [C] float32."""
        scale, shift = self.arrays()
        return -shift / scale


def normalization_of(split: Split) -> Normalization:
    """From the training images alone: the test images must not leak into it. A constant channel is only shifted."""
    scales, shifts = [], []
    for channel in range(split.images.shape[1]):
        if split.images.dtype == np.uint8:
            # Exact sums from the histogram: no pass in floating point over a large data set.
            counts, levels = _histogram(split, channel).astype(np.float64), np.arange(256)
            mean = float((counts * levels).sum() / counts.sum())
            deviation = float(np.sqrt((counts * (levels - mean) ** 2).sum() / counts.sum()))
        else:
            count = len(split.labels) * split.images[0, channel].size
            any_value = float(split.images[0, channel].flat[0])  # apart from it, a constant is 0 without rounding
            mean = any_value + sum(float((part - any_value).sum()) for part in _parts(split, channel)) / count
            deviation = math.sqrt(sum(float(((part - mean) ** 2).sum()) for part in _parts(split, channel)) / count)
        scale = 1 / deviation if deviation > 0 else 1.0
        scales.append(scale)
        shifts.append(-mean * scale)
    return Normalization(tuple(scales), tuple(shifts))


def _histogram(split: Split, channel: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How often each level occurs in a channel."""
    counts = np.zeros(256, np.int64)
    for values in _parts(split, channel):
        counts += np.bincount(values.reshape(-1), minlength=256)
    return counts


def _parts(split: Split, channel: int) -> Iterator[np.ndarray[Any, np.dtype[Any]]]:
    """A channel [n, H, W] of a few images at a time: what is counted or summed is a copy of eight bytes a pixel."""
    for start in range(0, len(split.labels), _PART):
        rows = split.rows_of(np.arange(start, min(start + _PART, len(split.labels))))
        values = split.images[rows, channel]
        yield values if values.dtype == np.uint8 else values.astype(np.float64)
