"""Average pooling: of each window, the mean (LeNet's subsampling without its two trained numbers)."""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Shape, option
from cnncli.layers._pool import ImagePool, PoolLayer
from cnncli.layers._window import Pair, as_image
from cnncli.spec import values


class AveragePooling(PoolLayer):
    """What a mean is of, and the passes, over images and signals."""

    backward_reads_input: ClassVar[bool] = False
    backward_reads_output: ClassVar[bool] = False

    count_padding: bool | None = option(
        values.boolean, "whether padded cells count in the mean; true, unless padding is same", None
    )

    @property
    def pads_as_keras(self) -> bool:
        """Whether the padding is `same`."""
        return any(axis.padding is None for axis in self.window_axes)

    @property
    def counts_padding(self) -> bool:
        """`count_padding`, or what those who brought the kind of padding do where it is left out."""
        return not self.pads_as_keras if self.count_padding is None else self.count_padding

    def settings(self) -> str:
        if self.counts_padding != self.pads_as_keras:
            return super().settings()
        return super().settings() + (", padding counts" if self.counts_padding else ", real cells only")

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.pooling.average_forward(as_image(x), as_image(y), *self._passes(x.shape[2:-1]))

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.pooling.average_backward(as_image(dy), as_image(dx), *self._passes(x.shape[2:-1]))

    def _passes(self, sizes: Shape) -> tuple[Pair, Pair, tuple[int, int, int, int], bool]:
        window = self.window(sizes)
        return window.kernel, window.stride, (*window.before, *window.after), self.counts_padding


class AveragePool(ImagePool, AveragePooling, kind="avgpool"):
    """y = mean of the window. Padding counts as zeros (PyTorch, Caffe), but not `padding: same` (Keras)."""

    example = "{type: avgpool, kernel: 2}", (4, 6, 6)
    also_called: ClassVar[tuple[str, ...]] = ("avg_pool", "average_pool", "average_pooling", "mean_pool", "subsampling")
    for_signals: ClassVar[str] = "avgpool1d"
    formulas: ClassVar[dict[str, str]] = {
        "output": "[C, out_h, out_w], out = (W - F + P_before + P_after) / S + 1, S = F where it is left out",
    }
