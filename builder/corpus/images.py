"""The content of images: decoded within bounds, to know that Anki and print can show them.

The only module that knows Pillow.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from io import BytesIO

from PIL import Image

from builder.corpus.drawings import CheckImage, ImageFault, check_drawing
from builder.corpus.picture_codes import BROKEN_PICTURE, PICTURE_SIZE

FORMATS: Mapping[str, str] = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".gif": "GIF",
}
"""Pillow's names of the formats, by suffix: whatever else Pillow knows is not opened."""
MOST_PIXELS = 25_000_000
"""Of an image, or of one frame: a phone has to keep four bytes of each in its memory."""
MOST_MOVING_PIXELS = 12_000_000
"""The same of animations, and of WebP: to decode one takes four times its memory."""
MOST_FRAME_PIXELS = 200_000_000
"""Of all frames of an animation."""
MOST_FRAMES = 1_000
_MOST_SCANS = 100
"""Of a JPEG: each may be a few bytes, and takes as long as the whole image. Usual are ten."""
_NESTED = 2
"""How deep drawings may be embedded in drawings."""


def fault_of(suffix: str, content: bytes) -> ImageFault | None:
    """Return what is wrong with an image whose name has a suffix, in lower case; nothing if it is right."""
    try:
        if suffix == ".svg":
            check_drawing(content, _check_embedded(_NESTED))
        else:
            _check_pixels(content, FORMATS[suffix])
    except ImageFault as fault:
        return fault
    return None


def size_of(suffix: str, content: bytes) -> tuple[int, int]:
    """Return width and height of an image that is right, in pixels; nothing of a drawing, which has none."""
    if suffix == ".svg":
        return 0, 0
    with Image.open(BytesIO(content), formats=(FORMATS[suffix],)) as image:
        return image.size


def in_eight_bits(png: bytes) -> bytes:
    """Return a PNG with 8 bits of grey where it has 16, which WeasyPrint prints as noise."""
    if png[24:26] != b"\x10\x00":  # the header's bits, and its type of colour
        return png
    file = BytesIO()
    with Image.open(BytesIO(png), formats=("PNG",)) as image:
        image.convert("I").point(lambda value: value * (1 / 257)).convert("L").save(file, "PNG")
    return file.getvalue()


def _check_embedded(levels: int) -> CheckImage:
    """Return what checks the images that are embedded in a drawing."""

    def check(content: bytes) -> None:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            if not levels:
                raise ImageFault(PICTURE_SIZE, "embeds drawings in drawings", "embed a PNG")
            check_drawing(content, _check_embedded(levels - 1))
        else:
            _check_pixels(content, *dict.fromkeys(filter(None, FORMATS.values())))

    return check


def _check_pixels(content: bytes, *formats: str) -> None:
    """Decode a picture whose pixels are stored. Raises `ImageFault`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content), formats=formats) as image:
                is_moving = image.format == "WEBP" or getattr(image, "is_animated", False)
                most = MOST_MOVING_PIXELS if is_moving and image.format != "MPO" else MOST_PIXELS
                _check_size(*image.size, most)
                if image.format in ("JPEG", "MPO"):
                    if content.count(b"\xff\xda") > _MOST_SCANS:
                        raise _too_large("has too many scans", str(_MOST_SCANS))
                    image.draft(None, (max(image.width // 8, 1), max(image.height // 8, 1)))
                    image.load()
                else:
                    _check_frames(image)
    except ImageFault:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except Exception as error:  # Pillow raises nearly everything for a file that is damaged
        raise ImageFault(BROKEN_PICTURE, "is no picture, or damaged", "open it, and save it again") from error


def _check_frames(image: Image.Image) -> None:
    """Decode all frames of a picture, most have one."""
    pixels = 0
    for frame in range(MOST_FRAMES + 1):
        try:
            image.seek(frame)
        except EOFError:
            return
        _check_size(*image.size, MOST_PIXELS)
        pixels += image.width * image.height
        if pixels > MOST_FRAME_PIXELS:
            raise _too_large(
                "has too many frames", f"{MOST_FRAME_PIXELS // 1_000_000} million pixels together"
            )
        image.load()
    raise _too_large("has too many frames", f"{MOST_FRAMES:,}")


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise _too_many_pixels(most)


def _too_many_pixels(most: int = MOST_PIXELS) -> ImageFault:
    return _too_large("has too many pixels", f"{most // 1_000_000} million")


def _too_large(reason: str, most: str) -> ImageFault:
    return ImageFault(PICTURE_SIZE, f"{reason}, more than {most}", "save it smaller")
