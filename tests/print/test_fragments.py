"""Pieces that are set once and put on pages: the same pages as WeasyPrint's own, whatever was remembered."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image, ImageChops

from builder.design.fonts import typeface
from builder.pipeline.outputs import OUTPUTS
from builder.print.engine import assemble, fragments, weasyprint
from builder.print.engine import press as pdf
from builder.print.engine.html import for_paper
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import LOOK, WriteCorpus
from tests.printing import assert_same_page, make_press, needs_pango, needs_poppler, pictures_of
from tests.programs import path_of, program

Run = Callable[..., Result]

pytestmark = [
    pytest.mark.slow,
    needs_pango,
]
PRINTED = ("cheatsheet", "handbook", "flashcards")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a corpus with every kind of card, and a cache of its own."""
    shutil.copytree(LOOK, tmp_path / "look")
    use_cache(monkeypatch, tmp_path / "cache")
    return tmp_path / "look"


def use_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("builder.commands.arguments.project_cache", lambda _: Cache(folder, LIMIT))


@pytest.fixture
def printed(run: Run, corpus: Path) -> Callable[..., Path]:
    """Print one output of the corpus to a folder."""

    def printed(name: str, folder: str) -> Path:
        result = run("build", corpus, "--only", name, "--output", corpus.parent / folder)
        assert result.exit_code == 0, result.output
        return corpus.parent / folder / f"look{OUTPUTS[name].suffix}"

    return printed


