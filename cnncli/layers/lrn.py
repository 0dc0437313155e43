"""Local response normalisation: each number by the squares of its neighbours in the channels around it.

Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural networks", 2012, section 3.3.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.errors import SHAPE_NOT_ACCEPTED
from cnncli.layers._base import Array, Layer, Memory, Shape, option
from cnncli.spec import values
from cnncli.spec.problem import Problem


class LocalResponseNorm(Layer, kind="lrn"):
    """y = x / D^beta, D = k + alpha/n * sum of x^2 over n neighbouring channels; beyond the first and last are zeros.

    For an even n one more of the neighbours comes before than after, as in PyTorch.
    """

    example = "{type: lrn, size: 5}", (8, 3, 4)
    family: ClassVar[str] = "normalisation"
    also_called: ClassVar[tuple[str, ...]] = ("local_response_norm", "local_response_normalization")
    backward_reads_output: ClassVar[bool] = False
    forward_uses_scratch: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "value": "x[c] / D[c]^beta, D[c] = k + a * sum of x[i]^2 for i from c - floor(n / 2) to "
        "c + floor((n - 1) / 2), a = alpha / n (alpha_times: mean) or alpha (alpha_times: sum)",
        "gradient": "dy[c] / D[c]^beta - 2 a beta x[c] * sum of dy[i] y[i] / D[i] over the channels i whose window "
        "holds c",
    }

    size: int = option(values.positive, "n, the number of channels in the window", 5)
    alpha: float = option(values.number_in(0.0, 1e6), "how much the neighbours' squares weigh", 1e-4)
    beta: float = option(values.number_in(0.0, 100.0), "the exponent of the denominator", 0.75)
    k: float = option(values.number_in(1e-6, 1e6), "where the denominator starts; 2 in the paper", 1.0)
    alpha_times: str = option(
        values.one_of("mean", "sum"),
        "what alpha multiplies: the mean of the squares over the window (PyTorch, Caffe) or their sum (the paper, "
        "TensorFlow)",
        "mean",
    )

    def output_shape(self, x: Shape) -> Shape:
        if len(x) == 1:
            raise Problem(
                SHAPE_NOT_ACCEPTED,
                f"`lrn` takes channels of an image or a signal; what reaches it is flat: {list(x)}",
                hints=("move it before `flatten`",),
            )
        return x

    def does_nothing(self, x: Shape) -> bool:
        return self.beta == 0 or (self.alpha == 0 and self.k == 1)

    def settings(self) -> str:
        parts = [f"size {self.size}", f"alpha {self.alpha:g}", f"beta {self.beta:g}", f"k {self.k:g}"]
        return ", ".join(parts if self.alpha_times == "mean" else [*parts, "alpha times sum"])

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.local_response.forward(x, y, *self._denominator())

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if dx is not None:
            kernels.local_response.backward(x, dy, dx, *self._denominator())

    def _denominator(self) -> tuple[tuple[int, int], float, float, float]:
        factor = self.alpha / self.size if self.alpha_times == "mean" else self.alpha
        return (self.size // 2, (self.size - 1) // 2), factor, self.beta, self.k
