"""The matrices of Winograd's minimal filtering F(m, r), exact: m outputs of a filter of r taps by m + r - 1 products.

    y = A^T [(G g) * (B^T d)]        with d: m + r - 1 inputs, g: r taps, * element by element

Multiplying polynomials at points and interpolating (Toom, 1963; Cook, 1966) gives a bilinear form; Winograd's is its
transpose (Winograd, "Arithmetic complexity of computations", 1980; Lavin & Gray, "Fast algorithms for convolutional
neural networks", 2015). The last point is infinity. Points come in pairs +a, -a: their sums share all products.

The points decide how much is lost to rounding. With 0, +-1, +-2 and 64 channels the float32 outputs of F(4x4, 3x3)
are 1.9e-6 from the exact ones (of their length); with +-3/4 and +-3/2, no more work and as exact in binary, 0.8e-6.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import NamedTuple

Matrix = tuple[tuple[Fraction, ...], ...]

# By their number, infinity included: of those that are short in binary, the ones that lose least.
_SPREAD = {4: ("1",), 6: ("3/4", "3/2"), 8: ("1/2", "1", "2")}


class Form(NamedTuple):
    """F(outputs, taps): A [points, outputs], G [points, taps], B [points, points]; all exact."""

    outputs: int
    taps: int
    a: Matrix
    g: Matrix
    b: Matrix

    @property
    def points(self) -> int:
        return self.outputs + self.taps - 1


@cache
def form(outputs: int, taps: int) -> Form:
    """The matrices of F(outputs, taps), where outputs + taps - 1 is 4, 6 or 8."""
    size = outputs + taps - 1
    finite = [Fraction(0), *(sign * Fraction(point) for point in _SPREAD[size] for sign in (1, -1))]
    a = [_powers(point, outputs) for point in finite] + [_unit(outputs)]
    g, b = [], []
    for point in finite:
        others = [other for other in finite if other != point]
        scale = _product([point - other for other in others])
        # G gets the fractions: it is applied once to a weight, B to every input.
        g.append(tuple(power / scale for power in _powers(point, taps)))
        b.append(_polynomial(others, size))
    g.append(_unit(taps))
    b.append(_polynomial(finite, size))
    return Form(outputs, taps, tuple(a), tuple(g), tuple(b))


def transposed(matrix: Matrix) -> Matrix:
    """Rows become columns."""
    return tuple(zip(*matrix, strict=True))


def _powers(point: Fraction, count: int) -> tuple[Fraction, ...]:
    return tuple(point**exponent for exponent in range(count))


def _unit(count: int) -> tuple[Fraction, ...]:
    """What a polynomial of `count` coefficients is at infinity: its last one."""
    return (Fraction(0),) * (count - 1) + (Fraction(1),)


def _product(factors: list[Fraction]) -> Fraction:
    result = Fraction(1)
    for factor in factors:
        result *= factor
    return result


def _polynomial(roots: list[Fraction], size: int) -> tuple[Fraction, ...]:
    """The coefficients of the product of x - root, lowest first, filled up with zeros to `size`."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [high - root * low for high, low in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
    return tuple(coefficients) + (Fraction(0),) * (size - len(coefficients))
