"""How kernels are compiled, and how many threads run them.

Fast-math flags are off: the vector code says itself where operations are fused, and NaN and inf survive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

from .linking import KernelCompiler
from .store import KernelStore

# Numba's own annotations do not know that `parallel` may name its parts, nor what its configuration holds.
_njit: Any = numba.njit
_config: Any = numba.config

# Without the wrapper that C code would call: nobody does.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "boundscheck": False, "no_cfunc_wrapper": True}
# Only explicit prange loops run in parallel: looking for others is most of what `parallel=True` costs.
_PARALLEL = {
    "comprehension": False, "reduction": False, "inplace_binop": False, "setitem": False,
    "numpy": False, "stencil": False, "fusion": False, "prange": True,
}  # fmt: skip


def kernel(function):
    """Compiles a kernel that Python calls: parallel (`prange`), releasing the GIL, kept on disk by its name."""
    assert "<" not in function.__qualname__, "a kernel that a function makes is given a name of its own"
    compiled = _njit(parallel=_PARALLEL, nogil=True, pipeline_class=KernelCompiler, **_OPTIONS)(function)
    compiled._cache = KernelStore(function, _announce)
    return compiled


def helper(function):
    """Compiles a function that only kernels call, never Python; its code becomes part of theirs."""
    return _njit(no_cpython_wrapper=True, **_OPTIONS)(function)


def set_threads(count: int) -> int:
    """Runs the kernels on `count` threads, at most one per CPU of this machine; returns how many.

    Raises ValueError if `count` is not positive.
    """
    if count < 1:
        raise ValueError(f"a number of threads is 1 or more, not {count}")
    numba.set_num_threads(min(count, _config.NUMBA_NUM_THREADS))
    return threads()


def threads() -> int:
    """The number of threads kernels run on."""
    return int(numba.get_num_threads())


_announcements: list[Callable[[], None]] = []


def on_compile(announce: Callable[[], None]) -> None:
    """Calls `announce` once, before the first kernel that no cache holds is compiled: that takes seconds."""
    _announcements[:] = [announce]


def _announce():
    while _announcements:
        _announcements.pop()()
