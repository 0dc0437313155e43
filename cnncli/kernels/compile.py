"""How kernels are compiled, where their machine code is kept, and how many threads run them.

Numba's own cache has three habits that do not suit a package: it writes beside the sources (which may be
read-only), it keys a function by its own file only (an edit of a helper in another file goes unseen), and by
that file's path. Here the cache folder's *name* is a hash of every kernel source, the CPU and its features,
the lane count and the versions that made the code, so whatever is in the folder fits, and a fresh clone of
the same sources finds its kernels compiled.

Fast-math flags are off: the vector code says itself where operations are fused, and NaN and inf survive.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy
from numba.core import caching

from .host import CPU, LANES

# Numba's own annotations do not know that `parallel` may name its parts, nor what its configuration holds.
_njit: Any = numba.njit
_config: Any = numba.config
_caching: Any = caching

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "boundscheck": False}
# Only explicit prange loops run in parallel: looking for others is most of what `parallel=True` costs.
_PARALLEL = {
    "comprehension": False, "reduction": False, "inplace_binop": False, "setitem": False,
    "numpy": False, "stencil": False, "fusion": False, "prange": True,
}  # fmt: skip


def kernel(function):
    """Compiles a kernel that Python calls: parallel (`prange`), releasing the GIL, kept on disk by its name."""
    assert "<" not in function.__qualname__, "a kernel that a function makes is given a name of its own"
    compiled = _njit(parallel=_PARALLEL, nogil=True, **_OPTIONS)(function)
    compiled._cache = _KernelCache(function)
    return compiled


def helper(function):
    """Compiles a function that only kernels call; its code becomes part of theirs."""
    return _njit(**_OPTIONS)(function)


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


def cache_key() -> str:
    """Hash of all that compiled kernels depend on: sources, CPU, lane count, versions; not of paths or times."""
    digest = hashlib.sha256()
    for part in (*CPU, str(LANES), numba.__version__, llvmlite.__version__, numpy.__version__, sys.version):
        digest.update(part.encode() + b"\0")
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


@cache
def cache_folder() -> Path:
    """The folder of compiled kernels: `$CNNCLI_CACHE_DIR`, else the user's cache folder, else a temporary one."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    fallback = Path(tempfile.gettempdir()) / f"cnncli-{user}"
    for root in (_user_cache(), fallback):
        folder = root / "kernels" / cache_key()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        # The code in the folder is executed, so in a shared place it must be our own.
        if root is not fallback or not hasattr(os, "getuid") or root.stat().st_uid == os.getuid():
            return folder
    return Path(tempfile.mkdtemp(prefix="cnncli-kernels-"))


def _user_cache() -> Path:
    if named := os.environ.get("CNNCLI_CACHE_DIR"):
        return Path(named).expanduser()
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "cnncli"
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "cnncli"
    return Path("~/.cache/cnncli").expanduser()


class _Locator(_caching._CacheLocator):
    """Puts every kernel into `cache_folder()`, whose name already says all a stamp could."""

    def __init__(self, function, file):
        self._module = function.__module__  # a function's file and name may be a template's and twice there
        self._py_file = file  # Numba names it when it warns that a function cannot be cached

    def get_cache_path(self):
        return str(cache_folder())

    def get_source_stamp(self):
        return "named by its folder"

    def get_disambiguator(self):
        return self._module

    @classmethod
    def from_function(cls, function, file):
        return cls(function, file)


class _KernelCacheFiles(_caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _KernelCache(_caching.FunctionCache):
    """A cache that is only ever a gain: what it cannot read is compiled anew, what it cannot keep is not kept."""

    _impl_class = _KernelCacheFiles

    def _index_key(self, sig, codegen):
        # Numba adds hashes of the function and of what it closes over, where a compiled function's differs from
        # process to process. The folder's name stands for all sources, the file's for the function.
        return sig, codegen.magic_tuple()

    def load_overload(self, sig, target_context):
        found = None
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # a damaged pickle may raise anything
            with suppress(OSError):
                self.flush()
        while found is None and _announcements:
            _announcements.pop()()
        return found

    def save_overload(self, sig, data):
        with suppress(OSError):  # a full disk, a folder removed meanwhile
            super().save_overload(sig, data)
