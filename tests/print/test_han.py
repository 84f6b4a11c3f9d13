"""Chinese, Japanese and Korean on paper: each in its own forms, copied as it was written."""

from __future__ import annotations

import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from builder.corpus.model import Settings
from builder.design.fonts import Large, cut_fonts, drawable, families, font_css, large_families, typeface
from builder.design.styles import read_styles
from builder.print import calibration
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.html import for_paper
from builder.print.engine.press import Page
from builder.print.engine.weasyprint import Design
from builder.print.layout.tables import TableRoom, fit_tables, line_width
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from tests.conftest import WriteCorpus
from tests.printing import (
    deck_of,
    images_of,
    needs_pango,
    needs_poppler,
    needs_script,
    no_plain_press,
    print_output,
)
from tests.programs import needs, program

pytestmark = [needs_pango, needs_script("cjk")]
WHOLLY_FRAGMENTS = partial(FragmentPress, make_plain=no_plain_press)
JP, KR, SC, TC = "Noto Sans JP", "Noto Sans KR", "Noto Sans SC", "Noto Sans TC"
SETTINGS = 'id = "demo"\ntitle = "{1}"\ndeck = "Demo"\nlanguage = "{0}"\n'


def _drawn(text: str, *languages: str) -> dict[str, str]:
    return {each.family: each.characters for each in large_families(text, languages)}


@pytest.mark.parametrize(
    ("language", "family"),
    [
        *(
            ("ja", JP),
            ("ja-JP", JP),
            ("ko", KR),
            ("ko-KR", KR),
            ("zh", SC),
            ("zh-CN", SC),
            ("zh-Hans-HK", SC),
        ),
        *(("zh-Hant", TC), ("zh-TW", TC), ("zh-hk", TC), ("yue", TC), ("zh-Hant-HK", TC)),
        *(("en", JP), ("de-AT", JP), ("jam", JP)),
    ],
)
def test_a_language_has_the_forms_of_its_own(language: str, family: str) -> None:
    assert _drawn("a 骨直 b", language) == {family: "直骨"}


def test_what_a_family_lacks_is_drawn_by_the_next_that_has_it() -> None:
    assert _drawn("日本は한국", "ja") == {JP: "は日本", KR: "국한"}
    assert _drawn("骨", "ja", "zh-TW") == {JP: "骨", TC: "骨"}


def test_a_document_without_such_characters_has_no_large_family() -> None:
    assert large_families("é שלום → “a”", ["ja"]) == ()
    assert JP not in font_css()
    assert not any("NotoSansJP" in name for name, _ in cut_fonts())


def test_the_families_of_a_document_are_tried_in_the_order_of_a_language() -> None:
    large = [Large(JP, "骨"), Large(SC, "骨"), Large(TC, "骨")]
    assert families("zh-TW", large)[-3:] == (TC, JP, SC)
    assert families("zh", large)[-3:] == (SC, JP, TC)
    assert families("fr", large)[-3:] == (JP, SC, TC)


def test_of_glyphs_with_several_characters_the_usual_one_is_meant() -> None:
    face = typeface("Noto-Sans-JP")
    assert face
    for character in "日一人山金":
        glyph = face.font.get_nominal_glyph(ord(character))
        assert face.character(glyph) == character


def test_a_face_of_some_characters_has_spaces_and_the_glyph_numbers_of_the_whole() -> None:
    import uharfbuzz

    whole = typeface("Noto-Sans-JP-Bold")
    assert whole
    some = dict(cut_fonts([Large(JP, "骨")]))["fonts/NotoSansJP-700.ttf"]
    assert len(some) < 1_000_000
    font = uharfbuzz.Font(uharfbuzz.Face(some))
    for character in " \xa0骨":
        glyph = font.get_nominal_glyph(ord(character))
        assert glyph
        assert glyph == whole.font.get_nominal_glyph(ord(character))
        assert font.get_glyph_h_advance(glyph) == whole.font.get_glyph_h_advance(glyph)
    assert font.get_nominal_glyph(ord("直")) is None


KUZU, KAMI = "葛\U000e0100", "神\ufe00"
"""Characters in the forms that they have in names."""


def test_a_selector_chooses_the_form_of_a_han_character_and_of_no_other() -> None:
    assert drawable(f"{KUZU}城 {KAMI}") == f"{KUZU}城 {KAMI}"
    assert drawable("a\U000e0100 ☑\ufe00 葛\ufe0f") == "a ☑ 葛"
    assert _drawn(f"{KUZU}城", "ja") == {JP: "城葛\U000e0100"}


