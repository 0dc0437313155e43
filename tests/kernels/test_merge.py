"""Sums of activations, and the ReLU that the same pass computes."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.kernels import merge

from .lanes import LANES, from_lanes, normal, to_lanes, unset

SHAPES = [(3,), (5, 3, 7), (2, 19, 15)]  # the last one is more than a chunk


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_add_and_its_gradients(shape, relu):
    images = LANES + 3
    a, b, dy = (normal(seed, images, *shape) for seed in (1, 2, 3))
    y, da, db = (unset(images, *shape) for _ in range(3))
    merge.add(to_lanes(a), to_lanes(b), y, relu)
    merge.add_backward(y, to_lanes(dy), da, db, relu)
    total = (a + b).astype(np.float32)
    np.testing.assert_array_equal(from_lanes(y, images), np.maximum(total, 0) if relu else total)
    wanted = np.where(total > 0, dy, 0) if relu else dy
    np.testing.assert_array_equal(from_lanes(da, images), wanted)
    np.testing.assert_array_equal(from_lanes(db, images), wanted)


def test_add_in_place():
    a, b = normal(1, 3, 2, 2), normal(2, 3, 2, 2)
    total = to_lanes(a)
    merge.add(total, to_lanes(b), total, True)
    np.testing.assert_array_equal(from_lanes(total, 3), np.maximum((a + b).astype(np.float32), 0))


def test_nan_survives_and_infinity_passes_its_gradient():
    a = np.array([[np.nan, np.inf, -np.inf, 1.0]])
    y, da, db = (unset(1, 4) for _ in range(3))
    for relu, sums, gradients in (
        (False, [np.nan, np.inf, -np.inf, 2], [1, 1, 1, 1]),
        (True, [np.nan, np.inf, 0, 2], [0, 1, 0, 1]),
    ):
        merge.add(to_lanes(a), to_lanes(np.ones((1, 4))), y, relu)
        merge.add_backward(y, to_lanes(np.ones((1, 4))), da, db, relu)
        np.testing.assert_array_equal(from_lanes(y, 1)[0], sums)
        assert from_lanes(da, 1)[0].tolist() == from_lanes(db, 1)[0].tolist() == gradients
