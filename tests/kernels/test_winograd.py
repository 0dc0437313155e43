"""Winograd's forms: exact matrices, and convolutions against the plain float64 loops within a stated bound."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cnncli.kernels import algorithm, convolution, toom_cook, winograd, winograd_weights
from cnncli.kernels import compile as compiling

from . import reference
from .lanes import LANES, from_lanes, normal, to_lanes, unset

FORMS = sorted(algorithm.FORMS)
LONG = 8  # how many times a form's stated distance one small case may be from the exact result


@pytest.mark.parametrize(("outputs", "taps"), [*FORMS, (6, 3), (3, 4)])
def test_the_matrices_filter_exactly(outputs, taps):
    form = toom_cook.form(outputs, taps)
    rng = np.random.default_rng(0)
    d = [Fraction(int(value)) for value in rng.integers(-9, 10, form.points)]
    g = [Fraction(int(value)) for value in rng.integers(-9, 10, taps)]
    products = [
        sum(a * b for a, b in zip(weights, g, strict=True)) * sum(a * b for a, b in zip(inputs, d, strict=True))
        for weights, inputs in zip(form.g, form.b, strict=True)
    ]
    found = [sum(row[i] * product for row, product in zip(form.a, products, strict=True)) for i in range(outputs)]
    assert found == [sum(d[i + j] * g[j] for j in range(taps)) for i in range(outputs)]


@pytest.mark.parametrize("points", [4, 6, 8])
def test_the_matrices_of_inputs_and_outputs_are_exact_in_float32(points):
    form = toom_cook.form(points - 2, 3)
    for entry in (entry for matrix in (form.a, form.b) for row in matrix for entry in row):
        assert Fraction(float(np.float32(float(entry)))) == entry


def run(form, images, groups, channels, filters, size, padding, relu=False, seed=0):
    """(found, expected) of y, dx and dw."""
    taps = form[1]
    out = tuple(extent + 2 * pad - taps + 1 for extent, pad in zip(size, padding, strict=True))
    x, weight = normal(seed, images, channels * groups, *size), normal(seed + 1, filters * groups, channels, taps, taps)
    bias, dy = normal(seed + 2, filters * groups), normal(seed + 3, images, filters * groups, *out)
    w32, b32 = weight.astype(np.float32), bias.astype(np.float32)
    x_lanes, dy_lanes = to_lanes(x), to_lanes(dy)
    y, dx, dw = unset(images, filters * groups, *out), unset(images, channels * groups, *size), w32 * np.nan
    made = convolution._forward_tiles(x_lanes.shape, w32.shape, y.shape, padding, groups, form)
    winograd.correlate(x_lanes, w32, b32, y, made, relu)
    made = convolution._gradient_tiles(dy_lanes.shape, w32.shape, dx.shape, padding, groups, form)
    winograd.correlate(dy_lanes, w32, np.zeros(channels * groups, np.float32), dx, made, False)
    made = winograd_weights.weight_plan(x_lanes.shape, dy_lanes.shape, groups, form, padding)
    winograd_weights.correlate_weights(x_lanes, dy_lanes, dw, made)
    expected_y, expected_dx, expected_dw = reference.convolution_by_taps(x, weight, bias, dy, padding, groups)
    if relu:
        expected_y = np.maximum(expected_y, 0)
    return (from_lanes(y, images), expected_y), (from_lanes(dx, images), expected_dx), (dw, expected_dw)


def assert_near(form, found, expected):
    """Within a few times the form's distance, of the result's length; a result of one number has no length to share."""
    distance = np.linalg.norm(found - expected)
    assert distance <= LONG * algorithm.FORMS[form] * max(np.linalg.norm(expected), np.sqrt(expected.size))


@st.composite
def cases(draw):
    taps = draw(st.sampled_from(sorted({taps for _, taps in FORMS})))
    size = tuple(draw(st.integers(taps, 13)) for _ in range(2))
    return {
        "form": draw(st.sampled_from([form for form in FORMS if form[1] == taps])),
        "images": draw(st.integers(1, 35)), "groups": draw(st.integers(1, 2)), "channels": draw(st.integers(1, 5)),
        "filters": draw(st.integers(1, 9)), "size": size,
        "padding": tuple(draw(st.integers(0, taps - 1)) for _ in range(2)), "relu": draw(st.booleans()),
        "seed": draw(st.integers(0, 1000)),
    }  # fmt: skip


@hypothesis_settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(cases())
def test_any_shape(case):
    for found, expected in run(**case):
        assert_near(case["form"], found, expected)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("channels", "filters", "size"), [(16, 16, 12), (40, 20, 9), (70, 70, 8), (130, 24, 6), (33, 150, 6)]
)
def test_more_channels_filters_and_tiles_than_one_block(form, channels, filters, size):
    for found, expected in run(form, 18, 1, channels, filters, (size, size), (1, 1)):
        assert_near(form, found, expected)


@pytest.mark.parametrize("form", FORMS)
def test_more_blocks_of_channels_and_filters_than_fit_the_caches(form, monkeypatch):
    monkeypatch.setattr(winograd, "_NEAR_CACHE", 20)
    monkeypatch.setattr(winograd, "_PRODUCT_CACHE", 1200)
    for plans in (convolution._forward_tiles, convolution._gradient_tiles):
        monkeypatch.setattr(convolution, plans.__name__, plans.__wrapped__)
    made = convolution._forward_tiles((2, 26, 12, 12, LANES), (21, 26, 3, 3), (2, 21, 12, 12, LANES), (1, 1), 1, (4, 3))
    assert made.sizes.channel_block < 13 and made.sizes.filter_block < 21
    for found, expected in run(form, 18, 1, 26, 21, (12, 12), (1, 1)):
        assert_near(form, found, expected)


def test_many_blocks_of_images():
    for found, expected in run((4, 3), 300, 1, 2, 3, (5, 5), (1, 1)):
        assert_near((4, 3), found, expected)


@pytest.mark.parametrize("form", FORMS)
def test_the_stated_distance_is_the_measured_one(form):
    """For 64 channels of normal numbers, as `algorithm.FORMS` says: neither worse nor far better."""
    (found, expected), (dx, expected_dx), (dw, expected_dw) = run(form, 16, 1, 64, 64, (12, 12), (1, 1))
    distance = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert 0.5 * algorithm.FORMS[form] < distance < 1.5 * algorithm.FORMS[form]
    for gradient, exact in ((dx, expected_dx), (dw, expected_dw)):
        assert np.linalg.norm(gradient - exact) < 2 * algorithm.FORMS[form] * np.linalg.norm(exact)


def test_the_same_bits_for_any_number_of_threads():
    before = compiling.threads()
    results = []
    for threads in (1, 2):
        compiling.set_threads(threads)
        results.append([found.tobytes() for found, _ in run((4, 3), 40, 1, 20, 70, (9, 9), (1, 1))])
    compiling.set_threads(before)
    assert results[0] == results[1]


def test_images_do_not_touch_each_other():
    x, weight, bias = to_lanes(normal(0, 16, 3, 8, 8)), np.ones((4, 3, 3, 3), np.float32), np.zeros(4, np.float32)
    made = convolution._forward_tiles(x.shape, weight.shape, (1, 4, 6, 6, x.shape[-1]), (0, 0), 1, (4, 3))
    clean, dirty = unset(16, 4, 6, 6), unset(16, 4, 6, 6)
    winograd.correlate(x, weight, bias, clean, made, False)
    x[0, :, :, :, 0] = np.nan
    winograd.correlate(x, weight, bias, dirty, made, False)
    assert np.isnan(from_lanes(dirty, 16)[0]).all()
    np.testing.assert_array_equal(from_lanes(dirty, 16)[1:], from_lanes(clean, 16)[1:])


# Which algorithm is chosen.


def chosen(filters, channels, taps, size, stride=1, dilation=1, which="forward"):
    shape = (filters, channels, taps, taps)
    return algorithm.best_form(shape, (size, size), (stride, stride), (dilation, dilation), 1, which)


def test_many_channels_favour_large_tiles():
    assert chosen(64, 64, 3, 32) == (4, 3)
    assert chosen(64, 64, 3, 32, which="weight_gradient") == (4, 3)
    assert chosen(64, 64, 3, 2) == (2, 3)
    assert chosen(128, 48, 5, 28) == (4, 5)


def test_in_the_data_gradient_filters_and_channels_change_places():
    assert chosen(8, 24, 3, 8) is None  # inputs cost more than outputs
    assert chosen(24, 8, 3, 8) == chosen(8, 24, 3, 8, which="data_gradient") == (4, 3)
    assert chosen(24, 8, 3, 8, which="data_gradient") is None


def test_few_channels_and_other_windows_are_summed_directly():
    assert chosen(64, 3, 3, 32) is None
    assert chosen(16, 6, 5, 10) is None
    assert chosen(64, 64, 1, 32) is None
    assert chosen(64, 64, 3, 32, stride=2) is None
    assert chosen(64, 64, 3, 32, dilation=2) is None
    assert algorithm.best_form((64, 64, 3, 1), (32, 32), (1, 1), (1, 1), 1) is None


def test_the_choice_can_be_overridden():
    algorithm.set_algorithm("direct")
    try:
        assert chosen(64, 64, 3, 32) is None
    finally:
        algorithm.set_algorithm("auto")
    assert chosen(64, 64, 3, 32) is not None
    algorithm.set_algorithm("winograd")
    try:
        assert chosen(16, 6, 5, 2) == (2, 5)
        assert chosen(16, 6, 5, 10) == (4, 5)
        assert chosen(16, 6, 1, 10) is None
    finally:
        algorithm.set_algorithm("auto")
    with pytest.raises(ValueError, match="auto, direct, winograd"):
        algorithm.set_algorithm("fast")


def test_names():
    assert algorithm.name_of(None) == "direct"
    assert algorithm.name_of((4, 3)) == "winograd 4x4"
