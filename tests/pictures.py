"""Approved pictures: how cards and pages look, compared within a tolerance."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat


def assert_looks_like(actual: Image.Image, path: Path) -> None:
    """Compare with an approved picture, or put this one in its place where UPDATE_GOLDEN is set.

    Another release of what draws it may draw the edges of letters differently, and nothing else.
    """
    if os.environ.get("UPDATE_GOLDEN"):
        actual.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.exists(), f"{path.name} is missing: run `make golden` and look at it"
    expected = Image.open(path).convert("RGB")
    assert abs(actual.height - expected.height) <= 4, "it is taller or shorter than it was"
    size = (actual.width, min(actual.height, expected.height))
    pictures = [picture.crop((0, 0, *size)).filter(ImageFilter.BoxBlur(2)) for picture in (actual, expected)]
    difference = ImageChops.difference(*pictures).convert("L")
    changed = sum(difference.histogram()[40:]) / (size[0] * size[1])
    if changed > 0.001 or ImageStat.Stat(difference).mean[0] > 1.5:
        actual.save(path.with_suffix(".actual.png"))
        pytest.fail(
            f"{changed:.2%} of {path.name} looks different: see {path.stem}.actual.png, or make golden"
        )


def trimmed(picture: Image.Image) -> Image.Image:
    """Cut off the empty room below."""
    ground = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    box = ImageChops.difference(picture, ground).getbbox()
    assert box is not None
    assert box[3] < picture.height, "the page is cut off"
    return picture.crop((0, 0, picture.width, box[3]))
