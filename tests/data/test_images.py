"""Image files for `predict`: what is decoded, how it is scaled, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.data import images
from cnncli.data.images import decode, probe, read_image
from cnncli.errors import CnncliError, DataError, FileError

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(0, 256, (6, 8), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (6, 8, 3), dtype=np.uint8)


def _save(path: Path, pixels: Any, mode: str | None = None, **options: Any) -> Path:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def test_png_is_exact(tmp_path: Path) -> None:
    gray = read_image(_save(tmp_path / "g.png", GRAY), (1, 6, 8))
    colour = read_image(_save(tmp_path / "c.png", COLOUR), (3, 6, 8))
    np.testing.assert_array_equal(gray, GRAY[None])
    np.testing.assert_array_equal(colour, COLOUR.transpose(2, 0, 1))
    assert gray.dtype == colour.dtype == np.uint8
    assert colour.flags.c_contiguous


def test_jpeg_is_close(tmp_path: Path) -> None:
    smooth = np.linspace(0, 255, 48).astype(np.uint8).reshape(6, 8)
    read = read_image(_save(tmp_path / "g.jpg", smooth, quality=95), (1, 6, 8))
    assert np.abs(read[0].astype(int) - smooth).max() < 12


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(_save(tmp_path / "g.png", GRAY).read_bytes())
    np.testing.assert_array_equal(read_image(tmp_path / "x.jpg", (1, 6, 8))[0], GRAY)


def test_gray_is_rec_601_luma_and_colour_of_gray_is_repeated(tmp_path: Path) -> None:
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])
    read = read_image(_save(tmp_path / "c.png", COLOUR), (1, 6, 8))
    np.testing.assert_array_equal(read[0], luma.round())
    repeated = read_image(_save(tmp_path / "g.png", GRAY), (3, 6, 8))
    np.testing.assert_array_equal(repeated, np.stack([GRAY] * 3))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_black(tmp_path: Path, mode: str) -> None:
    pixels = np.full((2, 2, len(mode)), 200, np.uint8)
    pixels[..., -1] = [[0, 255], [128, 0]]
    path = _save(tmp_path / "t.png", Image.fromarray(pixels) if mode == "RGBA" else _la(pixels))
    read = read_image(path, (1, 2, 2))[0]
    assert read.tolist() == [[0, 200], [100, 0]]


def _la(pixels: np.ndarray) -> Image.Image:
    return Image.merge("LA", [Image.fromarray(np.ascontiguousarray(pixels[..., i])) for i in range(2)])


def test_transparent_palette_entry_is_black(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([255, 255, 255, 10, 20, 30])
    image.save(tmp_path / "p.png", transparency=0)
    assert read_image(tmp_path / "p.png", (3, 1, 2)).reshape(3, 2).T.tolist() == [[0, 0, 0], [10, 20, 30]]


def test_sixteen_bit_gray_is_scaled_not_clipped(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    path = _save(tmp_path / "d.png", deep)
    assert read_image(path, (1, 1, 4)).ravel().tolist() == [0, 1, 128, 255]
    assert probe(path) == (1, 1, 4)


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [(1, GRAY), (3, GRAY[::-1, ::-1]), (6, np.rot90(GRAY, -1)), (8, np.rot90(GRAY)), (5, GRAY.T)],
)
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_the_cameras_orientation_is_honoured(tmp_path: Path, orientation: int, turned: np.ndarray, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"exif": exif} if suffix == "png" else {"exif": exif, "quality": 100}
    path = _save(tmp_path / f"e.{suffix}", GRAY, **options)
    read = decode(path)[0]
    assert read.shape == turned.shape == probe(path)[1:]
    assert np.abs(read.astype(int) - turned).max() <= (0 if suffix == "png" else 4)


def test_scaling_down_averages(tmp_path: Path) -> None:
    checks = np.indices((32, 32)).sum(axis=0) % 2 * 255
    read = read_image(_save(tmp_path / "c.png", checks.astype(np.uint8)), (1, 4, 4))
    assert np.abs(read.astype(int) - 127).max() < 6


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA", "CMYK"])
def test_every_mode_gives_the_networks_shape(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode == "CMYK" else "png"
    path = _save(tmp_path / f"m.{suffix}", COLOUR, mode)
    for shape in ((1, 5, 9), (3, 5, 9), (1, 6, 8), (3, 6, 8)):
        read = read_image(path, shape)
        assert (read.shape, read.dtype) == (shape, np.uint8)


def test_a_network_of_two_channels_takes_no_image(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 channels, which cannot be made 2"):
        read_image(_save(tmp_path / "g.png", GRAY), (2, 6, 8))


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 12_000, 30_000, 2**31 - 1])
def test_decompression_bombs(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(_png(side, side, bytes(1000)))
    with pytest.raises(DataError, match=r"bomb\.png is ") as caught:
        read_image(tmp_path / "bomb.png", (1, 28, 28))
    assert caught.value.hint == "scale it down"


def test_files_that_are_no_images(tmp_path: Path) -> None:
    whole = _save(tmp_path / "g.png", COLOUR).read_bytes()
    gif = io.BytesIO()
    Image.fromarray(GRAY).save(gif, "GIF")
    cases = {
        "empty.png": (b"", "is not a PNG or JPEG image"),
        "text.png": (b"hello", "is not a PNG or JPEG image"),
        "cut.png": (whole[:-40], "is damaged"),
        "gif.png": (gif.getvalue(), "is not a PNG or JPEG image"),
    }
    for name, (content, says) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=says) as caught:
            read_image(tmp_path / name, (1, 6, 8))
        assert name in caught.value.message
    with pytest.raises(DataError, match="does not exist"):
        read_image(tmp_path / "absent.png", (1, 6, 8))
    with pytest.raises(FileError, match="is a folder"):
        read_image(tmp_path, (1, 6, 8))


def test_a_cut_jpeg(tmp_path: Path) -> None:
    whole = _save(tmp_path / "c.jpg", RANDOM.integers(0, 256, (64, 64, 3), dtype=np.uint8)).read_bytes()
    (tmp_path / "c.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"c\.jpg is damaged"):
        read_image(tmp_path / "c.jpg", (1, 6, 8))


def test_mutated_images_are_read_or_refused(tmp_path: Path) -> None:
    for name, options in (("m.png", {}), ("m.jpg", {"quality": 50})):
        whole = _save(tmp_path / name, COLOUR, **options).read_bytes()
        for _ in range(200):
            mutated = bytearray(whole)
            for position in RANDOM.integers(0, len(whole), size=3):
                mutated[int(position)] = int(RANDOM.integers(0, 256))
            (tmp_path / name).write_bytes(mutated)
            try:
                assert images.read_image(tmp_path / name, (3, 6, 8)).shape == (3, 6, 8)
            except CnncliError as error:
                assert name in error.message
