"""The text of a PDF: what is copied, searched and read aloud is what was written."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.plain_press import PlainPress
from builder.print.engine.press import MakePress, Page
from tests.printing import needs_pango, needs_script, no_plain_press, press_in
from tests.programs import needs, program

pytestmark = [pytest.mark.slow, needs_pango]
WHOLLY_FRAGMENTS = partial(FragmentPress, make_plain=no_plain_press)


def _print(
    folder: Path, pieces: Sequence[str], make_press: MakePress = WHOLLY_FRAGMENTS, css: str = ""
) -> Path:
    """Print pieces of HTML below each other; what the folder remembers of them is used."""
    press = press_in(folder, css, make_press)
    laid_out = press.lay_out(pieces, 90)
    path = folder / "page.pdf"
    press.print(
        [Page('<div class="page">', [(piece, 4.0, 4.0 + 40 * n) for n, piece in enumerate(laid_out)])], path
    )
    return path


def _text(path: Path) -> str:
    command = [program("pdftotext"), str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs("pdftotext")
@pytest.mark.parametrize("press", [WHOLLY_FRAGMENTS, PlainPress])
@pytest.mark.parametrize(
    "words",
    [
        ("ιστορία",),
        ("\u03a9\u2126",),
        ("\u0394\u2206",),
        ("dʼnisn’t",),
        ("ɩι①➀▶►",),
        ("ιστορία", "ɩ"),
        ("ɩ", "ιστορία"),
        ("don’t", "dʼn"),
    ],
)
def test_a_glyph_of_two_characters_has_the_one_that_was_written(
    tmp_path: Path, words: tuple[str, ...], press: MakePress
) -> None:
    shown = _text(_print(tmp_path, [f"<p>{word}</p>" for word in words], press))
    assert "".join(shown.split()) == "".join(words)


@needs("pdftotext")
@pytest.mark.parametrize("press", [WHOLLY_FRAGMENTS, PlainPress])
@pytest.mark.parametrize("word", ["C\u0303on", "aC\u0303B\u0303", "ij\u0303x", "i\u0302n"])
def test_a_letter_that_changes_under_its_accent_is_the_letter_that_was_written(
    tmp_path: Path, word: str, press: MakePress
) -> None:
    assert _text(_print(tmp_path, [f"<p><code>{word}</code> {word}</p>"], press)).split() == [word, word]


@needs("pdftotext")
@pytest.mark.parametrize(
    "word",
    [
        pytest.param(word, marks=needs_script(script))
        for script, words in {
            "arabic": (
                "ب\u200cه",
                "لا\u200cم",
                "بلأ\u200cشك",
                "بَ\u200cا",
                "لَا\u200cم",
                "شَّ\u200cا",
                "لا\u200dم",
                "بَ\u200dا",
            ),
            "hebrew": ("ה\u05b8\u200cב", "שׁ\u05b8\u200cב"),
        }.items()
        for word in words
    ],
)
def test_a_joiner_is_copied_after_any_letter(tmp_path: Path, word: str) -> None:
    shown = _text(_print(tmp_path, [f'<p dir="rtl">{word}</p>']))
    assert re.sub("[\u202a-\u202e\\s]", "", shown) == word


@needs("pdftotext")
def test_code_with_such_letters_is_coloured_and_says_what_was_written(tmp_path: Path) -> None:
    code = '<pre class="code"><code><span class="s">"C\u0303"</span> ι <span class="k">if</span></code></pre>'
    assert _text(_print(tmp_path, [code])).split() == ['"C\u0303"', "ι", "if"]


@pytest.mark.parametrize(
    "html", ["<ol><li>One.</li><li>Two.</li></ol>", "<p>isn’t</p>", "<p>ιστορία — é “x”</p>"]
)
def test_nothing_is_said_twice(tmp_path: Path, html: str) -> None:
    (piece,) = press_in(tmp_path, make_press=WHOLLY_FRAGMENTS).lay_out([html], 90)
    assert piece.fragment
    assert "ActualText" not in piece.fragment.content


LIGATURES = 'code { font-variant-ligatures: contextual; font-feature-settings: "calt" 1 }'
"""Rules that the sheets do not have: with them, one glyph without a character is part of many signs."""


@needs("pdftotext")
def test_bytes_and_text_do_not_depend_on_what_was_laid_out_before(tmp_path: Path) -> None:
    pieces = ["<p><code>a-&gt;b</code></p>", "<p><code>c!=d</code></p>"]
    printed: dict[bytes, str] = {}
    for number, before in enumerate(([], pieces[:1], pieces[1:], pieces[::-1])):
        folder = tmp_path / str(number)
        press_in(folder, LIGATURES, WHOLLY_FRAGMENTS).lay_out(before, 90)
        path = _print(folder, pieces, css=LIGATURES)
        printed[path.read_bytes()] = _text(path)
    (text,) = printed.values()
    assert text.split() == ["a->b", "c!=d"]
