"""Convolution (cross-correlation, as in every framework): forward, data gradient, weight gradient.

Shapes: x, dx [B, C, H, W, LANES]; weight, dw [K, C/G, F_h, F_w]; bias [K]; y, dy [B, K, out_h, out_w, LANES];
all contiguous float32. stride and dilation are pairs (vertical, horizontal); padding is (top, left): what lies
below and to the right follows from y's shape. Any sizes, strides, paddings, dilations and groups.

`algorithm` chooses, by the shapes, between the direct sum (`correlate`, `correlate_weights`) and a Winograd form.
"""

from __future__ import annotations

from functools import lru_cache

from . import algorithm, axes, winograd, winograd_weights
from .correlate import correlate, plan
from .correlate_weights import correlate_weights, weight_plan
from .memory import Array, Pair, no_bias


def forward(
    x: Array, weight: Array, bias: Array | None, y: Array,
    stride: Pair, padding: Pair, dilation: Pair, groups: int, relu: bool = False,
) -> None:  # fmt: skip
    """y[b, k] = bias[k] + sum over c of x[b, c] (*) weight[k, c], then max(0, .) if relu. Overwrites y.

    Without a bias (None), nothing is added.
    """
    bias = no_bias(y.shape[1]) if bias is None else bias
    form = algorithm.best_form(weight.shape, y.shape[2:4], stride, dilation, groups)
    if form is not None:
        tiles = _forward_tiles(x.shape, weight.shape, y.shape, padding, groups, form)
        winograd.correlate(x, weight, bias, y, tiles, relu)
    else:
        correlate(x, weight, bias, y, _forward_plan(weight.shape, y.shape, stride, padding, dilation, groups), relu)


def data_gradient(
    dy: Array, weight: Array, dx: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int,
    bias: Array | None = None, relu: bool = False, add: bool = False,
) -> None:  # fmt: skip
    """dx = dL/dx from dy = dL/dy. Overwrites dx; sums in one order whatever the number of threads.

    If `add`, dL/dx is added to what dx holds. As the forward pass of a transposed convolution it adds a bias [C], and
    takes max(0, .) if relu.
    """
    bias = no_bias(dx.shape[1]) if bias is None else bias
    form = algorithm.best_form(weight.shape, dx.shape[2:4], stride, dilation, groups, "data_gradient")
    if form is not None:
        tiles = _gradient_tiles(dy.shape, weight.shape, dx.shape, padding, groups, form)
        winograd.correlate(dy, weight, bias, dx, tiles, relu, add)
    else:
        phases = _gradient_plan(weight.shape, dx.shape, stride, padding, dilation, groups)
        correlate(dy, weight, bias, dx, phases, relu, add)


def weight_gradient(x: Array, dy: Array, dw: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int) -> None:
    """dw = dL/dweight from x and dy = dL/dy. Overwrites dw; the same bits whatever the number of threads."""
    form = algorithm.best_form(dw.shape, dy.shape[2:4], stride, dilation, groups, "weight_gradient")
    if form is not None:
        tiles = winograd_weights.weight_plan(x.shape, dy.shape, groups, form, padding)
        winograd_weights.correlate_weights(x, dy, dw, tiles)
    else:
        correlate_weights(x, dy, dw, _weight_plan(dy.shape, dw.shape, stride, padding, dilation, groups))


@lru_cache(maxsize=1024)
def _forward_tiles(x_shape, weight_shape, y_shape, padding, groups, form):
    _, channels, F, _ = weight_shape
    return winograd.plan(x_shape, y_shape, groups, form, padding, (channels * F * F, F * F), False)


@lru_cache(maxsize=1024)
def _gradient_tiles(dy_shape, weight_shape, dx_shape, padding, groups, form):
    _, channels, F, _ = weight_shape
    turned = F - 1 - padding[0], F - 1 - padding[1]
    return winograd.plan(dy_shape, dx_shape, groups, form, turned, (F * F, channels * F * F), True)


@lru_cache(maxsize=1024)
def _forward_plan(weight_shape, y_shape, stride, padding, dilation, groups):
    K, channels, F_h, F_w = weight_shape
    vertical = axes.forward_axis(F_h, y_shape[2], stride[0], padding[0], dilation[0])
    horizontal = axes.forward_axis(F_w, y_shape[3], stride[1], padding[1], dilation[1])
    strides = (K // groups * channels * F_h * F_w, channels * F_h * F_w, F_h * F_w)
    return plan(y_shape, groups, K // groups, channels, strides, vertical, horizontal)


@lru_cache(maxsize=1024)
def _gradient_plan(weight_shape, dx_shape, stride, padding, dilation, groups):
    K, channels, F_h, F_w = weight_shape
    vertical = axes.gradient_axis(F_h, dx_shape[2], stride[0], padding[0], dilation[0])
    horizontal = axes.gradient_axis(F_w, dx_shape[3], stride[1], padding[1], dilation[1])
    strides = (K // groups * channels * F_h * F_w, F_h * F_w, channels * F_h * F_w)
    return plan(dx_shape, groups, channels, K // groups, strides, vertical, horizontal)


@lru_cache(maxsize=1024)
def _weight_plan(dy_shape, dw_shape, stride, padding, dilation, groups):
    (vertical,) = axes.forward_axis(dw_shape[2], dy_shape[2], stride[0], padding[0], dilation[0])
    (horizontal,) = axes.forward_axis(dw_shape[3], dy_shape[3], stride[1], padding[1], dilation[1])
    return weight_plan(dy_shape, dw_shape, groups, vertical, horizontal)
