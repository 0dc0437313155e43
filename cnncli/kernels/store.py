"""Where compiled kernels are kept: a folder for all that machine code depends on, in it a file for each kernel.

Numba's own cache has four habits that do not suit a package: it writes beside the sources (which may be
read-only), it keys a function by its own file only (an edit of a helper in another file goes unseen), by that
file's path, and it numbers the files of one function's types: two processes that compile at once may give two
types one number, and a third then runs the wrong code. Here the folder's *name* is a hash of every kernel source,
the CPU and its features, the lane count and the versions that made the code, so whatever is in the folder fits,
and a fresh clone of the same sources finds its kernels compiled; a file's name is a hash of the types, and it is
there whole or not at all, whoever writes it.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy
from numba.core import compiler, runtime, serialize

from .claims import LOCK, Claim
from .host import CPU, LANES

_results: Any = compiler.CompileResult
_dumps: Any = serialize.dumps
_runtime: Any = runtime

_config: Any = numba.config
_SWITCHES = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT")
"""Of Numba's environment variables, those that change its machine code."""

_UNUSED_DAYS = 30
_KEY = re.compile("[0-9a-f]{20}")
_CODE, _UNFINISHED = ".kernel", ".part"
_OURS = (_CODE, _UNFINISHED, LOCK, ".nbi", ".nbc")
"""How files in our folders end; the last two are Numba's, which earlier versions wrote."""


@dataclass(slots=True)
class Tally:
    """How many kernels this process has compiled, and how many it found compiled."""

    compiled: int = 0
    found: int = 0


tally = Tally()


class KernelStore:
    """A kernel's machine code by its argument types, in Numba's place for a function's cache.

    It is only ever a gain: what it cannot read is compiled anew, what it cannot keep is not kept.
    """

    def __init__(self, function, before_compiling):
        self.cache_path = str(cache_folder())
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        self._module = function.__module__  # a function's file and name may be a template's, and twice there
        self._before_compiling = before_compiling
        self._claim: Claim | None = None

    def load_overload(self, types, target):
        """The kernel for these types, or None: then it is compiled. Waits while another process compiles it."""
        # What machine code needs. The compiler's tables (0.3 s, 10 MB) are filled when something is compiled.
        _runtime.rtsys.initialize(target)
        name = self._file_name(types, target.codegen())
        if found := self._read(name, target):
            return found
        self._before_compiling()
        self._claim = Claim(cache_folder() / name)
        self._claim.take(wait=True)
        if found := self._read(name, target):
            self._claim.forget()
        return found

    def is_taken(self, types, target) -> bool:
        """Whether the kernel for these types is compiled, or another process is about to."""
        path = cache_folder() / self._file_name(types, target.codegen())
        if path.exists():
            return True
        claim = Claim(path)
        is_free = claim.take(wait=False)
        claim.release()
        return not is_free

    def _read(self, name, target):
        for folder in _folders():
            try:
                found = _results._rebuild(target, *pickle.loads((folder / name).read_bytes()))
            except FileNotFoundError:
                continue
            except Exception:  # a damaged pickle may raise anything
                with suppress(OSError):
                    (folder / name).unlink()
                continue
            tally.found += 1
            return found
        return None

    def save_overload(self, types, compiled):
        """Keeps what has been compiled for these types."""
        tally.compiled += 1
        path = cache_folder() / self._file_name(types, compiled.codegen)
        self._keep(path, compiled)
        if self._claim is not None:
            self._claim.forget()

    def _keep(self, path, compiled):
        unfinished = None
        # A full disk, a folder removed meanwhile, what cannot be pickled: then it is not kept.
        with suppress(Exception):
            code = _dumps(compiled._reduce())
            try:
                with tempfile.NamedTemporaryFile(dir=path.parent, suffix=_UNFINISHED, delete=False) as file:
                    unfinished = Path(file.name)
                    file.write(code)
                unfinished.replace(path)
            except BaseException:
                if unfinished is not None:
                    unfinished.unlink(missing_ok=True)
                raise

    def _file_name(self, types, codegen):
        known_by = repr((self._module, types, codegen.magic_tuple()))
        return f"{self._name}-{hashlib.sha256(known_by.encode()).hexdigest()[:16]}{_CODE}"


def cache_key() -> str:
    """Hash of all that kernels depend on: sources, CPU, lane count, versions, switches; not of paths or times."""
    digest = hashlib.sha256()
    versions = numba.__version__, llvmlite.__version__, numpy.__version__, sys.version
    for part in (*CPU, str(LANES), *versions, *(f"{name}={getattr(_config, name)}" for name in _SWITCHES)):
        digest.update(part.encode() + b"\0")
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


def cache_folder() -> Path:
    """Where kernels are kept: in `$CNNCLI_CACHE_DIR`, else the user's cache folder, else a temporary one."""
    return _folders()[0]


@cache
def _folders() -> tuple[Path, ...]:
    """The folder that is written, and after it those that can only be read, which an administrator may have filled."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    fallback = Path(tempfile.gettempdir()) / f"cnncli-{user}"
    readable = []
    for root in (_user_cache(), fallback):
        folder = root / "kernels" / cache_key()
        try:
            is_new = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            if root is not fallback and os.access(folder, os.R_OK | os.X_OK):
                readable.append(folder)
            continue
        # The code in the folder is executed, so in a shared place it must be our own.
        if root is not fallback or not hasattr(os, "getuid") or root.stat().st_uid == os.getuid():
            with suppress(OSError):
                os.utime(folder)
            if is_new:
                remove_others(folder, _UNUSED_DAYS)
            return folder, *readable
    return Path(tempfile.mkdtemp(prefix="cnncli-kernels-")), *readable


def remove_others(folder: Path, unused_days: float) -> int:
    """Removes the kernels beside `folder`, of other sources and versions, not used for so long; returns their bytes.

    A process that still runs with them compiles anew what it has not loaded. What is not ours stays.
    """
    freed, newest = 0, time.time() - unused_days * 86400
    if folder.name != cache_key():  # a temporary folder, with others' things beside it
        return 0
    for other in folder.parent.iterdir():
        with suppress(OSError):
            if other == folder or not _KEY.fullmatch(other.name) or other.is_symlink():
                continue
            if other.stat().st_mtime > newest:
                continue
            for path in other.iterdir():
                if path.name.endswith(_OURS) or ".nbi.tmp." in path.name or ".nbc.tmp." in path.name:
                    size = path.lstat().st_size
                    path.unlink()
                    freed += size
            other.rmdir()
    return freed


def _user_cache() -> Path:
    if named := os.environ.get("CNNCLI_CACHE_DIR"):
        return Path(named).expanduser()
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "cnncli"
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "cnncli"
    return Path("~/.cache/cnncli").expanduser()
