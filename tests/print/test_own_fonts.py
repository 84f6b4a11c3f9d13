"""A corpus may bring fonts: for what ours lack, part of every key, refused where paper cannot have them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pypdf import PdfReader

from builder.checks.own_fonts import with_own_fonts
from builder.corpus.model import Settings
from builder.design.fonts import drawable, fault_of, is_drawn, using
from builder.markdown.source import Source
from builder.pipeline.compile import settings_of
from tests.conftest import WriteCorpus
from tests.printing import needs_pango

Run = Callable[..., Result]
SETTINGS = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\n\n[print]\nfonts = {}\n'
CHAPTER = "# T\n\n## Why ☐? {#why}\n\nA box, ☐ or ∎.\n"


def font(characters: str, *, weight: int = 400, width: int = 700, is_cff: bool = False) -> bytes:
    """Make a font whose characters are squares."""
    builder_of: Any = import_module("fontTools.fontBuilder").FontBuilder
    names = {ord(character): f"u{ord(character):x}" for character in f" {characters}"}
    builder = builder_of(1000, isTTF=not is_cff)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    pens: Any = import_module("fontTools.pens.t2CharStringPen" if is_cff else "fontTools.pens.ttGlyphPen")
    glyphs: dict[str, Any] = {}
    for name in (".notdef", *names.values()):
        pen = pens.T2CharStringPen(width, None) if is_cff else pens.TTGlyphPen(None)
        if name not in (".notdef", "u20"):
            pen.moveTo((50, 0))
            for point in ((50, 600), (650, 600), (650, 0)):
                pen.lineTo(point)
            pen.closePath()
        glyphs[name] = pen.getCharString() if is_cff else pen.glyph()
    if is_cff:
        builder.setupCFF("Own", {}, glyphs, {})
    else:
        builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (width, 50)))
    builder.setupHorizontalHeader(ascent=900, descent=-300)
    builder.setupNameTable({"familyName": "Own", "styleName": "Regular"})
    builder.setupOS2(usWeightClass=weight)
    builder.setupPost()
    file = BytesIO()
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    builder.save(file)
    return file.getvalue()


BOXES = font("☐∎")


def _corpus(write_corpus: WriteCorpus, files: dict[str, bytes], names: str = "", name: str = "demo") -> Path:
    listed = names or str(list(files)).replace("'", '"')
    return write_corpus({"deck.toml": SETTINGS.format(listed), "01-first.md": CHAPTER, **files}, name=name)


def _fonts_of(path: Path) -> set[str]:
    return {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in PdfReader(path).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }


@needs_pango
@pytest.mark.slow
def test_a_font_of_its_own_draws_what_ours_lack(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = _corpus(write_corpus, {"fonts/My Boxes 2.ttf": BOXES})
    result = run("build", folder, "--output", tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    for name in ("cheatsheet", "studysheet", "handbook", "flashcards"):
        path = tmp_path / f"demo-{name}.pdf"
        own = {name for name in _fonts_of(path) if name.startswith("My-Boxes-own-")}
        assert own
        assert _fonts_of(path) - own <= {"Inter", "Inter-Semi-Bold", "Inter-Bold", "JetBrains-Mono"}
        assert "☐ or ∎" in " ".join(page.extract_text() for page in PdfReader(path).pages)


@needs_pango
@pytest.mark.slow
def test_another_font_makes_other_bytes_and_the_same_font_the_same(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = _corpus(write_corpus, {"fonts/a.ttf": BOXES})
    printed: list[bytes] = []
    for content in (BOXES, font("☐∎", width=900), BOXES):
        (folder / "fonts" / "a.ttf").write_bytes(content)
        assert run("build", folder, "--only", "handbook", "--output", tmp_path).exit_code == 0
        printed.append((tmp_path / "demo-handbook.pdf").read_bytes())
    assert printed[0] == printed[2] != printed[1]


def test_check_knows_what_the_font_has_and_no_other_corpus_does(run: Run, write_corpus: WriteCorpus) -> None:
    folder = _corpus(write_corpus, {"fonts/a.ttf": BOXES})
    result = run("check", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    other = _corpus(write_corpus, {}, "[]", name="other")
    assert "missing-glyph" in run("check", other).stderr
    (folder / "fonts" / "a.ttf").write_bytes(font("☐"))
    assert "U+220E" in run("check", folder).stderr


def test_its_characters_are_drawn_while_it_is_used(write_corpus: WriteCorpus) -> None:
    settings, found = settings_of(_corpus(write_corpus, {"fonts/a.ttf": BOXES}))
    assert found == []
    assert not is_drawn("∎")
    with using(settings.print.fonts):
        assert is_drawn("∎")
        assert drawable("∎ ☒") == "∎ □"
    assert drawable("∎") == "□"


def test_files_whose_names_differ_in_the_style_are_one_family(write_corpus: WriteCorpus) -> None:
    from builder.design.fonts import faces

    files = {
        "fonts/A-Regular.ttf": BOXES,
        "fonts/A-Bold.ttf": font("☐∎", weight=700),
        "fonts/B.ttf": font("☒"),
    }
    settings, _ = settings_of(_corpus(write_corpus, files))
    with using(settings.print.fonts):
        own = [face for face in faces() if face.file]
    chosen = {
        (face.weight, face.is_italic): face.file.name for face in own if face.file and face.family[0] == "A"
    }
    assert chosen[400, False] == chosen[400, True] == "fonts/A-Regular.ttf"
    assert chosen[700, False] == chosen[700, True] == "fonts/A-Bold.ttf"
    assert len({face.family for face in own}) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (font("☐", is_cff=True), "has CFF outlines"),
        (BOXES[: len(BOXES) // 2], "is damaged"),
        (BOXES[:40], "is damaged"),
        (b"", "is not a TrueType font"),
        (b"<svg/>", "is not a TrueType font"),
        (b"wOF2" + BOXES[4:], "is packed for the web"),
        (b"ttcf" + BOXES[4:], "is a collection of fonts"),
        (BOXES.replace(b"glyf", b"glyg"), "has no table 'glyf'"),
        (BOXES.replace(b"cmap", b"cmaq"), "has no table 'cmap'"),
    ],
)
def test_a_font_that_paper_cannot_have_is_refused_and_the_deck_is_made(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, content: bytes, message: str
) -> None:
    folder = _corpus(write_corpus, {"fonts/a.ttf": content})
    result = run("check", folder)
    assert result.exit_code == 1
    assert "deck.toml:6:1: error: the font 'fonts/a.ttf' " + message in result.stderr
    result = run("build", folder, "--only", "apkg", "--output", tmp_path)
    assert result.exit_code == 0
    assert (tmp_path / "demo.apkg").exists()


@pytest.mark.parametrize("place", range(0, len(BOXES), 7))
def test_no_changed_byte_makes_a_fault_of_ours(place: int) -> None:
    fault_of(BOXES[:place] + bytes([BOXES[place] ^ 0xFF]) + BOXES[place + 1 :])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ('["fonts/none.ttf"]', "the font 'fonts/none.ttf'"),
        ('["../a.ttf"]', "'fonts' is ['../a.ttf']"),
        ('["/a.ttf"]', "'fonts' is ['/a.ttf']"),
        ('"fonts/a.ttf"', "'fonts' is 'fonts/a.ttf'"),
        ("[3]", "'fonts' is [3]"),
        ('["fonts"]', "the font 'fonts' is a folder"),
    ],
)
def test_what_is_no_font_of_the_folder_is_named(
    run: Run, write_corpus: WriteCorpus, names: str, message: str
) -> None:
    result = run("check", _corpus(write_corpus, {"fonts/a.ttf": BOXES}, names))
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_link_that_leads_out_of_the_folder_is_refused(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    (tmp_path / "secret.ttf").write_bytes(BOXES)
    folder = _corpus(write_corpus, {}, '["a.ttf"]')
    (folder / "a.ttf").symlink_to(tmp_path / "secret.ttf")
    settings, found = settings_of(folder)
    assert settings.print.fonts == ()
    assert [each.code for each in found] == ["file-outside"]


def test_settings_without_fonts_stay_as_they_are(tmp_path: Path) -> None:
    settings = Settings(id="demo", title="Demo", deck="Demo")
    assert with_own_fonts(settings, tmp_path, Source(tmp_path / "deck.toml", "")) == (settings, [])
