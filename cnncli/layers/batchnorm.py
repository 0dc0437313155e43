"""Batch normalisation: each channel by its mean and variance over the batch.

Ioffe & Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift", 2015.
Outside training the running statistics, gathered in training, stand in for the batch's.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli import kernels
from cnncli.layers._base import Array, Memory, Parameter, Shape, option
from cnncli.layers._norm import NormLayer
from cnncli.spec import values


class BatchNorm(NormLayer, kind="batchnorm"):
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, per channel over all images and places of the batch."""

    example = "{type: batchnorm}", (4, 5, 3)
    also_called: ClassVar[tuple[str, ...]] = ("bn", "batch_normalization", "batch_normalisation")
    fuses_relu: ClassVar[bool] = True
    relu_reads_output: ClassVar[bool] = False  # the sign of y is found anew, from x
    keeps_gradient: ClassVar[bool] = True
    folds_away: ClassVar[bool] = True
    drops_means: ClassVar[bool] = True
    mixes_images: ClassVar[bool] = True
    formulas: ClassVar[dict[str, str]] = {
        "output": "the input's shape",
        "value": "w (x - mean) / sqrt(variance + epsilon) + b; in training mean and variance (biased) are those of "
        "the batch's N H W numbers of the channel, otherwise the running ones",
        "parameters": "2 C: weight and bias of each channel; 0 without affine",
        "buffers": "2 C: running_mean and running_var, in each step r <- (1 - momentum) r + momentum s, where s is "
        "the batch's mean, or its variance times n / (n - 1), n = N H W",
    }

    momentum: float = option(
        values.number_in(0.0, 1.0),
        "the weight of the new batch in the running statistics, as in PyTorch: Keras's 0.99 is 0.01 here",
        0.1,
    )

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return self.weight_and_bias(x[:1])

    def buffers(self, x: Shape) -> tuple[Parameter, ...]:
        mean = Parameter("running_mean", x[:1], "constant", value=0.0)
        return mean, Parameter("running_var", x[:1], "constant", value=1.0)

    def settings(self) -> str:
        momentum = "" if self.momentum == 0.1 else f"momentum {self.momentum:g}"
        return ", ".join(filter(None, (momentum, super().settings())))

    def scratch(self, x: Shape, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"statistics": ((x[0], 2), "float64")}

    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        kernels.batch_norm.forward(
            x,
            y,
            memory.weights.get("weight"),
            memory.weights.get("bias"),
            memory.buffers["running_mean"],
            memory.buffers["running_var"],
            memory.scratch["statistics"],
            memory.count,
            self.epsilon,
            self.momentum if memory.training else None,
            memory.relu,
        )

    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        kernels.batch_norm.backward(
            x,
            dy,
            dx,
            memory.weights.get("weight"),
            memory.weights.get("bias"),
            memory.gradients.get("weight"),
            memory.gradients.get("bias"),
            memory.scratch["statistics"],
            memory.count,
            memory.training,
            memory.relu,
        )
