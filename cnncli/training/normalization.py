"""Inputs at mean 0 and deviation 1, channel by channel, as the training images have them."""

from __future__ import annotations

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
        values = split.images[:, channel]
        if values.dtype == np.uint8:
            # Exact sums from the histogram: no pass in floating point over a large data set.
            counts, levels = _histogram(values).astype(np.float64), np.arange(256)
            mean = float((counts * levels).sum() / counts.sum())
            deviation = float(np.sqrt((counts * (levels - mean) ** 2).sum() / counts.sum()))
        else:
            mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
        scale = 1 / deviation if deviation > 0 else 1.0
        scales.append(scale)
        shifts.append(-mean * scale)
    return Normalization(tuple(scales), tuple(shifts))


def _histogram(values: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How often each level occurs in [N, H, W]. A part at a time: NumPy counts a copy of eight bytes a pixel."""
    counts = np.zeros(256, np.int64)
    for start in range(0, len(values), _PART):
        counts += np.bincount(values[start : start + _PART].reshape(-1), minlength=256)
    return counts
