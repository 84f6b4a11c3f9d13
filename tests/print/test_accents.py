"""Accents of Russian words are above their letters, as those of Latin letters are."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader

from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.press import Page
from tests.printing import images_of, needs_pango, needs_poppler, no_plain_press, press_in

pytestmark = [needs_pango]
TWINS = "aа", "eе", "oо", "yу", "pр", "cс", "AА", "EЕ", "OО", "KК"
"""Letters of Latin and Cyrillic with one shape."""


def _print(folder: Path, words: str, style: str) -> Path:
    folder.mkdir()
    press = press_in(folder, make_press=partial(FragmentPress, make_plain=no_plain_press))
    (piece,) = press.lay_out([f"<p style='font-size: 24pt; line-height: 3; {style}'>{words}</p>"], 110)
    press.print([Page('<div class="page">', [(piece, 4.0, 4.0)])], folder / "page.pdf")
    return folder / "page.pdf"


def _letters(page: Image.Image) -> list[tuple[int, int]]:
    """Return where each letter, with its accent, begins and ends: there is white between them."""
    dark = ImageChops.invert(page.convert("L")).crop((0, 0, page.width, 110))
    columns = [dark.crop((x, 0, x + 1, dark.height)) for x in range(dark.width)]
    is_dark = [any(column.histogram()[90:]) for column in columns]
    edges = [x for x in range(1, len(is_dark)) if is_dark[x] != is_dark[x - 1]]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _accent_of(page: Image.Image, letter: tuple[int, int]) -> tuple[int, int]:
    """Return where the topmost part of a letter begins: from the left of the letter, and from the top."""
    dark = ImageChops.invert(page.convert("L")).crop((letter[0], 0, letter[1], 110))
    box = dark.point(lambda value: 255 * (value > 90)).getbbox()
    assert box
    accent = dark.crop((0, box[1], dark.width, box[1] + 4)).point(lambda value: 255 * (value > 90)).getbbox()
    assert accent
    return accent[0], box[1]


@needs_poppler
@pytest.mark.parametrize("style", ["", "font-weight: 700", "font-style: italic", "letter-spacing: 0.1em"])
@pytest.mark.parametrize("accent", ["\u0301", "\u0300"])
def test_an_accent_of_a_cyrillic_letter_is_where_that_of_its_latin_twin_is(
    tmp_path: Path, style: str, accent: str
) -> None:
    pages: list[Image.Image] = []
    for place in (0, 1):
        words = " ".join(f"{twins[place]}{accent}" for twins in TWINS)
        pages += images_of(_print(tmp_path / str(place), words, style))
    marks = [[_accent_of(page, each) for each in _letters(page)] for page in pages]
    assert len(marks[0]) == len(marks[1]) == len(TWINS)
    for (left, top), (other_left, other_top) in zip(*marks, strict=True):
        assert abs(left - other_left) <= 5
        assert abs(top - other_top) <= 3


@pytest.mark.parametrize("style", ["", "font-weight: 700", "font-style: italic"])
def test_a_word_with_an_accent_is_copied_as_written(tmp_path: Path, style: str) -> None:
    word = "во\u0301ды"
    content = PdfReader(_print(tmp_path / "a", word, style)).pages[0].get_contents()
    assert content is not None
    assert b"/ActualText" in content.get_data()
    again = _print(tmp_path / "b", word, style)
    assert again.read_bytes() == (tmp_path / "a" / "page.pdf").read_bytes()
