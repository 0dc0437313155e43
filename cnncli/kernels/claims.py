"""Which process may make a file: of two that need the same kernel compiled, one does it and the other waits.

A claim is a lock on a file beside the one that is made. The system takes it back from a process that ends, however
it ends.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_fcntl: Any
try:
    import fcntl as _fcntl
except ImportError:  # not on Windows, where each process compiles for itself
    _fcntl = None

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
LOCK = ".lock"
"""How a claim's file ends."""


class Claim:
    """The claim on what will be in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + LOCK)
        self._file: int | None = None

    def take(self, wait: bool) -> bool:
        """Makes the claim this process's, after waiting if need be; without waiting, says whether it could.

        Where claims cannot be kept (a full disk, a file system without locks), every process may go on.
        """
        if _fcntl is None:
            return True
        try:
            while not self.is_held:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | _NO_LINKS, 0o600)
                _fcntl.flock(self._file, _fcntl.LOCK_EX | (0 if wait else _fcntl.LOCK_NB))
                if not self._is_there():
                    self.release()
        except BlockingIOError:
            self.release()
            return False
        except OSError:
            self.release()
        return True

    @property
    def is_held(self) -> bool:
        """Whether it is this process's, and no other can have it."""
        return self._file is not None

    def _is_there(self) -> bool:
        """Whether the locked file is the one of that name: who had it before may have removed it meanwhile."""
        assert self._file is not None
        try:
            return os.path.samestat(os.fstat(self._file), os.lstat(self._path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Lets the next process have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def forget(self) -> None:
        """Releases the claim for good: what it was for is there."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
        self.release()
