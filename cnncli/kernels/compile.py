"""How kernels are compiled, and how many threads run them.

Fast-math flags are off: the vector code says itself where operations are fused, and NaN and inf survive.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
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
    return compiled if _noted is None else partial(_note, compiled)


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


_announcements: dict[str, Callable[[], None]] = {}


def on_compile(who: str, announce: Callable[[], None] | None) -> None:
    """Calls `announce` once, before the first kernel that no cache holds is compiled: that takes seconds.

    It takes the place of what was to be called for `who` before; None calls nothing.
    """
    if announce is None:
        _announcements.pop(who, None)
    else:
        _announcements[who] = announce


def _announce():
    while _announcements:
        _announcements.popitem()[1]()


_noted: dict[Any, None] | None = None


def only_note() -> None:
    """From now on kernels do nothing but note that they were called. For a process of its own, at its start."""
    global _noted
    assert "cnncli.kernels.batches" not in sys.modules, "kernels that are there already would run"
    _noted = {}


def _note(compiled, *arguments):
    assert _noted is not None
    _noted[compiled, tuple(compiled.typeof_pyval(argument) for argument in arguments)] = None


def compile_noted() -> None:
    """Compiles what was noted, last first, for the disk only; leaves out what another process compiles."""
    for compiled, types in reversed(_noted or {}):
        if not compiled._cache.is_taken(types, compiled.targetctx):
            compiled.compile(types)
