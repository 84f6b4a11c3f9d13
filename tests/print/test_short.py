"""Short texts in large letters: the largest size that takes few lines, then the narrowest block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.print.engine.html import PIXEL, POINT, for_paper
from builder.print.layout.short import LEADING, Setting, settings, unbroken

SIZES = ((22, 2), (18, 3), (15.5, 4), (13.5, 5), (12, 7), (10.5, 9))
_CARDS = ((93, 57.25), (115, 59.2), (76.9, 33.8))
"""Rooms on an eighth of A4, an index card and a business card, in millimetres."""
_WORDS = st.lists(st.text("abcdefgimw.,-/_", min_size=1, max_size=14), min_size=1, max_size=60)
_cards = st.sampled_from(_CARDS)


def _of(html: str, card: tuple[float, float], sizes: Sequence[tuple[float, int]] = SIZES) -> list[Setting]:
    return list(settings(unbroken(for_paper(html)), sizes, *card, is_back=True))


def _text(words: Sequence[str]) -> str:
    return f"<p>{escape(' '.join(words))}</p>"


def _lines(setting: Setting) -> int:
    return round(setting.height / (setting.size * POINT * LEADING))


@given(_WORDS, _cards)
def test_a_text_has_the_largest_size_at_which_it_takes_few_lines(
    words: list[str], card: tuple[float, float]
) -> None:
    found = _of(_text(words), card)
    sizes = [setting.size for setting in found]
    assert sizes == sorted(sizes, reverse=True)
    for setting in found:
        assert _lines(setting) <= dict(SIZES)[setting.size]
        assert setting.height <= card[1]
        assert setting.width <= card[0]
    for size, most in SIZES:
        if size not in sizes:
            # At no width: not with more lines, either, unless these are too many, or too tall together.
            more = _of(_text(words), card, ((size, 100),))
            assert all(_lines(setting) > most or setting.height > card[1] for setting in more[:1])


@given(_WORDS, _cards, st.integers(1, 59))
def test_a_longer_text_is_never_larger_than_a_shorter_one(
    words: list[str], card: tuple[float, float], length: int
) -> None:
    shorter, longer = _of(_text(words[:length]), card), _of(_text(words), card)
    if longer:
        assert shorter[0].size >= longer[0].size


@given(_WORDS, _cards)
def test_a_block_is_as_narrow_as_its_lines_allow(words: list[str], card: tuple[float, float]) -> None:
    for first in _of(_text(words), card)[:1]:
        narrower = [
            setting
            for setting in _of(_text(words), (first.width - 0.6, 1000), ((first.size, 100),))
            if _lines(setting) <= _lines(first)
        ]
        assert not narrower[:1]


@pytest.mark.parametrize(
    ("html", "whole"),
    [
        ("<p>a cross-site request</p>", ["cross-site"]),
        ("<p>Post/Redirect/Get, then</p>", ["Post/Redirect/Get,"]),
        ("<p>the <code>a-b</code> and <b>x-y</b>&#x27;s</p>", ["x-y"]),
        ("<p>one - two, -x, y- and 3</p>", []),
        ('<p><a href="https://a-b.org/c">it</a></p>', []),
    ],
)
def test_names_with_a_hyphen_or_a_slash_stay_whole(html: str, whole: list[str]) -> None:
    marked = unbroken(html)
    assert re.findall(r'<span class="whole">([^<]*)</span>', marked) == whole
    assert re.sub(r"</?span[^>]*>|\u200b", "", marked) == re.sub(r"</?span[^>]*>", "", html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Short.</p><ul><li>a</li></ul>",
        '<p>Short.</p><pre class="code"><code>x</code></pre>',
        '<p>A <img class="formula" alt="x"> formula.</p>',
        "<p>One<br>two.</p>",
        '<div class="math"><p>x</p></div>',
        "loose",
        "",
        f"<p>{'many words ' * 80}</p>",
        f"<p>{'w' * 60}</p>",
    ],
)
def test_what_is_more_than_a_short_text_has_no_setting(html: str) -> None:
    assert _of(html, _CARDS[0]) == []


_SAMPLES = (
    "<p>400 (Bad Request).</p>",
    '<h1 class="prompt">CSRF (cross-site request forgery)</h1>',
    '<h1 class="prompt">Which method of <code>current_app</code> returns the real app object?</h1>',
    "<p><strong>60</strong>: 4 × (<code>pool_size</code> 5 + <code>max_overflow</code> 10).</p>",
    "<p>Values are <strong>pickled</strong>: loading a forged one runs the <em>forger&#x27;s</em> code.</p>",
    '<h1 class="prompt">It is</h1><p>host <span class="gap"><span><code>127.0.0.1</code></span></span>.</p>',
    '<p>Run <code class="long"><span>flask</span> <span>--app</span> <span>shop</span></code> first.</p>',
    "<p>The attack in which another web page makes a user&#x27;s browser act on a site in that user&#x27;s"
    " name, since the browser sends the site&#x27;s cookies along.</p>",
    "<p>Größe, naïve, Ελληνικά, Кириллица: AVAST, To, Wa.</p>",
)


@pytest.mark.slow
@pytest.mark.parametrize("card", _CARDS, ids=["A4", "3x5", "business-card"])
def test_lines_break_where_they_are_reckoned_to(card: tuple[float, float], tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    from builder.corpus.model import Settings
    from builder.design.styles import read_styles
    from builder.print.engine.choose import choose_press
    from builder.print.engine.weasyprint import Design, unavailable
    from builder.print.flashcards import _Side
    from builder.runtime.cache import Cache

    if missing := unavailable():
        pytest.skip(missing)
    css = read_styles().for_print("flashcards")
    demo = Settings(id="demo", title="Demo", deck="Demo")
    design = Design(settings=demo, css=css, style="", page="", media=(), large=())
    press = choose_press(design=design, cache=Cache(tmp_path / "cache", 10**6))
    bodies, heights = [], []
    for html in _SAMPLES:
        first = next(iter(_of(html, card)))
        bodies.append(_Side(for_paper(html), "back").large(first))
        heights.append(first.height)
    for body, piece, height in zip(bodies, press.lay_out(bodies, card[0]), heights, strict=True):
        assert piece.height * PIXEL == pytest.approx(height, abs=0.1), body
