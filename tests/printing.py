"""Pieces that are laid out and printed by themselves, and pages compared by what they look like."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from builder.anki.note import Deck
from builder.anki.release import Release
from builder.corpus.model import Settings
from builder.design.fonts import SCRIPTS
from builder.design.styles import read_styles
from builder.identity.lock import Lock
from builder.print import cheatsheet, flashcards, handbook, studysheet
from builder.print.engine.choose import choose_press
from builder.print.engine.press import LaidOut, MakePress, OnPiece, Page, Places, Press, ignore_progress
from builder.print.engine.weasyprint import Design, unavailable
from builder.runtime.cache import LIMIT, Cache
from tests.programs import needs, program
from tests.reading import read_corpus

needs_pango = pytest.mark.skipif(bool(unavailable()), reason=unavailable())
needs_poppler = needs("pdftoppm")


def needs_script(name: str) -> pytest.MarkDecorator:
    """Skip a test where the fonts of a script are not installed, by the name of their package."""
    script = next(script for script in SCRIPTS if script.name == name)
    package = script.package.replace("_", "-")
    return pytest.mark.skipif(not script.is_installed, reason=f"{package} is not installed (PyPI: {package})")


def press_in(folder: Path, css: str = "", make_press: MakePress = choose_press) -> Press:
    """Make a press in the sheet's styles, and more, with a cache in a folder."""
    settings = Settings(id="demo", title="Demo", deck="Demo")
    page = "@page { size: 120mm 80mm; margin: 0 } .page { position: relative }"
    sheet = read_styles().for_print("studysheet")
    design = Design(settings=settings, css=sheet + css, style="", page=page, media=(), large=())
    return make_press(design=design, cache=Cache(folder / "cache", LIMIT))


def deck_of(corpus: Path) -> Deck:
    """Read a corpus and render it."""
    found, _ = read_corpus(corpus)
    return found.deck()


def print_output(name: str, deck: Deck, path: Path, cache: Cache, make_press: MakePress) -> None:
    """Print one output of a deck with a press that the test chooses."""
    css, release = read_styles().for_print(name), Release({}, Lock())
    match name:
        case "cheatsheet":
            cheatsheet.write(deck, css, release, path, cache, ignore_progress, make_press)
        case "studysheet":
            studysheet.write(deck, css, release, path, cache, ignore_progress, make_press)
        case "handbook":
            handbook.write(deck, css, release, path, cache, ignore_progress, make_press)
        case "flashcards":
            flashcards.write(deck, css, path, cache, make_press=make_press)
        case _:
            raise ValueError(name)


@dataclass
class Noting:
    """Makes presses that note what they laid out."""

    make: MakePress
    laid_out: list[LaidOut] = field(default_factory=list)

    def __call__(self, *, design: Design, cache: Cache, on_piece: OnPiece = ignore_progress) -> Press:
        return _NotingPress(self.make(design=design, cache=cache, on_piece=on_piece), self.laid_out)


@dataclass(frozen=True)
class _NotingPress:
    press: Press
    noted: list[LaidOut]

    @property
    def design(self) -> Design:
        return self.press.design

    def lay_out(self, pieces: Sequence[str], width: float, places: Places | None = None) -> list[LaidOut]:
        self.noted.extend(self.press.lay_out(pieces, width, places))
        return self.noted[len(self.noted) - len(pieces) :]

    def print(
        self, pages: Sequence[Page], path: Path, *, before: str = "", origin: tuple[float, float] = (0, 0)
    ) -> None:
        self.press.print(pages, path, before=before, origin=origin)


def no_plain_press(*, design: Design, cache: Cache, on_piece: OnPiece = ignore_progress) -> Press:
    """Fail: fragments were to do for the whole document."""
    raise AssertionError("the document was not assembled of fragments")


def images_of(path: Path) -> list[Image.Image]:
    """Return an image of each page of a PDF."""
    command = [program("pdftoppm"), "-r", "100", "-png", str(path), str(path.with_suffix(""))]
    subprocess.run(command, check=True)
    return [Image.open(page).convert("RGB") for page in sorted(path.parent.glob(f"{path.stem}-*.png"))]


def assert_same_page(ours: LaidOut, plain: LaidOut, folder: Path, shades: int = 8, css: str = "") -> None:
    """Print two pieces, each on a page of its own, and compare: no pixel differs by more shades."""
    pages: list[Image.Image] = []
    for name, piece in (("ours", ours), ("plain", plain)):
        path = folder / f"{name}.pdf"
        press_in(folder, css).print([Page('<div class="page">', [(piece, 4.0, 4.0)])], path)
        pages += images_of(path)
    assert len(pages) == 2
    difference = ImageChops.difference(*pages).convert("L").point(lambda value: 255 * (value > shades))
    assert difference.getbbox() is None
    assert ImageChops.invert(pages[0].convert("L")).getbbox(), "something is printed"
