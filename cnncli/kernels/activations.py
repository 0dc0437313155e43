"""Activation functions and their gradients, each as a function of one vector.

`<name>_forward(x, y)` fills y; `<name>_backward(kept, dy, dx)` fills dx = dy f'(x), where `kept` is the OUTPUT y, so
that no input needs to be kept, or the input x where the output does not tell. What else a function takes follows as
numbers. Arrays are contiguous float32 of one shape, a whole number of vectors; x and y may be one array, and so may
dy and dx. Errors are within a few units in the last place, but for the lower tail of gelu's tanh form: e^2u takes the
rounding of 2u, so that the relative error grows with |2u|, to 1.3e-5 where values become 0.
"""

from __future__ import annotations

import math

from numba import float32

from .activations_template import backward, forward
from .compile import helper
from .exponential import exp, exp_minus_one, log_one_plus, normal_tail, tanh
from .vector import absolute, fma, splat, where_less, where_nan


@helper
def _clipped(x, top):
    """x, cut off below 0 and above `top`."""
    zero = splat(float32(0))
    x = where_less(x, zero, zero, x)
    return where_less(top, x, top, x)


@helper
def _between(x, top, then):
    """`then` where 0 < x < top, else 0."""
    zero = splat(float32(0))
    return where_less(zero, x, where_less(x, top, then, zero), zero)


# ---- of straight lines, the gradient by the output ---------------------------------------------


@forward
def relu_forward(x):
    """y = max(0, x)."""
    zero = splat(float32(0))
    return where_less(x, zero, zero, x)


@backward
def relu_backward(y, dy):
    """dx = dy where y > 0, else 0."""
    zero = splat(float32(0))
    return where_less(zero, y, dy, zero)


@forward
def relu6_forward(x):
    """y = min(max(0, x), 6)."""
    return _clipped(x, splat(float32(6)))


@backward
def relu6_backward(y, dy):
    """dx = dy where 0 < y < 6, else 0."""
    return _between(y, splat(float32(6)), dy)


@forward
def leaky_relu_forward(x, slope):
    """y = x where x > 0, else slope x; slope >= 0, so that y has the sign of x."""
    return where_less(splat(float32(0)), x, x, splat(slope) * x)


@backward
def leaky_relu_backward(y, dy, slope):
    """dx = dy where y > 0, else slope dy."""
    return where_less(splat(float32(0)), y, dy, splat(slope) * dy)


@forward
def hard_sigmoid_forward(x, reach):
    """y = x / (2 reach) + 0.5, cut off below 0 and above 1."""
    edge = splat(reach)
    width = edge + edge
    return _clipped(x + edge, width) / width  # keeps the digits near -reach, and is 0 and 1 from the edges on


@backward
def hard_sigmoid_backward(y, dy, reach):
    """dx = dy / (2 reach) where 0 < y < 1, else 0."""
    edge = splat(reach)
    return _between(y, splat(float32(1)), dy / (edge + edge))


# ---- of exponentials, the gradient by the output -----------------------------------------------


@forward
def sigmoid_forward(x):
    """y = 1 / (1 + e^-x)."""
    zero, one = splat(float32(0)), splat(float32(1))
    small = exp(zero - absolute(x))  # never overflows, and keeps the digits of a tiny result
    return where_less(x, zero, small, one) / (one + small)


@backward
def sigmoid_backward(y, dy):
    """dx = dy y (1 - y)."""
    return dy * (y * (splat(float32(1)) - y))


@forward
def tanh_forward(x):
    """y = tanh x."""
    return tanh(x)


@backward
def tanh_backward(y, dy):
    """dx = dy (1 - y^2)."""
    one = splat(float32(1))
    return dy * ((one - y) * (one + y))


@forward
def softplus_forward(x):
    """y = log(1 + e^x)."""
    zero = splat(float32(0))
    return where_less(x, zero, zero, x) + log_one_plus(exp(zero - absolute(x)))


@backward
def softplus_backward(y, dy):
    """dx = dy sigmoid(x) = dy (1 - e^-y)."""
    zero = splat(float32(0))
    return dy * (zero - exp_minus_one(zero - y))


@forward
def softsign_forward(x):
    """y = x / (1 + |x|)."""
    return x / (splat(float32(1)) + absolute(x))


@backward
def softsign_backward(y, dy):
    """dx = dy / (1 + |x|)^2 = dy (1 - |y|)^2."""
    slope = splat(float32(1)) - absolute(y)
    return dy * (slope * slope)


