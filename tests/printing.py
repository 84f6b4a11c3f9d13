"""Pieces that are set and printed by themselves, and pages compared by what they look like."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from builder.corpus.model import Settings
from builder.design.styles import read_styles
from builder.print.engine.press import Leaf, Press, SetPiece
from builder.print.engine.weasyprint import Design, unavailable
from builder.runtime.cache import LIMIT, Cache
from tests.programs import needs, program

needs_pango = pytest.mark.skipif(bool(unavailable()), reason=unavailable())
needs_poppler = needs("pdftoppm")


def make_press(folder: Path, css: str = "") -> Press:
    """Make a press in the sheet's styles, and more."""
    settings = Settings(id="demo", title="Demo", deck="Demo")
    page = "@page { size: 120mm 80mm; margin: 0 } .page { position: relative }"
    design = Design(
        settings=settings, css=read_styles().for_print("cheatsheet") + css, style="", page=page, media=()
    )
    return Press(design=design, cache=Cache(folder / "cache", LIMIT))


def pictures_of(path: Path) -> list[Image.Image]:
    """Return a picture of each page of a PDF."""
    command = [program("pdftoppm"), "-r", "100", "-png", str(path), str(path.with_suffix(""))]
    subprocess.run(command, check=True)
    return [Image.open(page).convert("RGB") for page in sorted(path.parent.glob(f"{path.stem}-*.png"))]


def assert_same_page(ours: SetPiece, plain: SetPiece, folder: Path, shades: int = 8) -> None:
    """Print two pieces, each on a page of its own, and compare: no pixel differs by more shades."""
    pages: list[Image.Image] = []
    for name, piece in (("ours", ours), ("plain", plain)):
        path = folder / f"{name}.pdf"
        make_press(folder).print([Leaf('<div class="page">', [(piece, 4.0, 4.0)])], path)
        pages += pictures_of(path)
    assert len(pages) == 2
    difference = ImageChops.difference(*pages).convert("L").point(lambda value: 255 * (value > shades))
    assert difference.getbbox() is None
    assert ImageChops.invert(pages[0].convert("L")).getbbox(), "something is printed"
