"""Average pooling: of each window, the mean (LeNet's subsampling without its two trained numbers)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, option
from cnncli.layers._window import Pair, PoolLayer
from cnncli.spec import values


class AveragePool(PoolLayer, kind="avgpool"):
    """y = mean of the window. Padding counts as zeros (PyTorch, Caffe), but not `padding: same` (Keras)."""

    example = "{type: avgpool, kernel: 2}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("avg_pool", "average_pool", "average_pooling", "mean_pool", "subsampling")

    count_padding: bool | None = option(
        values.boolean, "whether padded cells count in the mean; true, unless padding is same", None
    )

    @property
    def counts_padding(self) -> bool:
        """`count_padding`, or what those who brought the kind of padding do where it is left out."""
        return self.padding != "same" if self.count_padding is None else self.count_padding

    def settings(self) -> str:
        if self.counts_padding == (self.padding != "same"):
            return super().settings()
        return super().settings() + (", padding counts" if self.counts_padding else ", real cells only")

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.pooling.average_forward(x, y, *self._window(x))

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.pooling.average_backward(dy, dx, *self._window(x))

    def _window(self, x: Array) -> tuple[Pair, Pair, tuple[int, int, int, int], bool]:
        top, bottom, left, right = self.padding_of(x.shape[1:4])
        return self.kernel, self.strides, (top, left, bottom, right), self.counts_padding
