"""The augmenting kernel against plain float64 loops over the same drawn numbers, and what it must never change."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli.kernels import augment, batches, compile, draws, memory

SIGMA = 1.5
NONE = np.zeros(0, np.float32)


def drawn(images, **changes):
    """Nothing happens, but for `changes`."""
    values = {
        "maps": np.tile(np.eye(2, 3, dtype=np.float32), (images, 1, 1)),
        "tones": np.ones((images, 2), np.float32),
        "holes": np.zeros((images, 4), np.int32),
        "weights": NONE,
        "alpha": np.float32(0),
        "stream": np.uint64(12345),
    }
    return augment.Drawn(**(values | changes))


def random_drawn(images, height, width, seed=0, elastic=True):
    """A bit of everything; places go past every edge."""
    rng = np.random.default_rng(seed)
    maps = np.tile(np.eye(2, 3), (images, 1, 1)) + rng.uniform(-0.3, 0.3, (images, 2, 3))
    maps[:, :, 2] += rng.uniform(-3, 3, (images, 2))
    holes = np.sort(rng.integers(0, min(height, width) + 1, (images, 2, 2)), axis=2).reshape(images, 4)
    return drawn(
        images,
        maps=maps.astype(np.float32),
        tones=rng.uniform(0.7, 1.3, (images, 2)).astype(np.float32),
        holes=holes.astype(np.int32),
        weights=augment.gaussian(SIGMA) if elastic else NONE,
        alpha=np.float32(6),
    )


def random_images(shape, pixels=np.uint8, seed=1):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(pixels)


def changed(images, chosen, numbers, fill=None):
    fill = np.arange(images.shape[1], dtype=np.float32) if fill is None else fill
    out = memory.empty((len(chosen), *images.shape[1:]))
    out.fill(-77)
    augment.augment(images, np.asarray(chosen, np.int64), len(chosen), numbers, fill, out)
    return out


def noise(numbers, image, rows, columns):
    """The numbers drawn for an image, -1 to 1: [2, rows, columns]."""
    mask = 2**64 - 1
    found = np.empty((2, rows, columns))
    for row, column in product(range(rows), range(columns)):
        word = (int(numbers.stream) + ((image * rows + row) * columns + column) * 0x9E3779B97F4A7C15) & mask
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & mask
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & mask
        word ^= word >> 31
        found[:, row, column] = word >> 40, word >> 8 & 0xFFFFFF
    return (found + 0.5) / 2**23 - 1


def reference(images, image, numbers, fill):
    """One image, a place at a time."""
    C, H, W = images.shape[1:]
    old, reach = images[image].astype(np.float64), numbers.weights.size - 1
    moved = np.zeros((2, H, W))
    if numbers.weights.size:
        weights, field = numbers.weights.astype(np.float64), noise(numbers, image, H + reach, W + reach)
        for row, column in product(range(H), range(W)):
            around = field[:, row : row + reach + 1, column : column + reach + 1]
            moved[:, row, column] = float(numbers.alpha) * (weights[:, None] * weights * around).sum(axis=(1, 2))
    brightness, contrast = numbers.tones[image].astype(np.float64)
    new = np.zeros((C, H, W))
    for row, column in product(range(H), range(W)):
        place = numbers.maps[image].astype(np.float64) @ (row, column, 1) + moved[:, row, column]
        first = np.floor(place).astype(int)
        for near in product(range(2), range(2)):
            y, x = first + near
            if 0 <= y < H and 0 <= x < W:
                new[:, row, column] += old[:, y, x] * np.prod(1 - np.abs(place - (y, x)))
    new = brightness * (old.mean() + contrast * (new - old.mean()))
    top, bottom, left, right = numbers.holes[image]
    new[:, top:bottom, left:right] = fill[:, None, None]
    return new


@pytest.mark.parametrize("pixels", [np.uint8, np.float32])
@pytest.mark.parametrize(("shape", "elastic"), [((1, 7, 9), True), ((3, 18, 17), True), ((2, 5, 33), False)])
def test_it_is_the_plain_loops(shape, elastic, pixels) -> None:
    images = random_images((4, *shape), pixels)
    numbers, fill = random_drawn(4, *shape[1:], elastic=elastic), np.array([3, 50, 200], np.float32)[: shape[0]]
    found = changed(images, [2, 0, 3, 1, 2], numbers, fill)
    expected = np.stack([reference(images, image, numbers, fill) for image in (2, 0, 3, 1, 2)])
    np.testing.assert_allclose(found, expected, atol=5e-3)
    assert np.abs(found - images[[2, 0, 3, 1, 2]]).mean() > 10, "something has happened"


@pytest.mark.parametrize("pixels", [np.uint8, np.float32])
@pytest.mark.parametrize("weights", [NONE, augment.gaussian(SIGMA)])
def test_nothing_changes_no_bit(pixels, weights) -> None:
    """Neither does an elastic distortion by nothing. What then lies in the lanes is what `gather` alone puts there."""
    images, order = random_images((19, 3, 6, 11), pixels), np.random.default_rng(0).permutation(19)
    found = changed(images, order, drawn(19, weights=weights))
    assert found.tobytes() == images[order].astype(np.float32).tobytes()
    scale, shift = np.array([0.1, 0.3, 0.7], np.float32), np.array([-1, 0.3, 2], np.float32)
    lanes = [memory.empty((-(-19 // batches.LANES), 3, 6, 11, batches.LANES)) for _ in range(2)]
    batches.gather(images, order, 19, scale, shift, lanes[0])
    batches.gather(found, np.arange(19), 19, scale, shift, lanes[1])
    assert lanes[0].tobytes() == lanes[1].tobytes()
    assert not np.moveaxis(lanes[1], -1, 1).reshape(-1, 3, 6, 11)[19:].any(), "the idle lanes are zero"


def moved_by(images, down, along, mirrored=False):
    """`maps` that move the image's content, after mirroring it."""
    width = images.shape[3]
    chart = [[1, 0, -down], [0, -1, width - 1 + along] if mirrored else [0, 1, -along]]
    return np.tile(np.array(chart, np.float32), (len(images), 1, 1))