def _make_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take WeasyPrint for a version whose PDFs nobody knows."""
    monkeypatch.setattr(weasyprint, "KNOWN_VERSION", "another")


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_pages_look_as_weasyprint_sets_them_in_one_piece(
    printed: Callable[..., Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = printed(name, "ours")
    use_cache(monkeypatch, ours.parent / "another-cache")
    _make_plain(monkeypatch)
    plain = printed(name, "plain")
    assert ours.read_bytes() != plain.read_bytes()
    _assert_look_alike(ours, plain)


def _assert_look_alike(ours: Path, plain: Path) -> None:
    pages = [pictures_of(path) for path in (ours, plain)]
    assert len(pages[0]) == len(pages[1]) > 0
    for one, other in zip(*pages, strict=True):
        difference = ImageChops.difference(one, other).convert("L").point(lambda value: 255 * (value > 48))
        different = difference.histogram()[255]
        assert different < one.width * one.height / 5000, ours.name


@needs_poppler
@pytest.mark.parametrize("name", PRINTED)
def test_pages_say_what_weasyprint_makes_them_say(
    printed: Callable[..., Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = _text(printed(name, "ours"))
    use_cache(monkeypatch, tmp_path / "another-cache")
    _make_plain(monkeypatch)
    assert ours == _text(printed(name, "plain"))
    assert "Every kind of card" in ours


def _text(path: Path) -> str:
    command = [program("pdftotext"), "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs_poppler
@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGB", "L", "P"])
def test_a_picture_of_any_mode_is_set_like_text(
    printed: Callable[..., Path], corpus: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Image.radial_gradient("L").resize((90, 60))
    if mode.endswith("A"):
        picture = Image.merge("LA", (picture, ImageChops.invert(picture)))
    picture.convert(mode).save(corpus / "shade.png")
    (corpus / "02-pictures.md").write_text(
        "# Pictures\n\n## What is transparent? {#shade}\n\nIts middle:\n\n![a shade](shade.png)\n"
    )
    with monkeypatch.context() as patches:
        patches.delattr(pdf, "_with_pieces")  # the plain way
        ours = printed("cheatsheet", "ours")
    use_cache(monkeypatch, corpus.parent / "another-cache")
    _make_plain(monkeypatch)
    _assert_look_alike(ours, printed("cheatsheet", "plain"))


def test_a_line_across_an_answer_is_set_like_text(
    printed: Callable[..., Path], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = "# Lines\n\n## What is divided? {#line}\n\nOne.\n\n- Two.\n\n***\n\n- Three.\n"
    (corpus / "02-lines.md").write_text(chapter)
    monkeypatch.delattr(pdf, "_with_pieces")  # the plain way
    assert printed("handbook", "ours").stat().st_size > 5000


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


@pytest.mark.parametrize("name", ["cheatsheet", "flashcards"])
def test_a_print_by_several_processes_is_the_same_bytes(
    printed: Callable[..., Path], corpus: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = printed(name, "alone").read_bytes()
    use_cache(monkeypatch, corpus.parent / "another-cache")
    monkeypatch.setattr(pdf, "_BATCH", 200)
    monkeypatch.setattr(pdf, "cores", lambda: 2)
    assert printed(name, "together").read_bytes() == alone


def test_where_the_pdf_is_not_as_expected_weasyprint_sets_all_of_it(
    printed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strange(assemble._Forme):
        def fill(self, *_: object) -> None:
            raise fragments.Unexpected("strange")

    monkeypatch.setattr(assemble, "_Forme", Strange)
    file = printed("cheatsheet", "out")
    if path_of("pdftotext"):
        assert "What does a view return" in _text(file)
    assert file.stat().st_size > 5000


def test_what_is_remembered_wrongly_is_set_again(
    printed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = printed("cheatsheet", "out").read_bytes()
    real, damaged = Cache.get, 0

    def get(self: Cache, key: str) -> bytes | None:
        nonlocal damaged
        value = real(self, key)
        if value and value.startswith(b'{"height"'):
            damaged += 1
            return b'{"height": 3}'
        return None if value and value.startswith(b"%PDF") else value

    monkeypatch.setattr(Cache, "get", get)
    assert printed("cheatsheet", "again").read_bytes() == whole
    assert damaged


def _svg(inside: str) -> str:
    return f"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='30'>{inside}</svg>"


PICTURES = {
    "text": "<text x='2' y='20' font-size='12'>Words</text>",
    "bold-italic": "<text x='2' y='20' font-size='12' font-weight='bold' font-style='italic'>Words</text>",
    "black-serif": "<text x='2' y='20' font-size='12' font-weight='900' font-family='serif'>Words</text>",
    "opacity": "<g opacity='0.5'><rect width='30' height='20' fill='red'/><circle cx='9' cy='9' r='9'/></g>",
    "gradient": "<defs><linearGradient id='g'><stop offset='0' stop-color='red'/><stop offset='1'"
    " stop-color='blue'/></linearGradient></defs><rect width='50' height='20' fill='url(#g)'/>",
}


@needs_poppler
@pytest.mark.parametrize("picture", [*PICTURES, "transparent", "photograph"])
def test_a_picture_looks_as_weasyprint_draws_it(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{picture}.svg" if picture in PICTURES else f"{picture}.png"
    text = f"# T\n\n## Why? {{#why}}\n\nSee ![a picture]({name}).\n\n## How? {{#how}}\n\nSo.\n"
    folder = write_corpus({"01-first.md": text})
    if picture in PICTURES:
        (folder / name).write_text(_svg(PICTURES[picture]))
    else:
        mode = "RGBA" if picture == "transparent" else "RGB"
        Image.new(mode, (40, 20), (200, 30, 30, 90)[: len(mode)]).save(folder / name)
    files = []
    for turn in ("ours", "plain"):
        use_cache(monkeypatch, tmp_path / f"cache-{turn}")
        assert run("build", folder, "--only", "cheatsheet", "--output", tmp_path / turn).exit_code == 0
        files.append(tmp_path / turn / "demo-cheatsheet.pdf")
        _make_plain(monkeypatch)
    _assert_look_alike(*files)
    if "text" in PICTURES.get(picture, ""):
        assert "Words" in _text(files[0])


@needs_poppler
@pytest.mark.parametrize("words", ["Short?", "Long enough for two lines, " * 4])
def test_dots_that_lead_to_a_page_look_as_weasyprint_draws_them(
    tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = f'<p class="entry"><a href="#why" data-page="12">1.2 {words}</a></p><p>After.</p>'
    (ours,) = make_press(tmp_path).set([html], 90)
    monkeypatch.setattr(fragments, "_join_leaders", lambda box: None)
    (plain,) = make_press(tmp_path).set([html + "<!-- not remembered -->"], 90)
    assert ours.galley
    assert plain.galley
    assert ours.galley.marks < plain.galley.marks
    # A PDF has widths in thousandths: over a line they add up to a twentieth of a millimetre.
    assert_same_page(ours, plain, tmp_path, shades=64)


@pytest.mark.parametrize(
    "words",
    [
        "The resource that stands for all items of a kind, such as <code>/books</code>: GET lists them.",
        "The resource that stands\nfor all items of a kind, such as\n<em>books</em>: GET lists them.",
        "One <strong>two <code>three</code> and</strong> <code>four</code> <code>five</code> or more of them",
    ],
)
def test_a_wider_column_never_takes_more_lines(tmp_path: Path, words: str) -> None:
    press = make_press(tmp_path)
    heights = [press.set([for_paper(f"<p>{words}</p>")], width / 4)[0].height for width in range(80, 480, 3)]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("words", ["a -> b", "3x4", "x != y", "<b>--&gt;</b>", "<code>-&gt; != ===</code>"])
def test_signs_are_shown_as_they_are_written(tmp_path: Path, words: str) -> None:
    (piece,) = make_press(tmp_path).set([f"<p>{words}</p>"], 90)
    assert piece.galley
    shown = {
        character
        for name, glyphs in piece.galley.glyphs.items()
        for glyph, text in glyphs.items()
        if (face := typeface(name))
        for character in text or face.character(glyph) or "nothing"
    }
    assert shown == set(unescape(re.sub("<[^>]+>", "", words)))


def test_bold_in_italics_is_set_once_as_all_else(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"01-first.md": "# T\n\n## Why? {#why}\n\n*An **odd** one, `**c**`*.\n"})
    set_pieces = []
    real = pdf._set

    def watched(job: tuple[weasyprint.Design, float, list[str]]) -> list[pdf.SetPiece]:
        set_pieces.extend(real(job))
        return set_pieces[-len(job[2]) :]

    monkeypatch.setattr(pdf, "_set", watched)
    use_cache(monkeypatch, tmp_path / "cache")
    assert run("build", folder, "--only", "cheatsheet", "--output", tmp_path).exit_code == 0
    assert set_pieces
    assert all(piece.galley for piece in set_pieces)


def test_a_picture_that_changes_between_reading_and_printing_is_named(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "# T\n\n## Why? {#why}\n\nSee ![a picture](a.svg).\n"
    folder = write_corpus({"01-first.md": text, "a.svg": _svg("<rect width='9' height='9'/>")})
    real = pdf._set

    def late(job: tuple[weasyprint.Design, float, list[str]]) -> list[pdf.SetPiece]:
        (folder / "a.svg").write_text(_svg("<circle r='9'/>"))
        return real(job)

    use_cache(monkeypatch, tmp_path / "cache")
    monkeypatch.setattr(pdf, "_set", late)
    result = run("build", folder, "--only", "cheatsheet", "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.svg' was changed meanwhile: build again" in result.output + result.stderr
    assert not (tmp_path / "out" / "demo-cheatsheet.pdf").exists()
