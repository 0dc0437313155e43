"""Activation functions, and their gradients in terms of the OUTPUT y, so that no input needs to be kept.

`<name>_forward(x, y)` fills y; `<name>_backward(y, dy, dx)` fills dx = dy f'(x). Arrays are contiguous float32 of
one shape, a whole number of vectors; x and y may be one array, and so may dy and dx. The exponentials come from
`exponential.py`; errors are within a few units in the last place.
"""

from __future__ import annotations

from numba import float32, int64, prange

from .compile import helper, kernel
from .exponential import exp, exp_minus_one, log_one_plus, tanh
from .host import LANES
from .memory import Array
from .vector import absolute, load, splat, store, where_less

_CHUNK = 256 * LANES  # floats per task


def relu_forward(x: Array, y: Array) -> None:
    """y = max(0, x)."""
    _relu_forward(x.reshape(-1), y.reshape(-1))


def relu_backward(y: Array, dy: Array, dx: Array) -> None:
    """dx = dy where y > 0, else 0."""
    _relu_backward(y.reshape(-1), dy.reshape(-1), dx.reshape(-1))


def sigmoid_forward(x: Array, y: Array) -> None:
    """y = 1 / (1 + e^-x)."""
    _sigmoid_forward(x.reshape(-1), y.reshape(-1))


def sigmoid_backward(y: Array, dy: Array, dx: Array) -> None:
    """dx = dy y (1 - y)."""
    _sigmoid_backward(y.reshape(-1), dy.reshape(-1), dx.reshape(-1))


def tanh_forward(x: Array, y: Array) -> None:
    """y = tanh x."""
    _tanh_forward(x.reshape(-1), y.reshape(-1))


def tanh_backward(y: Array, dy: Array, dx: Array) -> None:
    """dx = dy (1 - y^2)."""
    _tanh_backward(y.reshape(-1), dy.reshape(-1), dx.reshape(-1))


def softplus_forward(x: Array, y: Array) -> None:
    """y = log(1 + e^x)."""
    _softplus_forward(x.reshape(-1), y.reshape(-1))


def softplus_backward(y: Array, dy: Array, dx: Array) -> None:
    """dx = dy sigmoid(x) = dy (1 - e^-y)."""
    _softplus_backward(y.reshape(-1), dy.reshape(-1), dx.reshape(-1))


def softsign_forward(x: Array, y: Array) -> None:
    """y = x / (1 + |x|)."""
    _softsign_forward(x.reshape(-1), y.reshape(-1))


def softsign_backward(y: Array, dy: Array, dx: Array) -> None:
    """dx = dy / (1 + |x|)^2 = dy (1 - |y|)^2."""
    _softsign_backward(y.reshape(-1), dy.reshape(-1), dx.reshape(-1))


def hard_sigmoid_forward(x: Array, y: Array) -> None:
    """y = 0.2 x + 0.5, cut off below 0 and above 1 (Keras 1 and 2)."""
    _hard_sigmoid_forward(x.reshape(-1), y.reshape(-1))


def hard_sigmoid_backward(y: Array, dy: Array, dx: Array) -> None:
    """dx = 0.2 dy where 0 < y < 1, else 0."""
    _hard_sigmoid_backward(y.reshape(-1), dy.reshape(-1), dx.reshape(-1))


@helper
def _chunks(size):
    return (size + _CHUNK - 1) // _CHUNK


@helper
def _places(size, chunk):
    return range(chunk * _CHUNK, min(size, (chunk + 1) * _CHUNK), LANES)


@kernel
def _relu_forward(x, y):
    for chunk in prange(_chunks(x.size)):
        _relu_values(x, y, int64(chunk))


@helper
def _relu_values(x, y, chunk):
    zero = splat(float32(0))
    for place in _places(x.size, chunk):
        value = load(x, place)
        store(y, place, where_less(value, zero, zero, value))


@kernel
def _relu_backward(y, dy, dx):
    for chunk in prange(_chunks(y.size)):
        _relu_gradient(y, dy, dx, int64(chunk))


@helper
def _relu_gradient(y, dy, dx, chunk):
    zero = splat(float32(0))
    for place in _places(y.size, chunk):
        store(dx, place, where_less(zero, load(y, place), load(dy, place), zero))


