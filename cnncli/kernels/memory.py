"""Arrays that start on a cache line, and scratch space that kernels share.

A vector load that straddles two cache lines costs two; NumPy's arrays start anywhere on 16 bytes, so that every
64-byte load of theirs may straddle.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Pair: TypeAlias = tuple[int, int]
"""(vertical, horizontal)"""

ALIGNMENT = 64
"""Bytes; a cache line, and the widest vector."""


_STREAMED = 64 * 1024 * 1024  # bytes


def empty(shape: Sequence[int], dtype: Any = np.float32) -> Array:
    """A C-contiguous array of `shape` that starts on a cache line; its contents are undefined."""
    return _aligned(np.empty, shape, np.dtype(dtype))


def zeros(shape: Sequence[int], dtype: Any = np.float32) -> Array:
    """Like `empty`, filled with zeros: large ones take memory only where they are written to."""
    return _aligned(np.zeros, shape, np.dtype(dtype))


def _aligned(make: Any, shape: Sequence[int], kind: np.dtype[Any]) -> Array:
    raw = make(math.prod(shape) * kind.itemsize + ALIGNMENT, np.uint8)
    return np.ndarray(shape, kind, raw, -raw.ctypes.data % ALIGNMENT)


def streamed(array: Array) -> bool:
    """Whether a kernel that fills the array should write it past the caches (`vector.write`).

    An ordinary store first reads the line that it is about to overwrite: from memory, where the array is part of more
    than the caches hold, such as a network's whole plan. Other threads see what was written when a parallel loop ends:
    the locked instruction in its barrier waits for such stores.
    """
    owner = array.base
    if not isinstance(owner, np.ndarray) or owner.nbytes < _STREAMED:
        return False
    return bool(array.ctypes.data % ALIGNMENT == 0)


@lru_cache(maxsize=256)
def no_bias(channels: int) -> Array:
    """Zeros that stand in for a bias."""
    return zeros((channels,))


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.floats = empty((0,))


_scratch = _Scratch()


def scratch(size: int) -> Array:
    """`size` float32 of undefined contents, the caller's until the next kernel is called from this thread."""
    if _scratch.floats.size < size:
        _scratch.floats = empty((size,))
    return _scratch.floats[:size]
