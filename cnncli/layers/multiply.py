"""Multiplication of several inputs, element by element: a gate (squeeze-and-excitation, Hu et al., 2018)."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncli import kernels
from cnncli.errors import MERGE_MISMATCH
from cnncli.layers._base import Array, Memory, Shape
from cnncli.layers._merge import Merge, listed
from cnncli.spec.problem import Problem


class Multiply(Merge, kind="multiply"):
    """y = x1 x2 ...; an axis of size 1 is repeated, so that [C, 1, 1] or [C] scales the channels of [C, H, W].

    dx1 = dy x2 ..., summed over the places where x1 was repeated.
    """

    example = "{type: multiply, from: [input, previous]}", (4, 3, 3)
    also_called: ClassVar[tuple[str, ...]] = ("mul", "product", "gate")
    gates: ClassVar[bool] = True
    forward_uses_scratch: ClassVar[bool] = False
    formulas: ClassVar[dict[str, str]] = {"output": "of each axis, the size of the inputs that is not 1"}

    def output_shape(self, x: Any) -> Shape:
        rank = max(len(shape) for shape in x)
        if any(len(shape) not in (1, rank) for shape in x):
            hints = ("an image goes with images and a signal with signals; a gate [C] goes with both",)
            raise Problem(MERGE_MISMATCH, f"`multiply` takes inputs of one kind, not {listed(x)}", hints=hints)
        shapes = [_of_rank(shape, rank) for shape in x]
        output = tuple(max(sizes) for sizes in zip(*shapes, strict=True))
        if any(size not in (1, whole) for shape in shapes for size, whole in zip(shape, output, strict=True)):
            hints = ("sizes must agree or be 1; a gate for channels is [C, 1, 1] or [C]",)
            raise Problem(MERGE_MISMATCH, f"`multiply` cannot stretch {listed(x)} to one shape", hints=hints)
        return output

    def scratch(self, x: Any, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"product": ((blocks, *y, lanes), "float32")}

    def forward(self, memory: Memory, x: Any, y: Array) -> None:
        factors = _alike(x, y)
        kernels.merge.multiply(factors[0], factors[1], y)
        for factor in factors[2:]:
            kernels.merge.multiply(y, factor, y)

    def backward(self, memory: Memory, x: Any, y: Array, dy: Array, dx: Any) -> None:
        factors, product = _alike(x, y), memory.scratch["product"][: len(y)]
        for number, gradient in enumerate(dx):
            if gradient is None:
                continue
            others = [factor for place, factor in enumerate(factors) if place != number]
            kernels.merge.multiply(dy, others[0], product)
            for factor in others[1:]:
                kernels.merge.multiply(product, factor, product)
            kernels.merge.sum_repeated(product, gradient.reshape(factors[number].shape))


def _of_rank(shape: Shape, rank: int) -> Shape:
    return (*shape, *(1 for _ in range(rank - len(shape))))


def _alike(x: Any, y: Array) -> list[Array]:
    """The inputs with as many axes as the output."""
    return [part.reshape(part.shape[0], *_of_rank(part.shape[1:-1], y.ndim - 2), part.shape[-1]) for part in x]
