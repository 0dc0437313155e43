"""What the machine can do at most: fused multiply-adds in registers, and copies through memory."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from cnncli import kernels
from cnncli.kernels.vector import LANES, fma, load, store

_njit: Any = numba.njit
_CHAINS = 12
"""Independent sums: a multiply-add takes four or five cycles, and a core begins two in each."""
_STEPS = 400_000
"""A millisecond: what a launch takes then does not matter."""


class PeakStep:
    """Call it for `flops` of vector multiply-adds, shared by so many threads, which touch no memory."""

    def __init__(self, threads: int) -> None:
        self._places = kernels.memory.zeros((threads, _CHAINS * LANES))
        self._factors = kernels.memory.zeros((2 * LANES,)) + np.float32(0.5)

    @property
    def flops(self) -> int:
        return 2 * LANES * _CHAINS * _STEPS * len(self._places)

    def __call__(self) -> None:
        _multiply_add(self._factors, self._places, _STEPS)

    def gflops(self, seconds: float) -> float:
        """10^9 floating-point operations per second, where a call takes `seconds`; a multiply-add is two."""
        return self.flops / seconds / 1e9


# Not one of cnncli's kernels, whose cache does not know this file: compiled at every start, in two seconds.
@_njit(parallel=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _multiply_add(factors, places, steps):  # type: ignore[no-untyped-def]
    for thread in numba.prange(places.shape[0]):
        a, b, out = load(factors, 0), load(factors, LANES), places[thread]
        # Each begins with a number of its own: of equal sums the compiler would keep one.
        s0, s1, s2, s3 = load(out, 0), load(out, LANES), load(out, 2 * LANES), load(out, 3 * LANES)
        s4, s5, s6, s7 = load(out, 4 * LANES), load(out, 5 * LANES), load(out, 6 * LANES), load(out, 7 * LANES)
        s8, s9, s10, s11 = load(out, 8 * LANES), load(out, 9 * LANES), load(out, 10 * LANES), load(out, 11 * LANES)
        for _ in range(steps):
            s0, s1, s2, s3 = fma(s0, a, b), fma(s1, a, b), fma(s2, a, b), fma(s3, a, b)
            s4, s5, s6, s7 = fma(s4, a, b), fma(s5, a, b), fma(s6, a, b), fma(s7, a, b)
            s8, s9, s10, s11 = fma(s8, a, b), fma(s9, a, b), fma(s10, a, b), fma(s11, a, b)
        store(out, 0, s0 + s1 + s2 + s3)
        store(out, LANES, s4 + s5 + s6 + s7)
        store(out, 2 * LANES, s8 + s9 + s10 + s11)


class CopyStep:
    """Call it to read `size` bytes / 2 on all threads and to write as many, as the engine copies arrays."""

    def __init__(self, size: int) -> None:
        count = max(1, size // 8 // LANES) * LANES
        self._source, self._target = kernels.memory.zeros((count,)), kernels.memory.zeros((count,))
        self.size = 8 * count

    def __call__(self) -> None:
        kernels.merge.copy(self._source, self._target)

    def gigabytes(self, seconds: float) -> float:
        """10^9 bytes per second, read and written, where a call takes `seconds`."""
        return self.size / seconds / 1e9