@kernel
def _sigmoid_forward(x, y):
    for chunk in prange(_chunks(x.size)):
        _sigmoid_values(x, y, int64(chunk))


@helper
def _sigmoid_values(x, y, chunk):
    zero, one = splat(float32(0)), splat(float32(1))
    for place in _places(x.size, chunk):
        value = load(x, place)
        small = exp(zero - absolute(value))  # never overflows, and keeps the digits of a tiny result
        store(y, place, where_less(value, zero, small, one) / (one + small))


@kernel
def _sigmoid_backward(y, dy, dx):
    for chunk in prange(_chunks(y.size)):
        _sigmoid_gradient(y, dy, dx, int64(chunk))


@helper
def _sigmoid_gradient(y, dy, dx, chunk):
    one = splat(float32(1))
    for place in _places(y.size, chunk):
        value = load(y, place)
        store(dx, place, load(dy, place) * (value * (one - value)))


@kernel
def _tanh_forward(x, y):
    for chunk in prange(_chunks(x.size)):
        _tanh_values(x, y, int64(chunk))


@helper
def _tanh_values(x, y, chunk):
    for place in _places(x.size, chunk):
        store(y, place, tanh(load(x, place)))


@kernel
def _tanh_backward(y, dy, dx):
    for chunk in prange(_chunks(y.size)):
        _tanh_gradient(y, dy, dx, int64(chunk))


@helper
def _tanh_gradient(y, dy, dx, chunk):
    one = splat(float32(1))
    for place in _places(y.size, chunk):
        value = load(y, place)
        store(dx, place, load(dy, place) * ((one - value) * (one + value)))


@kernel
def _softplus_forward(x, y):
    for chunk in prange(_chunks(x.size)):
        _softplus_values(x, y, int64(chunk))


@helper
def _softplus_values(x, y, chunk):
    zero = splat(float32(0))
    for place in _places(x.size, chunk):
        value = load(x, place)
        small = exp(zero - absolute(value))
        store(y, place, where_less(value, zero, zero, value) + log_one_plus(small))


@kernel
def _softplus_backward(y, dy, dx):
    for chunk in prange(_chunks(y.size)):
        _softplus_gradient(y, dy, dx, int64(chunk))


@helper
def _softplus_gradient(y, dy, dx, chunk):
    zero = splat(float32(0))
    for place in _places(y.size, chunk):
        store(dx, place, load(dy, place) * (zero - exp_minus_one(zero - load(y, place))))


@kernel
def _softsign_forward(x, y):
    for chunk in prange(_chunks(x.size)):
        _softsign_values(x, y, int64(chunk))


@helper
def _softsign_values(x, y, chunk):
    one = splat(float32(1))
    for place in _places(x.size, chunk):
        value = load(x, place)
        store(y, place, value / (one + absolute(value)))


@kernel
def _softsign_backward(y, dy, dx):
    for chunk in prange(_chunks(y.size)):
        _softsign_gradient(y, dy, dx, int64(chunk))


@helper
def _softsign_gradient(y, dy, dx, chunk):
    one = splat(float32(1))
    for place in _places(y.size, chunk):
        slope = one - absolute(load(y, place))
        store(dx, place, load(dy, place) * (slope * slope))


@kernel
def _hard_sigmoid_forward(x, y):
    for chunk in prange(_chunks(x.size)):
        _hard_sigmoid_values(x, y, int64(chunk))


@helper
def _hard_sigmoid_values(x, y, chunk):
    zero, one = splat(float32(0)), splat(float32(1))
    for place in _places(x.size, chunk):
        value = splat(float32(0.2)) * load(x, place) + splat(float32(0.5))
        value = where_less(value, zero, zero, value)
        store(y, place, where_less(one, value, one, value))


@kernel
def _hard_sigmoid_backward(y, dy, dx):
    for chunk in prange(_chunks(y.size)):
        _hard_sigmoid_gradient(y, dy, dx, int64(chunk))


@helper
def _hard_sigmoid_gradient(y, dy, dx, chunk):
    zero, one = splat(float32(0)), splat(float32(1))
    for place in _places(y.size, chunk):
        value = load(y, place)
        slope = where_less(zero, value, where_less(value, one, splat(float32(0.2)), zero), zero)
        store(dx, place, load(dy, place) * slope)
