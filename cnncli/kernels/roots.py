"""x^(-3/4), the power that local response normalisation is mostly used with, by Newton's method alone.

The exponent bits of x, times -3/4, are those of y_0, which is x^(-3/4) within 4.3% (as in the fast inverse square
root of Quake III, 1999, where the factor is -1/2). With u = x^3 y^4 - 1 the power is y (1 + u)^(-1/4): a cubic in u,
fitted by Lawson's method (1961), leaves 1.1e-5, and a second step, with the line 1 - u / 4, only what rounding does.
"""

from __future__ import annotations

from llvmlite import ir
from numba import float32

from . import emit
from .compile import helper
from .host import LANES
from .vector import fma, intrinsic, splat, vector

_EXPONENTS = 1863604764
"""7/4 of (the bias of an exponent - 0.052) in the bits of a float32: of all such, u is then smallest, 0.172."""


@intrinsic
def _rough(typing, x):
    """y_0."""

    def generate(context, builder, signature, arguments):
        bits = builder.bitcast(arguments[0], emit.INTEGERS)
        quarter = builder.ashr(bits, ir.Constant(emit.INTEGERS, [2] * LANES))
        start = ir.Constant(emit.INTEGERS, [_EXPONENTS] * LANES)
        return builder.bitcast(builder.add(builder.sub(start, bits), quarter), emit.VECTOR)

    return vector(vector), generate


@helper
def _excess(x, y):
    """u, with no number on the way that is far from both x and y."""
    root = x * y
    return fma(root * root * root, y, splat(float32(-1)))


@helper
def power_minus_three_quarters(x):
    """x^(-3/4) within 1.1e-7 of itself, for x from 2^-126 to 2^126."""
    y = _rough(x)
    u = _excess(x, y)
    p = fma(splat(float32(-0.12053985)), u, splat(float32(0.15909355)))
    y = y * fma(fma(p, u, splat(float32(-0.2499711))), u, splat(float32(0.99998953)))
    return fma(y * splat(float32(-0.25)), _excess(x, y), y)