@forward
def elu_forward(x, alpha, scale):
    """y = scale x where x > 0, else scale alpha (e^x - 1)."""
    zero = splat(float32(0))
    below = splat(alpha) * exp_minus_one(where_less(zero, x, zero, x))
    return splat(scale) * where_less(zero, x, x, below)


@backward
def elu_backward(y, dy, alpha, scale):
    """dx = scale dy where y > 0, else (y + scale alpha) dy."""
    whole = splat(scale)
    # Not fused: where y is the lowest there is, both products are rounded alike and the slope is 0.
    return dy * where_less(splat(float32(0)), y, whole, y + whole * splat(alpha))


# ---- the gradient by the input -----------------------------------------------------------------


@helper
def _share(w):
    """(sigmoid(w), 1 - sigmoid(w)), both with all their digits."""
    zero, one = splat(float32(0)), splat(float32(1))
    small = exp(zero - absolute(w))
    large = one / (one + small)
    rest = small * large
    return where_less(w, zero, rest, large), where_less(w, zero, large, rest)


@helper
def _gated(x, w):
    """x sigmoid(w)."""
    zero = splat(float32(0))
    # Where w < 0 this is x e^w / (1 + e^w). In two halves, because e^w alone may be too small where x e^w is not.
    half = exp(splat(float32(-0.5)) * absolute(w))
    return where_less(w, zero, x * half * half, x) / fma(half, half, splat(float32(1)))


@forward
def silu_forward(x):
    """y = x sigmoid(x)."""
    return _gated(x, x)


@backward
def silu_backward(x, dy):
    """dx = dy s (1 + x (1 - s)), s = sigmoid(x)."""
    s, rest = _share(x)
    return dy * (s * fma(x, rest, splat(float32(1))))


_DENSITY = float32(1 / math.sqrt(2 * math.pi))


@forward
def gelu_forward(x):
    """y = x Phi(x), Phi the normal distribution: x (1 + erf(x / sqrt 2)) / 2."""
    zero, one = splat(float32(0)), splat(float32(1))
    power, ratio = normal_tail(x)
    # The power last: Phi(x) alone may be too small where x Phi(x) is not.
    return where_less(x, zero, x * ratio * power, x * (one - ratio * power))


@backward
def gelu_backward(x, dy):
    """dx = dy (Phi(x) + x phi(x)), phi the normal density."""
    zero, one = splat(float32(0)), splat(float32(1))
    power, ratio = normal_tail(x)
    tail = ratio * power
    density = power * splat(_DENSITY)
    return dy * fma(x, density, where_less(x, zero, tail, one - tail))


_TANH_LINE = float32(2 * math.sqrt(2 / math.pi))
_TANH_CUBE = float32(2 * math.sqrt(2 / math.pi) * 0.044715)


@forward
def gelu_tanh_forward(x):
    """y = x (1 + tanh u) / 2 = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    return _gated(x, x * fma(splat(_TANH_CUBE), x * x, splat(_TANH_LINE)))


@backward
def gelu_tanh_backward(x, dy):
    """dx = dy s (1 + x (1 - s) 2 u'), s = sigmoid(2 u)."""
    edge = splat(float32(20))  # beyond it s is 0 or 1, and x^2 may be inf
    x = where_less(edge, x, edge, x)
    x = where_less(x, splat(float32(-20)), splat(float32(-20)), x)
    cube = splat(_TANH_CUBE) * (x * x)
    s, rest = _share(x * (cube + splat(_TANH_LINE)))
    slope = fma(splat(float32(3)), cube, splat(_TANH_LINE))
    return dy * (s * fma(x * rest, slope, splat(float32(1))))


@forward
def hard_swish_forward(x):
    """y = x min(max(0, x + 3), 6) / 6."""
    return x * (_clipped(x + splat(float32(3)), splat(float32(6))) * splat(float32(1 / 6)))


@backward
def hard_swish_backward(x, dy):
    """dx = 0 where x <= -3, dy where x >= 3, else dy (x / 3 + 0.5)."""
    zero, one, three = splat(float32(0)), splat(float32(1)), splat(float32(3))
    line = fma(x, splat(float32(1 / 3)), splat(float32(0.5)))
    slope = where_less(splat(float32(-3)), x, where_less(x, three, line, one), zero)
    return dy * where_nan(x, x, slope)
