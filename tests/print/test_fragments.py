"""Pieces that are laid out once and put on pages: the pages that WeasyPrint itself makes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image, ImageChops
from pypdf import PdfReader

from builder.design.fonts import typeface
from builder.diagnostics import BuildError
from builder.pipeline.outputs import OUTPUTS
from builder.print.engine.choose import choose_press
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.html import for_paper
from builder.print.engine.plain_press import PlainPress
from builder.print.engine.press import MakePress, Page, Press
from builder.print.engine.weasyprint import is_known
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import CASES, LOOK, WriteCorpus
from tests.printing import (
    Noting,
    assert_same_page,
    deck_of,
    images_of,
    needs_pango,
    needs_poppler,
    no_plain_press,
    press_in,
    print_output,
)
from tests.programs import path_of, program

Run = Callable[..., Result]

pytestmark = [
    pytest.mark.slow,
    needs_pango,
]
WHOLLY_FRAGMENTS = partial(FragmentPress, make_plain=no_plain_press)
PRINTED = ("cheatsheet", "studysheet", "handbook", "flashcards")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a corpus with every kind of card, and a cache of its own."""
    shutil.copytree(LOOK, tmp_path / "look")
    use_cache(monkeypatch, tmp_path / "cache")
    return tmp_path / "look"


def use_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("builder.commands.arguments.project_cache", lambda *_: Cache(folder, LIMIT))


@pytest.fixture
def printed(run: Run, corpus: Path) -> Callable[..., Path]:
    """Print one output of the corpus to a folder."""

    def printed(name: str, folder: str) -> Path:
        result = run("build", corpus, "--only", name, "--output", corpus.parent / folder)
        assert result.exit_code == 0, result.output
        return corpus.parent / folder / f"look{OUTPUTS[name].suffix}"

    return printed


@pytest.fixture
def printed_by(corpus: Path) -> Callable[..., Path]:
    """Print one output of the corpus with a press of the test's choice, in a folder with its own cache."""

    def printed_by(make_press: MakePress, name: str, folder: str) -> Path:
        target = corpus.parent / folder
        target.mkdir()
        path = target / f"look{OUTPUTS[name].suffix}"
        print_output(name, deck_of(corpus), path, Cache(target / "cache", LIMIT), make_press)
        return path

    return printed_by


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_pages_look_as_weasyprint_lays_them_out_in_one_piece(
    printed_by: Callable[..., Path], name: str
) -> None:
    ours, plain = printed_by(FragmentPress, name, "ours"), printed_by(PlainPress, name, "plain")
    assert ours.read_bytes() != plain.read_bytes()
    _assert_look_alike(ours, plain)


def _assert_look_alike(ours: Path, plain: Path) -> None:
    pages = [images_of(path) for path in (ours, plain)]
    assert len(pages[0]) == len(pages[1]) > 0
    for one, other in zip(*pages, strict=True):
        difference = ImageChops.difference(one, other).convert("L").point(lambda value: 255 * (value > 48))
        different = difference.histogram()[255]
        assert different < one.width * one.height / 5000, ours.name


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_pages_say_what_weasyprint_makes_them_say(printed_by: Callable[..., Path], name: str) -> None:
    ours = _text(printed_by(FragmentPress, name, "ours"))
    assert ours == _text(printed_by(PlainPress, name, "plain"))
    assert "Every kind of card" in ours


@pytest.mark.parametrize("name", PRINTED)
def test_a_version_of_weasyprint_that_was_tested_prints_fragments(
    printed_by: Callable[..., Path], name: str
) -> None:
    fragments, plain = printed_by(FragmentPress, name, "ours"), printed_by(PlainPress, name, "plain")
    chosen = printed_by(choose_press, name, "chosen").read_bytes()
    assert chosen == (fragments if is_known() else plain).read_bytes()


