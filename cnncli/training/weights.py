"""Weights on disk: safetensors, with a checksum in its header, so that a flipped bit is not taken for a weight.

safetensors is data alone: opening a stranger's weights executes nothing.
"""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from cnncli.errors import FileError
from cnncli.network.parameters import Parameters

_KEY = "sha256"
_LARGEST_HEADER = 2**24

Tensors = dict[str, np.ndarray[Any, np.dtype[np.float32]]]


def weights_bytes(parameters: Parameters) -> bytes:
    """What a weights file holds; the same weights give the same bytes."""
    tensors = parameters.tensors()
    return save_tensors(tensors, {_KEY: _digest_of(tensors)})


def _digest_of(tensors: Tensors) -> str:
    """SHA-256 over the tensors' names, shapes and numbers, in the names' order."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {list(tensors[name].shape)}\n".encode())
        digest.update(np.ascontiguousarray(tensors[name]).data)
    return digest.hexdigest()


def load_weights(path: Path, parameters: Parameters) -> None:
    """Puts what a weights file holds into `parameters`. Raises `FileError` where it is damaged or another network's.

    One without a checksum is taken as it is: other programs, and cnncli before it had runs to resume, write none.
    """
    expected = parameters.flat.nbytes + parameters.buffers.nbytes
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a regular file", "train again")
        if status.st_size > expected + _LARGEST_HEADER:
            raise FileError(f"{path} has {status.st_size:,} bytes, the network's numbers {expected:,}", "train again")
        data = path.read_bytes()
        tensors: Tensors = load_tensors(data)
        promised = _checksum(data)
    except OSError as error:
        raise FileError(
            f"cannot read {path}: {error.strerror}", "was the run stopped before its first epoch?"
        ) from None
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} is damaged: {error}"[:300], "train again") from None
    if promised is not None and promised != _digest_of(tensors):
        raise FileError(f"{path} is damaged: its checksum is another", "train again")
    parameters.load(tensors, str(path))


def _checksum(data: bytes) -> str | None:
    """What the header promises, once safetensors has found the header right."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    found = (header.get("__metadata__") or {}).get(_KEY)
    return None if found is None else str(found)
