"""Arrays as pictures."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from cnncli.report.pictures import data_uri, grid, image_of


def test_a_grid_has_every_plane_in_its_place() -> None:
    planes = np.arange(5, dtype=np.uint8).repeat(6).reshape(5, 1, 2, 3) * 50
    picture = grid(planes, 3, 6)
    assert picture.mode == "LA" and picture.size == (3 * 6 + 2 * 2, 2 * 4 + 2)
    pixels = np.asarray(picture)
    for number in range(5):
        top, left = number // 3 * 6, number % 3 * 8
        assert (pixels[top : top + 4, left : left + 6] == [number * 50, 255]).all()
    assert (pixels[:, 6:8, 1] == 0).all() and (pixels[4:6, :, 1] == 0).all() and (pixels[6:, 16:, 1] == 0).all()


def test_colours_stay_and_large_planes_shrink() -> None:
    red = np.zeros((1, 3, 200, 100), np.uint8)
    red[:, 0] = 200
    picture = grid(red, 4, 32)
    assert picture.size == (16, 32) and picture.getpixel((3, 3)) == (200, 0, 0, 255)


def test_other_channels_are_their_mean() -> None:
    assert image_of(np.array([[[10]], [[30]]], np.uint8)).getpixel((0, 0)) == (20, 20, 20)


def test_an_address_is_the_picture() -> None:
    picture = image_of(np.arange(12, dtype=np.uint8).reshape(3, 2, 2))
    kind, _, data = data_uri(picture).partition(",")
    assert kind == "data:image/png;base64" and data_uri(picture) == data_uri(picture)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), np.asarray(picture))
