"""One file per layer kind. The file's name is the kind's name in YAML; nothing lists the kinds but the folder.

A kind is imported when a spec first uses it, so a short spec starts fast.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from cnncli.layers._base import Activation, Layer, Memory, Parameter, Shape

__all__ = ["Activation", "Layer", "Memory", "Parameter", "Shape", "also_called", "find", "names"]


@cache
def names() -> tuple[str, ...]:
    """Every kind there is, by name."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")))


@cache
def find(kind: str) -> type[Layer]:
    """The class of a kind; `KeyError` where there is none."""
    if kind not in names():
        raise KeyError(kind)
    module = import_module(f"{__name__}.{kind}")
    for item in vars(module).values():
        if isinstance(item, type) and issubclass(item, Layer) and item.kind == kind:
            return item
    raise KeyError(kind)


@cache
def also_called() -> dict[str, str]:
    """Words that other libraries use -> the kind that is meant. Loads every kind."""
    return {word: kind for kind in names() for word in find(kind).also_called}
