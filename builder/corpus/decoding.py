"""Checks the content of images: decodes it within limits, to make sure that Anki and print can show it.

The only module that knows Pillow.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from io import BytesIO

from PIL import Image

from builder.corpus.drawings import CheckImage, ImageFault, check_drawing
from builder.corpus.image_codes import BROKEN_IMAGE, IMAGE_SIZE

FORMATS: Mapping[str, str] = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".gif": "GIF",
}
"""Pillow's names of the formats, by suffix; other formats are not opened."""
MOST_PIXELS = 25_000_000
"""Maximum pixels of an image, or of one frame: a phone needs four bytes of memory for each."""
MOST_MOVING_PIXELS = 12_000_000
"""Maximum pixels of an animation, and of WebP: decoding takes four times the memory."""
MOST_FRAME_PIXELS = 200_000_000
"""Maximum pixels of all frames of an animation together."""
MOST_FRAMES = 1_000
_MOST_SCANS = 100
"""Maximum scans of a JPEG (usual: ten): each may be a few bytes and take as long as the whole image."""
_NESTED = 2
"""Maximum levels of drawings embedded in drawings."""


def fault_of(suffix: str, content: bytes) -> ImageFault | None:
    """Return the fault of an image whose name has a lower-case suffix; None if it has none."""
    try:
        if suffix == ".svg":
            check_drawing(content, _check_embedded(_NESTED))
        else:
            _check_pixels(content, FORMATS[suffix])
    except ImageFault as fault:
        return fault
    return None


def size_of(suffix: str, content: bytes) -> tuple[int, int]:
    """Return width and height of a valid image, in pixels; None for a drawing, which has none."""
    if suffix == ".svg":
        return 0, 0
    with Image.open(BytesIO(content), formats=(FORMATS[suffix],)) as image:
        return image.size


def in_eight_bits(png: bytes) -> bytes:
    """Return a greyscale PNG with 8 bits if it has 16, which WeasyPrint prints as noise."""
    if png[24:26] != b"\x10\x00":  # bit depth and colour type in the header
        return png
    file = BytesIO()
    with Image.open(BytesIO(png), formats=("PNG",)) as image:
        image.convert("I").point(lambda value: value * (1 / 257)).convert("L").save(file, "PNG")
    return file.getvalue()


def _check_embedded(levels: int) -> CheckImage:
    """Return a function that checks the images embedded in a drawing."""

    def check(content: bytes) -> None:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            if not levels:
                raise ImageFault(IMAGE_SIZE, "embeds drawings in drawings", "embed a PNG")
            check_drawing(content, _check_embedded(levels - 1))
        else:
            _check_pixels(content, *dict.fromkeys(filter(None, FORMATS.values())))

    return check


def _check_pixels(content: bytes, *formats: str) -> None:
    """Decode a raster image. Raises `ImageFault`."""
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
    except Exception as error:  # Pillow raises nearly any exception for a damaged file
        raise ImageFault(
            BROKEN_IMAGE, "is not an image, or is damaged", "open it, and save it again"
        ) from error


def _check_frames(image: Image.Image) -> None:
    """Decode all frames of an image; most have one."""
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
    return ImageFault(IMAGE_SIZE, f"{reason}, more than {most}", "save it smaller")
