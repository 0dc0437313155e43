"""Kernels that move or mix the cells of planes: another size, a border, another order, a whole image dropped.

All are linear, so a backward pass is right if <forward(x), dy> = <x, backward(dy)>; every output starts out full of
what no kernel should leave behind.
"""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.kernels import adaptive_pooling, borders, resample, shuffle, stochastic_depth
from cnncli.kernels import compile as compiling

from .lanes import LANES, close, from_lanes, normal, to_lanes, unset

IMAGES = LANES + 3


def over_bins(x, out, reduce):
    """[N, C, H, W] -> [N, C, *out], a bin at a time."""
    y = np.zeros((*x.shape[:2], *out))
    for h, w in np.ndindex(*out):
        rows = slice(h * x.shape[2] // out[0], -(-(h + 1) * x.shape[2] // out[0]))
        columns = slice(w * x.shape[3] // out[1], -(-(w + 1) * x.shape[3] // out[1]))
        y[:, :, h, w] = reduce(x[:, :, rows, columns], axis=(2, 3))
    return y


def border(x, mode):
    names = {"constant": {"constant_values": 2.5}, "reflect": {}, "edge": {}}
    return np.pad(x, ((0, 0), (0, 0), (2, 1), (0, 3)), mode=mode, **names[mode])


# name: (forward, backward, the input's shape, what forward gives)
LINEAR = {
    "nearest": (
        lambda x, y: resample.forward(x, y, "nearest"), lambda dy, dx: resample.backward(dy, dx, "nearest"),
        (3, 4, 5), lambda x: x.repeat(2, axis=2).repeat(3, axis=3),
    ),
    "bins": (
        lambda x, y: resample.forward(x, y, "bins"), lambda dy, dx: resample.backward(dy, dx, "bins"),
        (2, 7, 3), lambda x: over_bins(x, (3, 5), np.mean),
    ),
    "reflect": (
        lambda x, y: borders.pad(x, y, (2, 0), "reflect"),
        lambda dy, dx: borders.pad_backward(dy, dx, (2, 0), "reflect"),
        (2, 3, 4), lambda x: border(x, "reflect"),
    ),
    "replicate": (
        lambda x, y: borders.pad(x, y, (2, 0), "replicate"),
        lambda dy, dx: borders.pad_backward(dy, dx, (2, 0), "replicate"),
        (2, 3, 4), lambda x: border(x, "edge"),
    ),
    "crop": (
        lambda x, y: borders.crop(x, y, (1, 2)), lambda dy, dx: borders.crop_backward(dy, dx, (1, 2)),
        (2, 4, 6), lambda x: x[:, :, 1:3, 2:5],
    ),
    "shuffle": (
        lambda x, y: shuffle.shuffle(x, y, 3), lambda dy, dx: shuffle.shuffle(dy, dx, 2),
        (6, 2, 3), lambda x: x[:, [0, 2, 4, 1, 3, 5]],
    ),
    "global average": (
        adaptive_pooling.global_average_forward, adaptive_pooling.global_average_backward,
        (3, 4, 5), lambda x: x.mean(axis=(2, 3), keepdims=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR)
def test_a_linear_map_and_its_transpose(name):
    forward, backward, shape, expect = LINEAR[name]
    x = normal(1, IMAGES, *shape)
    expected = expect(x)
    dy = normal(2, *expected.shape)
    y, dx = unset(IMAGES, *expected.shape[1:]), unset(IMAGES, *shape)
    forward(to_lanes(x), y)
    backward(to_lanes(dy), dx)
    close(from_lanes(y, IMAGES), expected, 1e-6)
    found = from_lanes(dx, IMAGES)
    for image in range(IMAGES):  # one image at a time: a sum over all would hide lanes that changed places
        np.testing.assert_allclose((expected[image] * dy[image]).sum(), (x[image] * found[image]).sum(), rtol=1e-4)


def test_a_constant_border_has_no_gradient():
    x, dy = normal(1, IMAGES, 2, 3, 4), normal(2, IMAGES, 2, 6, 7)
    y, dx = unset(IMAGES, 2, 6, 7), unset(IMAGES, 2, 3, 4)
    borders.pad(to_lanes(x), y, (2, 0), "constant", 2.5)
    borders.pad_backward(to_lanes(dy), dx, (2, 0))
    close(from_lanes(y, IMAGES), border(x, "constant"), 0)
    close(from_lanes(dx, IMAGES), dy[:, :, 2:5, :4], 0)


def test_bilinear_by_hand():
    x = to_lanes(np.array([[[[0.0, 4.0], [8.0, 16.0]]]]))
    y = unset(1, 1, 4, 4)
    resample.forward(x, y, "bilinear")
    assert from_lanes(y, 1)[0, 0].tolist() == [[0, 1, 3, 4], [2, 3.25, 5.75, 7], [6, 7.75, 11.25, 13], [8, 10, 14, 16]]
    dx = unset(1, 1, 2, 2)
    resample.backward(to_lanes(np.ones((1, 1, 4, 4))), dx, "bilinear")
    assert (from_lanes(dx, 1) == 4).all()


def test_nothing_that_is_not_finite_spreads():
    """A weight of zero is no weight: an infinite cell reaches its own bin alone."""
    x = normal(1, 1, 1, 4, 4)
    x[0, 0, 0, 0] = np.inf
    for how, out, reached in (("nearest", 8, 4), ("bilinear", 8, 9), ("bins", 2, 1)):
        y = unset(1, 1, out, out)
        resample.forward(to_lanes(x), y, how)
        assert np.isposinf(from_lanes(y, 1)).sum() == reached
        assert np.isfinite(from_lanes(y, 1)).sum() == out * out - reached


@pytest.mark.parametrize("out", [(1, 1), (2, 3), (5, 4)])
def test_the_largest_of_each_bin(out):
    x, dy = normal(1, IMAGES, 2, 4, 5), normal(2, IMAGES, 2, *out)
    y, winner, dx = unset(IMAGES, 2, *out), unset(IMAGES, 2, *out, dtype=np.int32), unset(IMAGES, 2, 4, 5)
    adaptive_pooling.max_forward(to_lanes(x), y, winner)
    adaptive_pooling.max_backward(winner, to_lanes(dy), dx)
    expected, places = np.zeros_like(dy), from_lanes(winner, IMAGES).astype(int)
    for h, w in np.ndindex(*out):
        rows, columns = (
            slice(h * 4 // out[0], -(-(h + 1) * 4 // out[0])),
            slice(w * 5 // out[1], -(-(w + 1) * 5 // out[1])),
        )
        expected[:, :, h, w] = x[:, :, rows, columns].max(axis=(2, 3))
    np.testing.assert_array_equal(from_lanes(y, IMAGES), expected)
    gradient = np.zeros_like(x)
    for place in np.ndindex(*dy.shape):
        at = divmod(places[place], 5)
        assert x[(*place[:2], *at)] == expected[place]
        gradient[(*place[:2], *at)] += dy[place]
    close(from_lanes(dx, IMAGES), gradient, 1e-6)


def test_of_equal_cells_the_first_wins_its_bin_and_nan_beats_all():
    x = np.array([[[[5.0, 5.0], [5.0, 5.0]]], [[[1.0, 2.0], [np.nan, 9.0]]], [[[-np.inf] * 2] * 2]])
    y, winner = unset(3, 1, 1, 1), unset(3, 1, 1, 1, dtype=np.int32)
    adaptive_pooling.max_forward(to_lanes(x), y, winner)
    assert from_lanes(winner, 3).reshape(-1).tolist() == [0, 2, 0]
    assert np.isnan(from_lanes(y, 3).reshape(-1)).tolist() == [False, True, False]


@pytest.mark.parametrize("together", [False, True])
def test_stochastic_depth_keeps_an_image_or_drops_it(together):
    x = normal(1, IMAGES, 3, 40, 40)  # several tasks for one image
    y, dx = unset(IMAGES, 3, 40, 40), unset(IMAGES, 3, 40, 40)
    fates = []
    for step in range(8):
        stochastic_depth.forward(to_lanes(x), y, 0.5, together, 3, step)
        stochastic_depth.backward(to_lanes(x), dx, 0.5, together, 3, step)
        np.testing.assert_array_equal(from_lanes(y, IMAGES), from_lanes(dx, IMAGES))
        factors = from_lanes(y, IMAGES) / x
        fates.append(factors[:, 0, 0, 0])
        assert set(fates[-1]) <= {0, 2}
        np.testing.assert_array_equal(factors, np.broadcast_to(fates[-1][:, None, None, None], x.shape))
    assert len({tuple(fate) for fate in fates}) > 1
    assert all((len(set(fate)) == 1) == together for fate in fates)


def results_of(threads):
    """The bits of some forward and backward passes on so many threads."""
    x, dy = to_lanes(normal(1, 70, 3, 9, 7)), to_lanes(normal(2, 70, 3, 12, 11))
    y, dx = np.empty_like(dy), np.empty_like(x)
    before, parts = compiling.threads(), []
    compiling.set_threads(threads)
    try:
        for how in ("nearest", "bilinear", "bins"):
            resample.forward(x, y, how)
            resample.backward(dy, dx, how)
            parts += [y.tobytes(), dx.tobytes()]
        borders.pad(x, y, (1, 2), "reflect")
        borders.pad_backward(dy, dx, (1, 2), "reflect")
    finally:
        compiling.set_threads(before)
    return b"".join([*parts, y.tobytes(), dx.tobytes()])


def test_same_bits_for_any_number_of_threads():
    assert results_of(1) == results_of(2) == results_of(2)
