"""Image files: PNG and JPEG, decoded to arrays; and arrays scaled to what a network takes.

What is shown is what is read: the camera's orientation (EXIF) is honoured, transparency is laid on black, and
colour becomes gray by Rec. 601's luma.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cnncli.data.files import open_file, reading, reason
from cnncli.errors import CnncliError, DataError

FORMATS = ("PNG", "JPEG")
SUFFIXES = (".png", ".jpg", ".jpeg")

MOST_PIXELS = 64_000_000
"""The largest image that is decoded, in pixels: four times what a 16-megapixel camera makes."""


def read_image(path: Path, input_shape: tuple[int, int, int]) -> np.ndarray:
    """Reads a PNG or JPEG file as a network's input: uint8 [C, H, W] of exactly `input_shape`.

    Raises DataError for a file that is missing, damaged, no such image, or absurdly large, and for a network
    that takes neither 1 nor 3 channels; FileError for one that the system does not let us read.
    """
    pixels = decode(path)
    if not convertible(pixels.shape[0], input_shape[0]):
        raise DataError(f"{path} has {pixels.shape[0]} channels, which cannot be made {input_shape[0]}")
    return scale(pixels, input_shape)


def probe(path: Path) -> tuple[int, int, int]:
    """An image's (C, H, W) as `decode` would return it, from its header alone. Raises as `read_image`."""
    with _opened(path) as image:
        width, height = image.size
        if image.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # orientations that lie on their side
            width, height = height, width
        return (1 if _is_gray(image) else 3), height, width


def decode(path: Path) -> np.ndarray:
    """An image's pixels, uint8 [1, H, W] where it is gray and [3, H, W] else. Raises as `read_image`."""
    with _opened(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):  # 16 bits of gray, which Pillow would clip to 8
            deep = np.asarray(upright).astype(np.int64)
            return ((deep * 255 + 32767) // 65535).clip(0, 255).astype(np.uint8)[np.newaxis]
        if upright.has_transparency_data:
            upright = upright.convert("RGBA")
            black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
            upright = Image.alpha_composite(black, upright)
        pixels = np.asarray(upright.convert("L" if _is_gray(image) else "RGB"))
    return pixels[np.newaxis] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def convertible(channels: int, wanted: int) -> bool:
    """Whether `scale` can make `wanted` channels of `channels`."""
    return channels == wanted or {channels, wanted} == {1, 3}


def scale(pixels: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """[C, H, W] to `shape`, in the same type: channels first (repeated, or luma), then size.

    Sizes change by bilinear interpolation over the whole of what a new pixel covers (antialiased).
    """
    C, H, W = shape
    if pixels.shape[0] == 3 and C == 1:
        pixels = _luma(pixels)
    if pixels.shape[1:] != (H, W):
        planes = [Image.fromarray(plane).resize((W, H), Image.Resampling.BILINEAR) for plane in pixels]
        pixels = np.stack([np.asarray(plane) for plane in planes])
    return np.repeat(pixels, 3, axis=0) if pixels.shape[0] == 1 and C == 3 else pixels


def _luma(pixels: np.ndarray) -> np.ndarray:
    """[3, H, W] to [1, H, W]: 0.299 red + 0.587 green + 0.114 blue (ITU-R Rec. 601)."""
    luma = np.tensordot(np.array([0.299, 0.587, 0.114]), pixels.astype(np.float64), axes=1)[np.newaxis]
    return (luma.round() if pixels.dtype == np.uint8 else luma).astype(pixels.dtype)


def _is_gray(image: Image.Image) -> bool:
    return image.mode in ("1", "L", "LA", "La") or image.mode.startswith("I")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image, with its header read and its size judged; whatever fails inside is told about `path`."""
    with reading(path), open_file(path) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is judged here: sizes, odd metadata
        try:
            with Image.open(stream, formats=FORMATS) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    size = f"{width:,} x {height:,} pixels"
                    raise DataError(f"{path} is {size}; at most {MOST_PIXELS:,} are read", "scale it down")
                yield image
        except CnncliError:
            raise
        except UnidentifiedImageError as error:
            raise DataError(f"{path} is not a PNG or JPEG image") from error
        except Image.DecompressionBombError as error:
            raise DataError(f"{path} is too large an image: {reason(error)}", "scale it down") from error
        except Exception as error:  # Pillow's readers raise anything at all for damaged bytes
            raise DataError(f"{path} is damaged: {reason(error)}", "get the image again") from error
