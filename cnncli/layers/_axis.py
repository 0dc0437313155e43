"""The window formula, in its one place: how many positions a sliding window has along one axis.

    out = (W - F_eff + P_before + P_after) / S + 1,   F_eff = D (F - 1) + 1

The lectures' rule is strict: a window that does not fit exactly is a fault. `rounding` says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from cnncli.errors import WINDOW_DOES_NOT_FIT, WINDOW_TOO_LARGE, WRONG_TYPE
from cnncli.spec import values
from cnncli.spec.nodes import Node, Scalar, Sequence, describe
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, or_list, or_word, schema_of

ImagePadding = tuple[int, int, int, int] | Literal["same"]
"""(top, bottom, left, right), or Keras's rule."""
SignalPadding = tuple[int, int] | Literal["same"]
"""(before, after), or Keras's rule."""
_PADDING_WORDS = ("same", "valid")


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a window: F, S, D, and the padding before and after (None: `same`).

    `stride_is_kernel`: the stride was left out and follows the kernel. `keeps_inside`: padding alone is no window.
    """

    name: str
    kernel: int
    stride: int
    dilation: int
    padding: tuple[int, int] | None
    stride_is_kernel: bool = False
    keeps_inside: bool = False

    @property
    def effective_kernel(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    def padding_for(self, size: int) -> tuple[int, int]:
        """The padding before and after. `same` puts the odd cell after, as Keras and TensorFlow do."""
        if self.padding is not None:
            return self.padding
        total = max((-(-size // self.stride) - 1) * self.stride + self.effective_kernel - size, 0)
        return total // 2, total - total // 2

    def positions(self, size: int, rounding: str) -> int:
        """The output size; raises `Problem` with the arithmetic where there is none."""
        before, after = self.padding_for(size)
        span = size - self.effective_kernel + before + after
        if span < 0:
            raise self.too_large(size, span, rounding)
        if self.padding is None or rounding == "floor":
            return span // self.stride + 1
        if rounding == "ceil":
            out = -(-span // self.stride) + 1
            # One more window that would start in the padding after the input is left out (Caffe, PyTorch).
            return out - 1 if span % self.stride and (out - 1) * self.stride >= size + before else out
        if span % self.stride:
            raise self.does_not_fit(size, span)
        return span // self.stride + 1

    def formula(self, size: int) -> str:
        before, after = self.padding_for(size)
        padding = f"2*{before}" if before == after and before else f"{before} + {after}" if before != after else "0"
        return f"({size} - {self.effective_kernel} + {padding})/{self.stride} + 1"

    def arithmetic(self, size: int, result: str) -> tuple[str, ...]:
        return (*self.dilation_in_words(), f"{self.formula(size)} = {result}")

    def dilation_in_words(self) -> tuple[str, ...]:
        """How F_eff comes about; nothing where it is F."""
        if self.dilation == 1:
            return ()
        return (f"F_eff = {self.dilation} * ({self.kernel} - 1) + 1 = {self.effective_kernel}",)

    def too_large(self, size: int, span: int, rounding: str) -> Problem:
        padded = size + sum(self.padding_for(size))
        return Problem(
            WINDOW_TOO_LARGE,
            f"the window covers {self.effective_kernel} cells, the {self.name} has {padded}"
            + (" with its padding" if padded > size else ""),
            "kernel",
            self.arithmetic(size, f"{_quotient(span, self.stride)}, less than one position"),
            ("fits: " + "; ".join(self.fitting(size, rounding)),),
        )

    def does_not_fit(self, size: int, span: int) -> Problem:
        result = _quotient(span, self.stride)
        floor = span // self.stride + 1
        dropped = span % self.stride
        return Problem(
            WINDOW_DOES_NOT_FIT,
            f"the window does not fit the {self.name} exactly: {result} positions",
            "stride",
            self.arithmetic(size, result),
            (
                "fits: " + "; ".join(self.fitting(size, "exact")),
                f"or say what is meant: `rounding: floor` gives {floor} and leaves {dropped} of {size} unseen; "
                f"`rounding: ceil` gives {self.positions(size, 'ceil')}",
            ),
        )

    def fitting(self, size: int, rounding: str) -> list[str]:
        """The nearest strides, kernels, paddings and input sizes with which the window does fit."""
        before, after = self.padding_for(size)
        span = size - self.effective_kernel + before + after
        largest_kernel = (size + before + after - 1) // self.dilation + 1
        found = {
            "stride": [s for s in (*_around(self.stride, 1), 1) if replace(self, stride=s).fits(size, rounding)],
            "kernel": [
                k for k in _around(min(self.kernel, largest_kernel + 1), 1) if self._with_kernel(k).fits(size, rounding)
            ],
            "padding": [
                p
                for p in _around(max(before, -(span // 2) - 1), 0)
                if before == after and replace(self, padding=(p, p)).fits(size, rounding)
            ],
            "an input of": [size - span]
            if span < 0
            else [n for n in (size - span % self.stride, size + -span % self.stride) if n > 0],
        }
        return [f"{what} {_either(numbers[:2])}" for what, numbers in found.items() if numbers]

    def fits(self, size: int, rounding: str = "exact") -> bool:
        """Whether there is a whole number of positions, each with a real cell under it where that is asked for."""
        before, after = self.padding_for(size)
        span = size - self.effective_kernel + before + after
        if self.keeps_inside and max(before, after) >= self.kernel:
            return False
        return span >= 0 and (rounding != "exact" or span % self.stride == 0)

    def _with_kernel(self, kernel: int) -> Axis:
        return replace(self, kernel=kernel, stride=kernel if self.stride_is_kernel else self.stride)


def _around(center: int, low: int, reach: int = 64) -> list[int]:
    """The numbers near `center`, nearest first, without it. Bounded: a stride of 10^12 is no reason to wait."""
    near = [n for step in range(1, reach + 1) for n in (center - step, center + step)]
    return [n for n in near if n >= low]


def _either(numbers: list[int]) -> str:
    return " or ".join(str(n) for n in sorted(set(numbers)))


def _quotient(span: int, stride: int) -> str:
    """span/stride + 1 with two decimals, without floating point: sizes have no bound.

    Where two decimals would round a fraction away, it is written out: `1 + 5/1000`.
    """
    hundredths = (span * 100 + stride // 2) // stride + 100
    if span > 0 and span % stride and hundredths % 100 == 0:
        return f"{span // stride + 1} + {span % stride}/{stride}"
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


# Two or four of them: a list of three is too short.
@accepts(
    or_list(schema_of(values.non_negative), minItems=2, maxItems=4) | {"if": {"minItems": 3}, "then": {"minItems": 4}}
)
def image_sides(node: Node, what: str = "padding") -> tuple[int, int, int, int]:
    """(top, bottom, left, right): an integer, `[vertical, horizontal]`, or all four. `what` they are, in a fault."""
    if not isinstance(node, Sequence):
        both = values.non_negative(node)
        return both, both, both, both
    numbers = [values.non_negative(item) for item in node.items]
    if len(numbers) == 2:
        return numbers[0], numbers[0], numbers[1], numbers[1]
    if len(numbers) == 4:
        return numbers[0], numbers[1], numbers[2], numbers[3]
    hint = "write one number, [vertical, horizontal], or [top, bottom, left, right]"
    raise Problem(WRONG_TYPE, f"{what} has {len(numbers)} numbers", node, hints=(hint,))


@accepts(or_list(schema_of(values.non_negative), minItems=2, maxItems=2))
def signal_sides(node: Node) -> tuple[int, int]:
    """(before, after): an integer, or both."""
    if not isinstance(node, Sequence):
        both = values.non_negative(node)
        return both, both
    numbers = [values.non_negative(item) for item in node.items]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    hint = "write one number, or [before, after]"
    raise Problem(WRONG_TYPE, f"padding has {len(numbers)} numbers", node, hints=(hint,))


@accepts(or_word(schema_of(image_sides), *_PADDING_WORDS))
def image_padding(node: Node) -> ImagePadding:
    """What `image_sides` reads, `same`, or `valid`."""
    word = _padding_word(node)
    return image_sides(node) if word is None else "same" if word == "same" else (0, 0, 0, 0)


@accepts(or_word(schema_of(signal_sides), *_PADDING_WORDS))
def signal_padding(node: Node) -> SignalPadding:
    """What `signal_sides` reads, `same`, or `valid`."""
    word = _padding_word(node)
    return signal_sides(node) if word is None else "same" if word == "same" else (0, 0)


def _padding_word(node: Node) -> str | None:
    """`same` or `valid`; None where numbers stand."""
    if not isinstance(node, Scalar) or not node.text[:1].isalpha():
        return None
    if node.text in _PADDING_WORDS:
        return node.text
    words = "padding is a number, `same`, or `valid`"
    raise Problem(WRONG_TYPE, f"{words}, not {describe(node)}", node)