@settings(max_examples=40)
@given(st.integers(-12, 12), st.integers(-12, 12), st.booleans())
def test_whole_moves_and_mirrors_are_exact(down, along, mirrored) -> None:
    images = random_images((2, 3, 6, 11))
    padded = np.zeros((2, 3, 6 + 24, 11 + 24), np.float32)
    padded[:, :, 12:18, 12:23] = images[:, :, :, ::-1] if mirrored else images
    expected = padded[:, :, 12 - down :, 12 - along :][:, :, :6, :11]
    found = changed(images, [0, 1], drawn(2, maps=moved_by(images, down, along, mirrored)))
    np.testing.assert_array_equal(found, expected)


def test_mirrored_twice_is_the_original() -> None:
    images = random_images((3, 1, 6, 11), np.float32)
    numbers = drawn(3, maps=moved_by(images, 0, 0, mirrored=True))
    once = changed(images, [0, 1, 2], numbers)
    assert changed(once, [0, 1, 2], numbers).tobytes() == images.tobytes() != once.tobytes()


def test_a_hole_has_the_fill_and_nothing_else_changes() -> None:
    images = random_images((1, 2, 6, 11))
    found = changed(images, [0], drawn(1, holes=np.array([[1, 3, 4, 11]], np.int32)), np.array([7, 9], np.float32))
    hole = np.zeros((6, 11), bool)
    hole[1:3, 4:11] = True
    for channel, value in ((0, 7), (1, 9)):
        assert (found[0, channel, hole] == value).all()
        np.testing.assert_array_equal(found[0, channel, ~hole], images[0, channel, ~hole])


def test_neither_threads_nor_the_batch_nor_the_order_change_a_bit() -> None:
    images = random_images((21, 3, 9, 17))
    numbers = random_drawn(21, 9, 17)
    was = compile.threads()
    try:
        found = []
        for threads in (1, 2):
            compile.set_threads(threads)
            found.append(changed(images, range(21), numbers))
        assert found[0].tobytes() == found[1].tobytes()
    finally:
        compile.set_threads(was)
    for order in ([20], [5, 4, 3, 5], list(range(20, -1, -1))):
        assert changed(images, order, numbers).tobytes() == found[0][order].tobytes()


def displacements(sigma, alpha, images=30, side=40, margin=10):
    """The fields themselves: bilinear interpolation of a ramp is where it was looked up. [N, 2, side, side]"""
    whole = side + 2 * margin
    rows, columns = np.mgrid[:whole, :whole].astype(np.float32)
    ramps = np.tile(np.stack((rows, columns)), (images, 1, 1, 1))
    numbers = drawn(images, weights=augment.gaussian(sigma), alpha=np.float32(alpha), stream=np.uint64(99))
    found = changed(ramps, range(images), numbers) - ramps
    return found[:, :, margin:-margin, margin:-margin].astype(np.float64)


def test_displacements_are_smooth_have_no_direction_and_the_size_that_alpha_and_sigma_say() -> None:
    """Of uniform numbers, whose variance is 1/3, a Gaussian leaves 1/3 of the sum of its squared weights."""
    sigma, alpha = 4.0, 34.0
    field = displacements(sigma, alpha)
    typical = alpha / (2 * sigma * np.sqrt(3 * np.pi))
    assert abs(field.std() / typical - 1) < 0.05
    assert np.abs(field.mean(axis=(0, 2, 3))).max() < 0.1 * typical
    down, along = field[:, 0].ravel(), field[:, 1].ravel()
    assert abs(np.corrcoef(down, along)[0, 1]) < 0.1
    # A smoothed field's correlation at a distance d is exp(-d^2 / 4 sigma^2).
    for distance in (1, 4, 8):
        pairs = field[..., distance:].ravel(), field[..., :-distance].ravel()
        assert abs(np.corrcoef(*pairs)[0, 1] - np.exp(-(distance**2) / (4 * sigma**2))) < 0.06
    edges = field[:, :, [0, -1]].std(), field[..., [0, -1]].std()
    assert all(abs(edge / typical - 1) < 0.2 for edge in edges), "the same at the edges"


def test_each_image_has_a_field_of_its_own() -> None:
    field = displacements(2.0, 8.0, images=3)
    assert np.abs(np.corrcoef(field.reshape(3, -1)) - np.eye(3)).max() < 0.15


def test_places_beyond_all_measure_are_black() -> None:
    images = random_images((1, 1, 5, 5))
    for far in (1e9, -1e9, np.inf, -np.inf, np.nan):
        maps = np.array([[[1, 0, far], [0, 1, 0]]], np.float32)
        assert not changed(images, [0], drawn(1, maps=maps)).any()


def test_the_second_draw_is_even_and_independent_of_the_first() -> None:
    first, second = noise(drawn(1), 0, 100, 100).reshape(2, -1)
    np.testing.assert_array_equal((first + 1) * 2**23 - 0.5, draws.draws(12345, 10_000))
    for numbers in (first, second):
        counts = np.histogram(numbers, 20, (-1, 1))[0]
        assert ((counts - 500) ** 2 / 500).sum() < 44  # chi-square, 19 degrees of freedom: 0.1%
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.04
