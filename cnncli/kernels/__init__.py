"""The compiled loops, and the only place with Numba. Batch in the lanes: see `vector` and `convolution`.

Importing this package imports neither numpy nor Numba: a submodule is imported when it is first used, so a
layer can name its kernels and `inspect` still starts at once. Activations and their gradients belong in
`memory.empty` or `memory.zeros`, which start on a cache line: elsewhere a full-width load costs two.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncli.kernels import activations as activations
    from cnncli.kernels import activations_prelu as activations_prelu
    from cnncli.kernels import adaptive_pooling as adaptive_pooling
    from cnncli.kernels import algorithm as algorithm
    from cnncli.kernels import augment as augment
    from cnncli.kernels import batch_norm as batch_norm
    from cnncli.kernels import batches as batches
    from cnncli.kernels import bias as bias
    from cnncli.kernels import borders as borders
    from cnncli.kernels import channel_norm as channel_norm
    from cnncli.kernels import compile as compile
    from cnncli.kernels import convolution as convolution
    from cnncli.kernels import dense as dense
    from cnncli.kernels import depthwise as depthwise
    from cnncli.kernels import draws as draws
    from cnncli.kernels import dropout as dropout
    from cnncli.kernels import extremes as extremes
    from cnncli.kernels import group_norm as group_norm
    from cnncli.kernels import host as host
    from cnncli.kernels import local_response as local_response
    from cnncli.kernels import losses as losses
    from cnncli.kernels import memory as memory
    from cnncli.kernels import merge as merge
    from cnncli.kernels import optimizers as optimizers
    from cnncli.kernels import pooling as pooling
    from cnncli.kernels import resample as resample
    from cnncli.kernels import scale as scale
    from cnncli.kernels import shuffle as shuffle
    from cnncli.kernels import softmax as softmax
    from cnncli.kernels import stochastic_depth as stochastic_depth
    from cnncli.kernels import store as store
    from cnncli.kernels import tiles as tiles
    from cnncli.kernels import vector as vector


def __getattr__(name: str) -> ModuleType:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"{__name__}.{name}":
            raise AttributeError(name) from None
        raise
