"""Emoji on paper: in one colour, from a font of ours whatever the system has, and copied as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from builder.corpus.model import Settings
from builder.design.fonts import drawable, is_drawn, large_families, missing_glyphs, typeface
from builder.design.styles import read_styles
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.html import for_paper
from builder.print.engine.press import Page
from builder.print.engine.weasyprint import Design
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import WriteCorpus
from tests.printing import needs_pango, needs_script, no_plain_press
from tests.programs import needs, program

pytestmark = [needs_pango, needs_script("symbols")]
TEXT = "\ufe0e"
ANCHOR, PARTY, THUMB, TONE = "\u2693", "\U0001f389", "\U0001f44d", "\U0001f3fd"
WOMAN, LAPTOP = "\U0001f469", "\U0001f4bb"
DE = "\U0001f1e9\U0001f1ea"


@pytest.mark.parametrize("emoji", [ANCHOR, PARTY, "\u26a1", "\u2648", THUMB, *DE])
def test_an_emoji_is_text_so_that_no_font_of_the_system_draws_it(emoji: str) -> None:
    assert missing_glyphs(emoji) == []
    assert drawable(emoji) == emoji + TEXT


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("\u2764\ufe0f", "\u2764"),
        (f"{WOMAN}\u200d{LAPTOP}", f"{WOMAN}{TEXT}\u200d{LAPTOP}{TEXT}"),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", f"\U0001f3f3{TEXT}\u200d\U0001f308{TEXT}"),
        (THUMB + TONE, f"{THUMB}{TEXT}{TONE}{TEXT}"),
        ("1\ufe0f\u20e3", "1\u20e3"),
        (f"a\u200d{PARTY}", f"a{PARTY}{TEXT}"),
        ("\U0001f3f4\U000e0067\U000e007f", f"\U0001f3f4{TEXT}"),
    ],
)
def test_sequences_of_emoji_are_kept_as_far_as_the_font_draws_them(written: str, drawn: str) -> None:
    assert missing_glyphs(written) == []
    assert drawable(written) == drawable(drawn) == drawn


@pytest.mark.parametrize("sign", "☑✔♪♯ℝ★")
def test_these_signs_are_drawn(sign: str) -> None:
    assert is_drawn(sign)


@pytest.mark.parametrize("sign", "☐☒↦∎")
def test_a_sign_that_no_font_has_is_a_box(sign: str) -> None:
    assert missing_glyphs(sign) == [(0, sign)]
    assert drawable(sign) == "□"


def test_a_digit_and_its_keycap_have_an_element_of_their_own_once() -> None:
    once = for_paper("<p>(1\ufe0f\u20e3) a\u20e3</p>")
    assert once == '<p>(<span class="keycap">1\u20e3</span>) a\u20e3</p>'
    assert for_paper(once) == once


@needs("pdftotext")
@pytest.mark.parametrize(
    "text",
    [
        f"a {PARTY} b",
        PARTY * 3,
        f"{WOMAN}\u200d{LAPTOP}",
        THUMB + TONE,
        DE,
        f"{DE}{PARTY} ☑ ✔",
        "a 1\u20e3#\u20e3 b",
    ],
)
def test_emoji_are_printed_in_one_font_and_copied_as_written(tmp_path: Path, text: str) -> None:
    path = _print(tmp_path, f"<p>{text}</p>", text)
    copied = subprocess.run(
        [program("pdftotext"), str(path), "-"], capture_output=True, text=True, check=True
    )
    assert re.sub(r"\s", "", copied.stdout) == re.sub(r"\s", "", text)
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for font in PdfReader(path).pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert "Noto-Emoji" in fonts
    ours = ("Noto-Emoji", "Inter", "Noto-Sans-Symbols", "JetBrains-Mono")
    assert [font for font in fonts if not font.startswith(ours)] == []


def test_the_space_behind_an_emoji_is_no_wider_than_any() -> None:
    emoji, inter = typeface("Noto-Emoji"), typeface("Inter")
    assert emoji
    assert inter
    widths = [face.width(face.font.get_nominal_glyph(0x20) or 0) for face in (emoji, inter)]
    assert widths[0] == pytest.approx(widths[1], abs=1)


@pytest.mark.slow
def test_the_emoji_font_of_the_system_changes_no_byte(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    text = f"{ANCHOR} {PARTY} {WOMAN}\u200d{LAPTOP} {THUMB}{TONE} {DE} 1\ufe0f\u20e3 \u2764\ufe0f"
    folder = write_corpus({"01-first.md": f"# T\n\n## Why {PARTY}? {{#why}}\n\n{text}\n"})
    without = _fontconfig(tmp_path / "none", "")
    with_one = _fontconfig(tmp_path / "own", _in_colour(tmp_path / "own" / "fonts"))
    printed = {_build(folder, tmp_path / "1", without), _build(folder, tmp_path / "2", with_one)}
    assert len(printed) == 1


def _in_colour(folder: Path) -> str:
    """Write a font that takes the place of the system's font for emoji, and return its folder."""
    TTFont = import_module("fontTools.ttLib").TTFont  # noqa: N806  (has no types)

    folder.mkdir(parents=True)
    spec = find_spec("manimgx_fonts")
    assert spec
    assert spec.origin
    package = Path(spec.origin).parent
    font: Any = TTFont(next(package.rglob("NotoEmoji*.ttf")))
    for name in font["name"].names:
        name.string = "NotoColorEmoji" if name.nameID == 6 else "Noto Color Emoji"
    font.save(folder / "color.ttf")
    return f"<dir>{folder}</dir>"


def _fontconfig(folder: Path, more: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "fonts.conf"
    system = '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
    path.write_text(f"<?xml version='1.0'?><fontconfig>{system}{more}</fontconfig>")
    return path


def _build(corpus: Path, output: Path, fontconfig: Path) -> bytes:
    environment = {**os.environ, "FONTCONFIG_FILE": str(fontconfig), "XDG_CACHE_HOME": str(output / "cache")}
    command = [sys.executable, "-m", "builder", "build", str(corpus), "--only", "studysheet"]
    command += ["--output", str(output)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return (output / "demo-studysheet.pdf").read_bytes()


def _print(folder: Path, piece: str, text: str) -> Path:
    design = Design(
        settings=Settings(id="demo", title="Demo", deck="Demo"),
        css=read_styles().for_print("studysheet"),
        style="",
        page="@page { size: 120mm 80mm; margin: 0 } .page { position: relative }",
        media=(),
        large=large_families(text, ["en"]),
    )
    press = FragmentPress(design=design, cache=Cache(folder / "cache", LIMIT), make_plain=no_plain_press)
    (laid_out,) = press.lay_out([for_paper(piece)], 90)
    press.print([Page('<div class="page">', [(laid_out, 4.0, 4.0)])], folder / "page.pdf")
    return folder / "page.pdf"