def _printed(folder: Path, html: str, language: str, width: float = 90) -> Path:
    """Print a piece of HTML in a width, and return the PDF."""
    design = Design(
        settings=Settings(id="demo", title="Demo", deck="Demo", language=language),
        css=read_styles().for_print("studysheet"),
        style="",
        page="@page { size: 120mm 80mm; margin: 0; @bottom-right { content: none } }"
        " .page { position: relative }",
        media=(),
        large=large_families(html, [language]),
    )
    press = WHOLLY_FRAGMENTS(design=design, cache=Cache(folder / "cache", LIMIT))
    (piece,) = press.lay_out([for_paper(html)], width)
    press.print([Page('<div class="page">', [(piece, 4.0, 4.0)])], folder / "a.pdf")
    return folder / "a.pdf"


def _lines(path: Path) -> list[str]:
    """Return the lines of a PDF."""
    command = [program("pdftotext"), "-layout", str(path), "-"]
    copied = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in copied.splitlines() if line.strip(" \f")]


@pytest.mark.slow
@needs("pdftotext")
@needs_poppler
def test_a_form_is_drawn_and_copied(tmp_path: Path) -> None:
    drawn: set[bytes] = set()
    for text in (KUZU, "葛", "葛\U000e0101"):
        path = _printed(tmp_path, f'<p lang="ja">{text}城</p>', "ja")
        assert _lines(path) == [f"{text}城"]
        (image,) = images_of(path)
        drawn.add(image.tobytes())
    assert len(drawn) == 2, "the second selector is for the usual form"


JAPANESE = """\
# 基本

## 「日本」の意味は何ですか？ {#nihon}

「日本」は**国**の*名前*です。`コード`も見えます。一人で山へ行く。

- {漢字|かん|じ}を読む。ｱｲｳ、令
- {日本語|にほんご}。

## 直 {#zh lang="zh"}

这是中文。

## 直 {#tw lang="zh-TW"}

這是繁體字。

## 직 {#ko lang="ko"}

한국어 글자입니다.

## What is [直]{lang=zh}? {#en lang="en"}

Not 直.
"""


@needs("pdftotext")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["cheatsheet", "studysheet", "handbook", "flashcards"])
def test_each_question_is_printed_in_the_forms_of_its_language_and_copied_as_written(
    write_corpus: WriteCorpus, tmp_path: Path, name: str
) -> None:
    files = {"deck.toml": SETTINGS.format("ja", "問題集"), "01-first.md": JAPANESE}
    path = tmp_path / "any.pdf"
    print_output(name, deck_of(write_corpus(dict(files))), path, NO_CACHE, WHOLLY_FRAGMENTS)
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in PdfReader(path).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert {family.replace(" ", "-") for family in (JP, KR, SC, TC)} <= fonts
    assert all(font.startswith(("Inter", "JetBrains-Mono", "Noto-Sans-")) for font in fonts), fonts
    text = re.sub(r"\s", "", _text(path))
    for words in (
        "「日本」の意味は何ですか？",
        "「日本」は国の名前です。",
        "一人で山へ行く",
        "这是中文。",
        "這是繁體字。",
        "한국어",
    ):
        assert words in text


@needs("pdftotext")
def test_no_line_begins_with_what_ends_a_sentence(tmp_path: Path) -> None:
    text = "日本語の文章です、とても長い。" * 12
    lines = _text(_print(tmp_path, [f"<p lang='ja'>{text}</p>"], text, width=37)).split()
    assert len(lines) > 8
    assert [line for line in lines if line[0] in "、。"] == []
    assert "".join(lines) == text


@pytest.mark.parametrize(
    "html", ["<ol><li>{}の国</li></ol>", "<table><tr><td>{}</td><td>国</td></tr></table>", "<p>1. {}の国</p>"]
)
def test_readings_do_not_move_what_is_beside_them(tmp_path: Path, html: str) -> None:
    ruby = for_paper("<ruby>漢字<rt>かんじ</rt></ruby>")
    path = _print(tmp_path, [html.format(ruby)], "漢字かんじの国")
    heights: dict[str, float] = {}

    def note(text: str, matrix: list[float], moved: list[float], font: object, size: float) -> None:
        height = matrix[5] + moved[5] * matrix[3]
        heights.update((character, height) for character in text.strip() if height > 0)  # not the page's foot

    PdfReader(path).pages[0].extract_text(visitor_text=note)
    assert len({round(heights[character]) for character in {*"1漢字国"} & {*heights}}) == 1, heights


