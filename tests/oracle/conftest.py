"""PyTorch, where it is installed; with one thread, as its threads and the engine's do not make way for each other."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="package")
def torch():
    module = pytest.importorskip("torch")
    threads = module.get_num_threads()
    module.set_num_threads(1)
    yield module
    module.set_num_threads(threads)
