"""exp and its relatives on whole vectors, in plain arithmetic: a call per lane would undo the vectors.

e^x = 2^n e^r with n = round(x / log 2) and |r| <= log(2) / 2 (Cody & Waite's two-part reduction); e^r is the
polynomial of Moshier's Cephes library (expf). NaN stays NaN; too large becomes inf, too small becomes 0.

The normal distribution's lower tail is e^(-a^2 / 2) R(a) with a = |x|; R is Mills' ratio but for a factor, and smooth.
Here it is t p(2 t - 1), t = 1 / (1 + 3/8 a), with p of degree 9: fitted to mpmath's erfc (40 digits) at 600 Chebyshev
points of t for 0 <= a <= 15, by least squares whose weights are changed until the relative error is even everywhere
(Lawson, 1961). That error is 1.4e-8, less than rounding adds.
"""

from __future__ import annotations

import math

from numba import float32

from .compile import helper
from .vector import absolute, copy_sign, exponent_of, fma, nearest, power_of_two, splat, where_less, where_nan

_LOG2_E = float32(1 / math.log(2))
_LOG_2_HIGH = float32(0.693359375)  # few bits: n * high is exact
_LOG_2_LOW = float32(math.log(2) - 0.693359375)
_LARGEST, _SMALLEST = float32(89), float32(-104)  # beyond these e^x is inf or 0 in float32
_LOG_2 = float32(math.log(2))


@helper
def _reduced(x):
    """(n, e^r - 1) with x = n log 2 + r; x clipped to where e^x is neither inf nor 0."""
    x = where_less(x, splat(_LARGEST), x, splat(_LARGEST))
    x = where_less(x, splat(_SMALLEST), splat(_SMALLEST), x)
    n = nearest(x * splat(_LOG2_E))
    r = fma(n, splat(-_LOG_2_HIGH), x)
    return n, _grown(fma(n, splat(-_LOG_2_LOW), r))


@helper
def _grown(r):
    """e^r - 1 for |r| <= log(2) / 2."""
    p = splat(float32(1.9875691500e-4))
    p = fma(p, r, splat(float32(1.3981999507e-3)))
    p = fma(p, r, splat(float32(8.3334519073e-3)))
    p = fma(p, r, splat(float32(4.1665795894e-2)))
    p = fma(p, r, splat(float32(1.6666665459e-1)))
    p = fma(p, r, splat(float32(5.0000001201e-1)))
    return fma(p, r * r, r)


@helper
def _scaled(n, part):
    """2^n (1 + part), for n from -252 to 254."""
    # Two factors, because 2^n alone may overflow, or be too small, where the product is not.
    half = nearest(n * splat(float32(0.5)))
    return (part + splat(float32(1))) * power_of_two(half) * power_of_two(n - half)


@helper
def exp(x):
    """e^x."""
    n, part = _reduced(x)
    return where_nan(x, x, _scaled(n, part))


@helper
def exp_minus_one(x):
    """e^x - 1 for x <= 80, to full relative precision near 0 too."""
    one = splat(float32(1))
    n, part = _reduced(where_less(x, splat(float32(-80)), splat(float32(-80)), x))
    power = power_of_two(n)
    return where_nan(x, x, fma(part, power, power - one))


@helper
def log_one_plus(x):
    """log(1 + x) for 0 <= x <= 1: 2 artanh(x / (2 + x)), whose series needs nine terms there."""
    s = x / (x + splat(float32(2)))
    square = s * s
    p = splat(float32(2 / 17))
    p = fma(p, square, splat(float32(2 / 15)))
    p = fma(p, square, splat(float32(2 / 13)))
    p = fma(p, square, splat(float32(2 / 11)))
    p = fma(p, square, splat(float32(2 / 9)))
    p = fma(p, square, splat(float32(2 / 7)))
    p = fma(p, square, splat(float32(2 / 5)))
    p = fma(p, square, splat(float32(2 / 3)))
    return fma(p * square, s, s + s)


@helper
def power(x, exponent):
    """x^exponent for x from 2^-126 to 2^126, and above that as there.

    With x = 2^e m the logarithm is e + log2 m, a sum that is never rounded: a large e costs no digits.
    """
    largest = splat(float32(2.0**126))
    clipped = where_less(x, largest, x, largest)
    e = exponent_of(clipped)
    fraction = log_one_plus(clipped * power_of_two(splat(float32(0)) - e) - splat(float32(1))) * splat(_LOG2_E)
    n = nearest(exponent * (e + fraction))
    r = fma(exponent, fraction, fma(exponent, e, splat(float32(0)) - n))
    least, most = splat(float32(-252)), splat(float32(254))
    part = _grown(r * splat(_LOG_2))
    n = where_less(n, least, least, where_less(most, n, most, n))
    return where_nan(x, x, _scaled(n, part))


@helper
def tanh(x):
    """(e^2x - 1) / (e^2x + 1), by e^2|x| - 1; the sign is put back at the end."""
    size = absolute(x)
    size = where_less(size, splat(float32(10)), size, splat(float32(10)))  # tanh 10 rounds to 1
    grown = exp_minus_one(size + size)
    return where_nan(x, x, copy_sign(grown / (grown + splat(float32(2))), x))


@helper
def normal_tail(x):
    """(e^(-x^2 / 2), R(|x|)), whose product is Phi(-|x|), with all their digits; of NaN, as of 15."""
    zero, one, half = splat(float32(0)), splat(float32(1)), splat(float32(0.5))
    a = absolute(x)
    a = where_less(a, splat(float32(15)), a, splat(float32(15)))  # Phi(-15) is 0 in float32
    # a^2 as it is rounded, and what the rounding left out: e^-80 takes every digit of its exponent.
    square = a * a
    left_out = fma(a, a, zero - square)
    power = exp(zero - half * square)
    power = fma(power, zero - half * left_out, power)
    t = one / fma(a, splat(float32(0.375)), one)
    s = t + t - one
    p = splat(float32(4.0134145745e-05))
    p = fma(p, s, splat(float32(-1.5508086312e-04)))
    p = fma(p, s, splat(float32(-2.3612033598e-05)))
    p = fma(p, s, splat(float32(1.0045788579e-03)))
    p = fma(p, s, splat(float32(-6.0942606294e-04)))
    p = fma(p, s, splat(float32(-6.4116296035e-03)))
    p = fma(p, s, splat(float32(2.7419718803e-03)))
    p = fma(p, s, splat(float32(6.2176692684e-02)))
    p = fma(p, s, splat(float32(1.7305408049e-01)))
    p = fma(p, s, splat(float32(2.6818228358e-01)))
    return power, t * p
