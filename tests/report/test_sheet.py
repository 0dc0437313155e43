"""A contact sheet: a PNG of the right size whose pictures stand where they should."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cnncli.report.sheet import sheet


def page_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_pictures_stand_in_rows() -> None:
    """Of 12 x 12 pixels, each 8 times as wide: 96, and a gap of 8."""
    images = [np.full((1, 12, 12), shade, np.uint8) for shade in (10, 60, 110, 160, 210)]
    page = page_of(sheet(images, [("one", "two")] * 5, columns=2))
    assert page.shape[1] == 2 * (96 + 8) + 8
    tops = [8 + row * (96 + 2 * 15 + 8) for row in range(3)]
    for number, shade in enumerate((10, 60, 110, 160, 210)):
        top, left = tops[number // 2], 8 + number % 2 * 104
        assert (page[top : top + 96, left : left + 96] == shade).all()
        assert (page[top + 97 : top + 126, left : left + 96] < 128).any(), "its caption"
    assert (page[tops[2] :, 112:] == 255).all()


def test_colours_and_floating_point() -> None:
    red = np.zeros((3, 4, 4), np.uint8)
    red[0] = 200
    assert page_of(sheet([red], [()], 6))[10, 10].tolist() == [200, 0, 0]
    ramp = np.array([[[-1.0, 0.0, 1.0]]], np.float32)
    page = page_of(sheet([ramp], [()], 6))
    assert [page[10, x].tolist()[0] for x in (10, 50, 100)] == [0, 127, 255]
    assert (page_of(sheet([np.zeros((1, 2, 2), np.float32)], [()], 6))[8:100, 8:100] == 0).all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 5, 3), (4, 300, 2), (3, 2000, 1000), (1, 1, 4000)])
def test_any_size_and_long_captions(shape: tuple[int, int, int]) -> None:
    page = page_of(sheet([np.zeros(shape, np.uint8)] * 3, [("x" * 5000, "\x1b[31m", "数字")] * 3, 2))
    assert page.shape[0] < 2 * 600 + 8 and page.shape[1] < 2 * 600