def _text(path: Path) -> str:
    command = [program("pdftotext"), "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs_poppler
@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGB", "L", "P"])
def test_an_image_of_any_mode_is_laid_out_like_text(
    printed_by: Callable[..., Path], corpus: Path, mode: str
) -> None:
    image = Image.radial_gradient("L").resize((90, 60))
    if mode.endswith("A"):
        image = Image.merge("LA", (image, ImageChops.invert(image)))
    image.convert(mode).save(corpus / "shade.png")
    (corpus / "02-pictures.md").write_text(
        "# Pictures\n\n## What is transparent? {#shade}\n\nIts middle:\n\n![a shade](shade.png)\n"
    )
    _printed_in_fragments(printed_by, "studysheet")


def _printed_in_fragments(printed_by: Callable[..., Path], name: str) -> Path:
    """Print an output, and compare it with the plain press's; every piece must be a fragment."""
    noting = Noting(WHOLLY_FRAGMENTS)
    ours = printed_by(noting, name, "ours")
    assert all(piece.fragment for piece in noting.laid_out)
    _assert_look_alike(ours, printed_by(PlainPress, name, "plain"))
    return ours


def _words_of_case(case: str, printed_by: Callable[..., Path], corpus: Path, name: str) -> str:
    """Return the words of an output of the corpus with a chapter of tests/cases/valid, in fragments."""
    shutil.copytree(CASES / "media", corpus / "media")
    shutil.copy(CASES / "valid" / f"{case}.md", corpus / f"02-{case}.md")
    pages = PdfReader(_printed_in_fragments(printed_by, name)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_marks_of_other_tools_are_laid_out_like_text(
    printed_by: Callable[..., Path], corpus: Path, name: str
) -> None:
    assert "HTML (HyperText Markup Language)" in _words_of_case("marks", printed_by, corpus, name)


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_sounds_are_laid_out_like_text(printed_by: Callable[..., Path], corpus: Path, name: str) -> None:
    words = _words_of_case("sounds", printed_by, corpus, name)
    assert "one word" in words, "where no text beside it says it"
    assert "der Hund“? der Hund" not in words, "where one does"


def test_a_line_across_an_answer_is_laid_out_like_text(printed_by: Callable[..., Path], corpus: Path) -> None:
    chapter = "# Lines\n\n## What is divided? {#line}\n\nOne.\n\n- Two.\n\n***\n\n- Three.\n"
    (corpus / "02-lines.md").write_text(chapter)
    noting = Noting(WHOLLY_FRAGMENTS)
    assert printed_by(noting, "handbook", "ours").stat().st_size > 5000
    assert noting.laid_out
    assert all(piece.fragment for piece in noting.laid_out)


@pytest.mark.parametrize("name", PRINTED)
def test_a_print_from_the_cache_is_the_same_bytes(
    printed: Callable[..., Path], corpus: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = corpus / "01-cards.md"
    text = chapter.read_text()
    before = printed(name, "before").read_bytes()
    chapter.write_text(text.replace("which **raises**", "that **raises**").replace("another one", "other"))
    edited = printed(name, "edited").read_bytes()
    chapter.write_text(text)
    assert printed(name, "warm").read_bytes() == before != edited
    use_cache(monkeypatch, corpus.parent / "another-cache")
    chapter.write_text(text.replace("which **raises**", "that **raises**").replace("another one", "other"))
    assert printed(name, "cold").read_bytes() == edited, "made of pieces of which most were remembered"


@pytest.mark.parametrize("name", ["studysheet", "flashcards"])
@pytest.mark.parametrize("press", [FragmentPress, PlainPress])
def test_a_print_by_several_processes_is_the_same_bytes(
    printed_by: Callable[..., Path], name: str, press: type[FragmentPress | PlainPress]
) -> None:
    alone = printed_by(partial(press, processes=1), name, "alone").read_bytes()
    together = printed_by(partial(press, batch=200, processes=2), name, "together")
    assert together.read_bytes() == alone


def test_where_the_pdf_is_not_as_expected_weasyprint_lays_out_all_of_it(tmp_path: Path) -> None:
    presses: list[Press] = []

    def plain(**options: Any) -> Press:
        presses.append(PlainPress(**options))
        return presses[-1]

    press = press_in(tmp_path, make_press=partial(FragmentPress, make_plain=plain))
    (piece,) = press.lay_out(["<p>A piece.</p>"], 90)
    assert piece.fragment
    usual, two = '<div class="page">', '<div class="page"><p style="break-after: page">One.</p><p>Two.</p>'
    press.print([Page(usual, [(piece, 4.0, 4.0)])], tmp_path / "usual.pdf")
    assert not presses
    press.print([Page(two, [(piece, 4.0, 4.0)])], tmp_path / "two.pdf")
    assert len(presses) == 1
    press_in(tmp_path, make_press=PlainPress).print([Page(two, [(piece, 4.0, 4.0)])], tmp_path / "plain.pdf")
    assert (tmp_path / "two.pdf").read_bytes() == (tmp_path / "plain.pdf").read_bytes()
    if path_of("pdftotext"):
        assert "A piece." in _text(tmp_path / "two.pdf")


def test_what_is_remembered_wrongly_is_laid_out_again(
    printed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = printed("studysheet", "out").read_bytes()
    real, damaged = Cache.get, 0

    def get(self: Cache, key: str) -> bytes | None:
        nonlocal damaged
        value = real(self, key)
        if value and value.startswith(b'{"height"'):
            damaged += 1
            return b'{"height": 3}'
        return None if value and value.startswith(b"%PDF") else value

    monkeypatch.setattr(Cache, "get", get)
    assert printed("studysheet", "again").read_bytes() == whole
    assert damaged


def _svg(inside: str) -> str:
    return f"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='30'>{inside}</svg>"


IMAGES = {
    "text": "<text x='2' y='20' font-size='12'>Words</text>",
    "bold-italic": "<text x='2' y='20' font-size='12' font-weight='bold' font-style='italic'>Words</text>",
    "black-serif": "<text x='2' y='20' font-size='12' font-weight='900' font-family='serif'>Words</text>",
    "opacity": "<g opacity='0.5'><rect width='30' height='20' fill='red'/><circle cx='9' cy='9' r='9'/></g>",
    "gradient": "<defs><linearGradient id='g'><stop offset='0' stop-color='red'/><stop offset='1'"
    " stop-color='blue'/></linearGradient></defs><rect width='50' height='20' fill='url(#g)'/>",
}


@needs_poppler
@pytest.mark.parametrize("image", [*IMAGES, "transparent", "photograph"])
def test_an_image_looks_as_weasyprint_draws_it(write_corpus: WriteCorpus, tmp_path: Path, image: str) -> None:
    name = f"{image}.svg" if image in IMAGES else f"{image}.png"
    text = f"# T\n\n## Why? {{#why}}\n\nSee ![a picture]({name}).\n\n## How? {{#how}}\n\nSo.\n"
    folder = write_corpus({"01-first.md": text})
    if image in IMAGES:
        (folder / name).write_text(_svg(IMAGES[image]))
    else:
        mode = "RGBA" if image == "transparent" else "RGB"
        Image.new(mode, (40, 20), (200, 30, 30, 90)[: len(mode)]).save(folder / name)
    files = []
    for turn, press in (("ours", FragmentPress), ("plain", PlainPress)):
        files.append(tmp_path / f"{turn}.pdf")
        print_output("studysheet", deck_of(folder), files[-1], Cache(tmp_path / turn, LIMIT), press)
    _assert_look_alike(*files)
    if "text" in IMAGES.get(image, ""):
        assert "Words" in _text(files[0])


@needs_poppler
@pytest.mark.parametrize("words", ["Short?", "Long enough for two lines, " * 4])
def test_dots_that_lead_to_a_page_look_as_weasyprint_draws_them(tmp_path: Path, words: str) -> None:
    html = f'<p class="entry"><a href="#why" data-page="12">1.2 {words}</a></p><p id="why">After.</p>'
    (ours,) = press_in(tmp_path, make_press=FragmentPress).lay_out([html], 90)
    (plain,) = press_in(tmp_path, make_press=PlainPress).lay_out([html], 90)
    assert ours.fragment
    assert not plain.fragment
    assert ours.height == plain.height
    # A PDF has widths in thousandths: over a line they add up to a twentieth of a millimetre.
    assert_same_page(ours, plain, tmp_path, shades=64)


def test_dots_that_lead_to_a_page_are_one_text_however_many_they_are(tmp_path: Path) -> None:
    html = '<p class="entry"><a href="#why" data-page="12">1.2 Short?</a></p>'
    press = press_in(tmp_path, make_press=FragmentPress)
    fragments = [piece.fragment for width in (60, 110) for piece in press.lay_out([html], width)]
    few, many = (fragment.marks for fragment in fragments if fragment)
    assert few == many < 8


@pytest.mark.parametrize(
    "words",
    [
        "The resource that stands for all items of a kind, such as <code>/books</code>: GET lists them.",
        "The resource that stands\nfor all items of a kind, such as\n<em>books</em>: GET lists them.",
        "One <strong>two <code>three</code> and</strong> <code>four</code> <code>five</code> or more of them",
    ],
)
def test_a_wider_column_never_takes_more_lines(tmp_path: Path, words: str) -> None:
    press = press_in(tmp_path)
    heights = [
        press.lay_out([for_paper(f"<p>{words}</p>")], width / 4)[0].height for width in range(80, 480, 3)
    ]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("words", ["a -> b", "3x4", "x != y", "<b>--&gt;</b>", "<code>-&gt; != ===</code>"])
def test_signs_are_shown_as_they_are_written(tmp_path: Path, words: str) -> None:
    (piece,) = press_in(tmp_path, make_press=FragmentPress).lay_out([f"<p>{words}</p>"], 90)
    assert piece.fragment
    shown = {
        character
        for name, glyphs in piece.fragment.glyphs.items()
        for glyph, text in glyphs.items()
        if (face := typeface(name))
        for character in text or face.character(glyph) or "nothing"
    }
    assert shown == set(unescape(re.sub("<[^>]+>", "", words)))


def test_bold_in_italics_is_laid_out_once_as_all_else(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"01-first.md": "# T\n\n## Why? {#why}\n\n*An **odd** one, `**c**`*.\n"})
    noting = Noting(WHOLLY_FRAGMENTS)
    cache = Cache(tmp_path / "cache", LIMIT)
    print_output("studysheet", deck_of(folder), tmp_path / "sheet.pdf", cache, noting)
    assert noting.laid_out
    assert all(piece.fragment for piece in noting.laid_out)


@pytest.mark.parametrize("press", [FragmentPress, PlainPress])
def test_an_image_that_changes_between_reading_and_printing_is_named(
    write_corpus: WriteCorpus, tmp_path: Path, press: MakePress
) -> None:
    text = "# T\n\n## Why? {#why}\n\nSee ![a picture](a.svg).\n"
    folder = write_corpus({"01-first.md": text, "a.svg": _svg("<rect width='9' height='9'/>")})
    deck = deck_of(folder)
    (folder / "a.svg").write_text(_svg("<circle r='9'/>"))
    path = tmp_path / "sheet.pdf"
    with pytest.raises(BuildError, match=r"a\.svg' changed in the meantime: build again"):
        print_output("studysheet", deck, path, Cache(tmp_path / "cache", LIMIT), press)
    assert not path.exists()