def test_bytes_do_not_depend_on_the_cache_or_on_what_else_is_needed(tmp_path: Path) -> None:
    pieces = ["<p>日本 <b>直</b></p>", "<p>One ー 金</p>"]
    printed = {
        _print(tmp_path / "cold", pieces, "日本直金ー").read_bytes(),
        _print(tmp_path / "cold", pieces, "日本直金ー").read_bytes(),
        _print(tmp_path / "more", pieces, "日本直金ー語山").read_bytes(),
    }
    _print(tmp_path / "steps", pieces[:1], "日本直")
    printed.add(_print(tmp_path / "steps", pieces, "日本直金ー").read_bytes())
    assert len(printed) == 1


@pytest.mark.slow
def test_the_calibration_page_has_the_fonts_of_the_title(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    settings = deck_of(write_corpus({"deck.toml": SETTINGS.format("en", "日本")})).settings
    calibration.write(settings, read_styles().for_print("flashcards"), tmp_path / "page.pdf", NO_CACHE)
    page: Any = PdfReader(tmp_path / "page.pdf").pages[0]
    fonts = {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert any("Noto-Sans-JP" in font for font in fonts), fonts


def _text(path: Path) -> str:
    command = [program("pdftotext"), str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _print(folder: Path, pieces: list[str], text: str, width: float = 90) -> Path:
    """Print pieces below each other, as parts of a Japanese document with a text."""
    folder.mkdir(exist_ok=True)
    design = Design(
        settings=Settings(id="demo", title="Demo", deck="Demo", language="ja"),
        css=read_styles().for_print("studysheet"),
        style="",
        page="@page { size: 120mm 80mm; margin: 0 } .page { position: relative }",
        media=(),
        large=large_families(text, ["ja"]),
    )
    press = WHOLLY_FRAGMENTS(design=design, cache=Cache(folder / "cache", LIMIT))
    placed = [(piece, 4.0, 4.0 + 80 * n) for n, piece in enumerate(press.lay_out(pieces, width))]
    press.print([Page('<div class="page">', placed)], folder / "page.pdf")
    return folder / "page.pdf"


@pytest.mark.parametrize(
    "sentence",
    [
        "動作や変化を表す言葉で、語尾が活用する。",
        "表示动作或变化的词，可以作谓语。",
        "คำที่ใช้เรียกชื่อคนสัตว์สิ่งของ",
    ],
)
def test_a_table_of_a_script_without_spaces_keeps_the_size_of_its_text(sentence: str) -> None:
    cells = f"<tr>{f'<td>{sentence}</td>' * 3}</tr>"
    html = f'<div class="table"><table>{cells}</table></div>'
    assert fit_tables(html, TableRoom(width=90, size=8, least=6)) == html


@pytest.mark.parametrize(
    ("word", "is_kept"), [("名詞", True), ("낱말", True), ("คำนาม", True), ("größe", False)]
)
def test_a_short_word_in_a_cell_stays_on_one_line(word: str, is_kept: bool) -> None:
    html = f'<div class="table"><table><tr><th>{word}</th><td>a</td></tr></table></div>'
    fitted = fit_tables(html, TableRoom(width=90, size=8, least=6))
    assert fitted == (html.replace("<th>", '<th class="glued">') if is_kept else html)


def test_a_character_of_a_title_is_as_wide_as_high() -> None:
    assert line_width("日本ｱ", 72, "Inter-Bold") > 2 * 25.4


KOREAN = (
    "플라스크는 파이썬으로 웹 애플리케이션을 만들 때 쓰는 <strong>가벼운</strong> 프레임워크이다."
    " <code>list</code>는 API를 50%는 (GIL)은 더하면 데이터베이스와 폼 검증, 인증을 쉽게 붙일 수 있어서"
    " 작은 서비스에 <em>자주</em> 쓰고 <strong>파이썬</strong>은 이것을 한다."
)


@pytest.mark.slow
@needs("pdftotext")
@pytest.mark.parametrize("language", ["ko", "ko-KR"])
@pytest.mark.parametrize("width", range(24, 72, 3))
def test_lines_of_korean_do_not_end_within_a_word(tmp_path: Path, language: str, width: int) -> None:
    lines = _lines(_printed(tmp_path, f'<p lang="{language}">{KOREAN}</p>', "ko", width))
    assert len(lines) > 2
    words = re.sub("<[^>]*>", "", KOREAN).split()
    assert [word for line in lines for word in line.split()] == words


@pytest.mark.slow
@needs("pdftotext")
def test_a_long_word_of_korean_is_not_wider_than_its_line(tmp_path: Path) -> None:
    word = "가나다라마바사아자차카타파하" * 3
    lines = _lines(_printed(tmp_path, f'<p lang="ko">{word}</p>', "ko", 24))
    assert len(lines) > 2
    assert "".join(lines) == word
