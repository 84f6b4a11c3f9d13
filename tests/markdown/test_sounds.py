"""Sounds in text: written as images, an element when rendered, Anki's mark in a field, a drawing on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.markdown.cloze import ClozeForm
from builder.markdown.parser import parse, to_html
from builder.markdown.sounds import (
    PLAYER,
    for_field,
    is_sound,
    silent,
    with_drawings,
    with_players,
    with_words,
)
from builder.markdown.source import Passage, Source, plain_text

_HUND = '<audio src="hund-1.mp3" aria-label="der Hund"></audio>'


def _passage(text: str) -> Passage:
    return Passage(Source(Path("01-a.md"), text), tuple(parse(text)))


def _line(text: str, form: ClozeForm = ClozeForm.WRITTEN) -> str:
    html = to_html(_passage(text), {"media/hund.mp3": "hund-1.mp3"}, form)
    return html.removeprefix("<p>").removesuffix("</p>")


def _paper(html: str) -> str:
    return re.sub(r'<img class="formula" alt="♪"[^>]*>', "♪", with_drawings(html))


@pytest.mark.parametrize(
    "src", ["a.mp3", "media/a.MP3", "a%2Eogg", "https://x.example/a.opus?b=1#c", "a.m4a"]
)
def test_an_image_of_a_sound_is_known_by_its_name(src: str) -> None:
    assert is_sound(src)


@pytest.mark.parametrize("src", ["a.png", "mp3", "a.mp3.png", "https://x.example/a.png?b=.mp3", "a.mp4", ""])
def test_all_else_is_none(src: str) -> None:
    assert not is_sound(src)


def test_an_image_whose_target_is_a_sound_is_a_sound() -> None:
    assert _line("![der *Hund*](media/hund.mp3) a") == f"{_HUND} a"
    assert _line("![](media/hund.mp3)") == '<audio src="hund-1.mp3"></audio>'
    assert plain_text(_passage("a ![der Hund](media/hund.mp3)")) == "a der Hund"


def test_it_has_no_width() -> None:
    assert _line("![der Hund](media/hund.mp3){width=300}") == f"{_HUND}{{width=300}}"


def test_a_field_has_anki_s_mark_and_the_words_for_those_who_do_not_see_its_button() -> None:
    field = '<span class="sound" role="group" aria-label="der Hund">[sound:hund-1.mp3]</span>'
    assert for_field(f"a {_HUND}") == f"a {field}"
    assert for_field('<audio src="hund-1.mp3"></audio>') == "[sound:hund-1.mp3]"
    assert with_words(f"a {field} [sound:b.mp3]") == "a der Hund "


def test_a_browser_has_a_player() -> None:
    player = f'<{PLAYER} src="hund-1.mp3" aria-label="der Hund"></audio>'
    assert with_players(for_field(_HUND)) == player
    assert with_players("[sound:b.mp3]") == f'<{PLAYER} src="b.mp3"></audio>'


@pytest.mark.parametrize("words", ['"><b>', "a]b", "a::b", "}}", "'", "[sound:b.mp3]", "é\u0301 漢"])
def test_the_words_of_a_sound_end_neither_its_element_nor_a_gap(words: str) -> None:
    escaped = re.sub(r"([\]\[<>:}])", r"\\\1", words)
    html = for_field(_line(f"{{{{c1::![{escaped}](media/hund.mp3)}}}} a", ClozeForm.MARKED))
    gap = re.fullmatch(r"\{\{c1::(<span [^<>]*>\[sound:hund-1\.mp3\]</span>)\}\} a", html)
    assert gap, html
    assert "::" not in gap[1]
    assert "}}" not in gap[1]


@pytest.mark.parametrize(
    ("html", "paper"),
    [
        (f"<p>{_HUND}</p>", "<p>♪&#160;der Hund</p>"),
        (f"<p>Der Hund {_HUND}</p>", "<p>Der Hund ♪</p>"),
        (f"<p>{_HUND} <em>der</em> Hund</p>", "<p>♪ <em>der</em> Hund</p>"),
        (f"<p>der Hund</p><p>{_HUND}</p>", "<p>der Hund</p><p>♪&#160;der Hund</p>"),
        (f"<li>{_HUND}</li><li>der Hund</li>", "<li>♪&#160;der Hund</li><li>der Hund</li>"),
        ('<p><audio src="a.mp3"></audio></p>', "<p>♪</p>"),
    ],
)
def test_paper_has_a_drawing_and_the_words_where_no_text_beside_it_says_them(html: str, paper: str) -> None:
    assert _paper(html) == paper


@pytest.mark.parametrize(
    ("html", "left"),
    [(_HUND, "der Hund"), (f"Katze {_HUND}", "Katze "), ("Katze", "Katze")],
)
def test_text_without_its_sound_has_its_words_if_no_others_are_left(html: str, left: str) -> None:
    assert silent(html) == left


@pytest.mark.parametrize(
    "text", ["[sound:a.mp3]", "`[sound:a.mp3]`", "[a](media/hund.mp3)", "\\![a](hund.mp3)"]
)
def test_nothing_else_is_a_sound(text: str) -> None:
    assert "<audio" not in _line(text)
