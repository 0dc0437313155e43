"""What this machine's vector unit looks like: how many images go into the lanes of one vector.

Sixteen float32 fill an AVX-512 register, eight an AVX2 one, four a NEON or SSE one.
"""

from __future__ import annotations

import os
import platform

import llvmlite.binding

# Threads meet after every kernel. GNU OpenMP lets them spin there, by default for milliseconds, on a core that another
# program may want; after too short a spin they sleep, and a thread that has to be woken costs more than a small kernel
# takes. This is some 0.5 ms, longer than the pauses between kernels: LeNet-5 trains up to a third faster than with a
# fifth of it. Beside other programs it would train several times slower, were it not for `training/crew.py`.
# libgomp reads this when it is loaded, which Numba does later; a value the user has set stays.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def _features() -> frozenset[str]:
    try:
        found = llvmlite.binding.get_host_cpu_features()
    except RuntimeError:  # LLVM cannot tell on some systems
        return frozenset()
    return frozenset(name for name, present in found.items() if present)


def _lanes(widest: int) -> int:
    forced = os.environ.get("CNNCLI_LANES", "")
    if forced in {"4", "8", "16"}:
        return int(forced)
    if forced:
        raise ValueError(f"CNNCLI_LANES is 4, 8 or 16, not {forced!r}")
    return widest


FEATURES = _features()
CPU = (llvmlite.binding.get_host_cpu_name(), platform.machine(), ",".join(sorted(FEATURES)))

_WIDEST = 16 if "avx512f" in FEATURES else 8 if "avx2" in FEATURES else 4
_REGISTERS = 32 if "avx512f" in FEATURES or platform.machine().lower() in {"aarch64", "arm64"} else 16

LANES = _lanes(_WIDEST)
"""Images per vector: the last axis of every activation array."""

VECTOR_REGISTERS = _REGISTERS * _WIDEST // max(LANES, _WIDEST)
"""How many vectors of LANES float32 the register file holds."""
