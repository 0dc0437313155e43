"""A process that compiles half of the kernels: the compiler works on one core, and most machines have more.

The trainer compiles kernels as its first step needs them; its assistant learns which those are from a step in which
they do nothing, and compiles them from the last to the first. Where the two meet, all are compiled.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.graph import Architecture, read_architecture
from cnncli.network.parameters import Parameters
from cnncli.spec.source import Source
from cnncli.training.recipe import Recipe, recorded_recipe


@contextmanager
def beside(architecture: Architecture, recipe: Recipe, split: Split) -> Iterator[None]:
    """While a first step is taken: an assistant, from the first kernel on that is not compiled yet.

    There is none where one thread is asked for. Whatever becomes of it, the step is taken.
    """
    task = {
        "name": architecture.source.name,
        "text": architecture.source.text,
        "settings": architecture.settings,
        "recipe": asdict(recipe),
        "images": len(split.labels),
        "pixels": str(split.images.dtype),
        "algorithm": kernels.algorithm.wanted(),
    }
    called: list[subprocess.Popen[bytes]] = []

    def call() -> None:
        with suppress(OSError):
            called.append(_call())
            _tell(called[0], json.dumps(task).encode())

    kernels.compile.on_compile("assistant", call if kernels.compile.threads() > 1 else None)
    try:
        yield
    finally:
        kernels.compile.on_compile("assistant", None)
        for process in called:
            process.kill()
            process.wait()


def _call() -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere)


def _tell(process: subprocess.Popen[bytes], task: bytes) -> None:
    """Raises `OSError` where the process has ended already."""
    assert process.stdin is not None
    with process.stdin as pipe:
        pipe.write(task)


def main() -> None:
    """The assistant: reads its task from standard input."""
    task: dict[str, Any] = json.load(sys.stdin)
    kernels.compile.only_note()
    from cnncli.training.loop import Trainer
    from cnncli.training.normalization import Normalization

    kernels.algorithm.set_algorithm(task["algorithm"])
    graph = read_architecture(Source(task["name"], task["text"]), task["settings"]).require_sound()
    images = np.zeros((task["images"], *graph.input_shape), task["pixels"])
    split, as_it_is = Split(images, np.zeros(task["images"], np.int64)), (1.0,) * graph.input_shape[0]
    normalization = Normalization(as_it_is, as_it_is)
    Trainer(graph, recorded_recipe(task["recipe"]), Parameters(graph), split, normalization, 0).warm_up()
    kernels.compile.compile_noted()


if __name__ == "__main__":
    main()
