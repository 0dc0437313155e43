"""Single layers in this engine: each pass as something to call, on random numbers in the lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.layers import Case
from cnncli import kernels
from cnncli.kernels.vector import LANES
from cnncli.layers import Memory

Array = np.ndarray[Any, np.dtype[Any]]
SEED = 0


class EngineLayer:
    """A layer of `case` with its arrays. `passes` are those that the case has; what they fill is in `results`."""

    def __init__(self, case: Case) -> None:
        stream, node = np.random.default_rng(SEED), case.node
        blocks = -(-case.batch // LANES)
        self.case = case
        self.x = [_random(stream, (blocks, *shape, LANES)) for shape in node.input_shapes]
        self.dy, self.y = (_random(stream, (blocks, *node.output_shape, LANES)) for _ in range(2))
        self.dx = [kernels.memory.empty(each.shape) for each in self.x]
        self.weights = {each.name: _random(stream, each.shape) for each in node.parameters}
        self.gradients = {name: kernels.memory.zeros(weight.shape) for name, weight in self.weights.items()}
        self.results = {"forward": self.y, "data gradient": self.dx[0]}
        if "weight" in self.gradients:
            self.results["weight gradient"] = self.gradients["weight"]

    @property
    def passes(self) -> dict[str, Callable[[], None]]:
        kind = self.case.node.layer.kind
        passes = {"conv": self._conv, "dense": self._dense}.get(kind, self._any)()
        if self.case.is_first:
            passes.pop("data gradient", None)
        return passes

    def algorithm(self, which: str) -> str:
        """What the engine chooses for a pass: `direct`, or the name of something faster."""
        if self.case.node.layer.kind != "conv":
            return "direct"
        stride, _, dilation, groups = self._window()
        size = self.dx[0].shape[2:4] if which == "data gradient" else self.y.shape[2:4]
        shape = self.weights["weight"].shape
        return kernels.algorithm.name_of(
            kernels.algorithm.best_form(shape, size, stride, dilation, groups, which.replace(" ", "_"))
        )

    def _window(self) -> tuple[Any, ...]:
        layer: Any = self.case.node.layer
        window = layer.window(self.case.x[1:])
        return window.stride, window.before, window.dilation, layer.groups

    def _conv(self) -> dict[str, Callable[[], None]]:
        (x,), (dx,), weight, window = self.x, self.dx, self.weights["weight"], self._window()
        return {
            "forward": lambda: kernels.convolution.forward(x, weight, None, self.y, *window),
            "data gradient": lambda: kernels.convolution.data_gradient(self.dy, weight, dx, *window),
            "weight gradient": lambda: kernels.convolution.weight_gradient(
                x, self.dy, self.gradients["weight"], *window
            ),
        }

    def _dense(self) -> dict[str, Callable[[], None]]:
        (x,), (dx,), weight = self.x, self.dx, self.weights["weight"]
        return {
            "forward": lambda: kernels.dense.forward(x, weight, None, self.y),
            "data gradient": lambda: kernels.dense.data_gradient(self.dy, weight, dx),
            "weight gradient": lambda: kernels.dense.weight_gradient(x, self.dy, self.gradients["weight"]),
        }

    def _any(self) -> dict[str, Callable[[], None]]:
        layer, node = self.case.node.layer, self.case.node
        scratch = layer.scratch(node.x, node.output_shape, len(self.y), LANES)
        memory = Memory(
            weights=self.weights,
            gradients=self.gradients,
            buffers={each.name: np.full(each.shape, each.value, np.float32) for each in node.buffers},
            scratch={name: kernels.memory.zeros(shape, dtype) for name, (shape, dtype) in scratch.items()},
            count=self.case.batch,
            training=True,
        )
        x, dx = (tuple(self.x), tuple(self.dx)) if layer.merges else (self.x[0], self.dx[0])
        layer.forward(memory, x, self.y)  # a norm's statistics and a pool's winners are what `backward` starts from
        passes = {"forward": lambda: layer.forward(memory, x, self.y)}
        if not layer.merges:  # a sum's gradients are its output's: the engine and PyTorch differ in who needs a copy
            passes["backward"] = lambda: layer.backward(memory, x, self.y, self.dy, dx)
        return passes


def _random(stream: np.random.Generator, shape: tuple[int, ...]) -> Array:
    array = kernels.memory.empty(shape)
    stream.random(dtype=np.float32, out=array)
    array -= np.float32(0.5)
    return array


def bytes_of(case: Case, which: str) -> int:
    """What a pass that memory limits has to read and write at least, each number once.

    Backward: the output's gradient is read and the input's written; a norm and a convolution also read the input.
    """
    x = sum(_numbers(shape) for shape in case.node.input_shapes)
    reads_again = case.node.layer.kind in ("batchnorm", "lrn", "depthwise_conv") and which == "backward"
    return 4 * case.batch * (x + case.node.output_count + (x if reads_again else 0))


def _numbers(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))
