"""Masks that are pictures inside a file, and polygons with holes, painted.

Supervisely  "bitmap": {"data": base64 of a PNG that zlib packed, "origin": [x, y]}
labelme      "mask": base64 of a PNG, "points": [[left, top], [right, bottom]]

A picture has the mask's own size, and lies in its image with its first pixel at a
place; where it has an alpha channel that is the mask, else what is not black.
"""

import binascii
import io
import zlib

import numpy as np
from PIL import Image

from posegate.transforms.formats.outlines import LARGEST, Outline, evenodd, mask
from posegate.transforms.formats.values import real
from posegate.transforms.model.poses import Bools

Size = tuple[int | None, int | None]
"""Width and height of an image [px], None where the file does not say it."""

_PACKED = 64 << 20
"""Bytes of a picture; its pixels are bounded apart."""


def bitmap(data: object, origin: object, size: Size, *, packed: bool) -> Outline:
    """A mask in its image; raises ValueError where it cannot be read, or is empty.

    Args:
      data: the picture, as base64.
      origin: where its first pixel lies: x and y [px].
      size: of the image.
      packed: whether zlib packed the picture once more.
    """
    width, height = sides(size)
    if not isinstance(data, str) or not isinstance(origin, list | tuple):
        raise ValueError("a mask has no picture, or no origin")
    inside = _picture(_stored(data, packed))
    left, top = origin
    x, y = round(real(left)), round(real(top))
    h, w = inside.shape
    if x < 0 or y < 0 or x + w > width or y + h > height:
        raise ValueError(f"a mask of {w} x {h} at {x}, {y} lies outside of its image")
    whole = np.zeros((height, width), np.bool_)
    whole[y : y + h, x : x + w] = inside
    found = mask(whole)
    if found is None:
        raise ValueError("a mask is empty")
    return found


def holed(paths: list[list[tuple[float, float]]], size: Size) -> Outline | None:
    """A polygon and its holes, painted; raises ValueError for an image without size."""
    width, height = sides(size)
    return evenodd(paths, width, height)


def sides(size: Size) -> tuple[int, int]:
    """Those of an image that can be painted; raises ValueError for others."""
    width, height = size
    if not width or not height or width * height > LARGEST:
        raise ValueError("its image has no size, or is too large to be painted")
    return width, height


def _stored(data: str, packed: bool) -> bytes:
    """The picture's file."""
    try:
        stored = binascii.a2b_base64(data)
        unpacking = zlib.decompressobj()
        found = unpacking.decompress(stored, _PACKED) if packed else stored
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"a mask's picture cannot be read ({error})") from error
    if unpacking.unconsumed_tail:
        raise ValueError("a mask's picture is too large")
    return found


def _picture(stored: bytes) -> Bools:
    """(h, w) of the picture itself."""
    try:
        with Image.open(io.BytesIO(stored)) as image:
            if image.width * image.height > LARGEST:
                raise ValueError("a mask's picture is too large")
            clear = "A" in image.mode or "transparency" in image.info
            pixels = np.asarray(image.convert("RGBA" if clear else "L"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("a mask's picture is damaged, or none") from error
    return np.asarray((pixels[..., 3] if clear else pixels) > 0)
