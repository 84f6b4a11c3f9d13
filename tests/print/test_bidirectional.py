"""Text of two directions on paper: its parts stand in the order in which a browser sets them."""

from __future__ import annotations

import re
import subprocess
from functools import partial
from pathlib import Path

import pytest

from builder.design.language import Direction
from builder.print.engine.bidirectional import in_reading_order
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.plain_press import PlainPress
from builder.print.engine.press import MakePress, Page
from builder.print.engine.weasyprint import embedding_levels
from tests.printing import needs_pango, needs_script, no_plain_press, press_in
from tests.programs import needs, program

pytestmark = needs_pango


@pytest.mark.parametrize(
    ("base", "html", "expected"),
    [
        ("rtl", "<p>ב 10<sup>38</sup> ב</p>", '<p>ב <span dir="ltr">10<sup>38</sup></span> ב</p>'),
        ("rtl", "<p>ב 10<sup>-3</sup></p>", '<p>ב <span dir="ltr">10<sup>-3</sup></span></p>'),
        ("rtl", "<p>the <b>red</b> house, ב</p>", '<p><span dir="ltr">the <b>red</b> house</span>, ב</p>'),
        ("rtl", "<p>ב <b>a</b>+<b>b</b> ב</p>", '<p>ב <span dir="ltr"><b>a</b>+<b>b</b></span> ב</p>'),
        ("rtl", "<p>use <code>x</code> now</p>", '<p><span dir="ltr">use <code>x</code> now</span></p>'),
        ("rtl", "<p><b>ב a <i>b</i></b></p>", '<p><b>ב <span dir="ltr">a <i>b</i></span></b></p>'),
        ("ltr", "<p>a ב <b>ג</b> ד b</p>", '<p>a <span dir="rtl">ב <b>ג</b> ד</span> b</p>'),
        ("ltr", '<p dir="rtl">ב a <b>b</b></p>', '<p dir="rtl">ב <span dir="ltr">a <b>b</b></span></p>'),
        ("ltr", "<p>a ב <b>5</b>.</p>", '<p>a <span dir="rtl">ב <b>5</b></span>.</p>'),
        ("rtl", "<p>ב <b>2</b><sup>8</sup></p>", '<p>ב <span dir="ltr"><b>2</b><sup>8</sup></span></p>'),
        ("rtl", "<p>ב <b>a</b>\n<i>b</i></p>", '<p>ב <span dir="ltr"><b>a</b>\n<i>b</i></span></p>'),
        ("rtl", "<p>ב a (<b>b</b>) ב</p>", '<p>ב <span dir="ltr">a (<b>b</b>)</span> ב</p>'),
        ("rtl", "<p>ב red &amp; 10 ב</p>", '<p>ב <span dir="ltr">red &amp; 10</span> ב</p>'),
        ("rtl", "<p>ع 5%، 5</p>", '<p>ع <span dir="ltr">5</span>%، <span dir="ltr">5</span></p>'),
        ("ltr", "<p>a ב 5.</p>", '<p>a <span dir="rtl">ב 5</span>.</p>'),
        ("rtl", "<p>ع <b>5%</b></p>", '<p>ع <b><span dir="ltr">5</span>%</b></p>'),
        (
            "rtl",
            "<p>ع <b>$5–6</b></p>",
            '<p>ع <b>$<span dir="ltr">5</span>–<span dir="ltr">6</span></b></p>',
        ),
        ("ltr", "<p>a ב <b>5</b>–6.</p>", '<p>a <span dir="rtl">ב <b>5</b>–6</span>.</p>'),
        ("ltr", '<p><i dir="auto">5 ב a</i>, a</p>', '<p><i dir="rtl">5 ב a</i>, a</p>'),
        ("rtl", '<p><i dir="auto">a ב</i></p>', '<p><i dir="ltr">a ב</i></p>'),
        (
            "rtl",
            '<p><i dir="auto"><b dir="rtl">ב</b> 5</i></p>',
            '<p><i dir="ltr"><b dir="rtl">ב</b> 5</i></p>',
        ),
        # An element in which a run begins or ends is two.
        ("rtl", "<p><b>ב a</b> b</p>", '<p><b>ב </b><span dir="ltr"><b>a</b> b</span></p>'),
        ("rtl", "<p>a <s>b ב</s></p>", '<p><span dir="ltr">a <s>b</s></span><s> ב</s></p>'),
        (
            "rtl",
            "<p>a <b>b ב c</b> d</p>",
            '<p><span dir="ltr">a <b>b</b></span><b> ב </b><span dir="ltr"><b>c</b> d</span></p>',
        ),
        (
            "rtl",
            "<p><b>ב <i>ג a</i></b> b</p>",
            '<p><b>ב <i>ג </i></b><span dir="ltr"><b><i>a</i></b> b</span></p>',
        ),
        (
            "rtl",
            '<p><a href="x">ב a</a> b</p>',
            '<p><a href="x" class="begun">ב </a><span dir="ltr"><a href="x">a</a> b</span></p>',
        ),
        (
            "ltr",
            "<p><mark>a ב</mark> ג <b>ד b</b></p>",
            '<p><mark>a </mark><span dir="rtl"><mark>ב</mark> ג <b>ד</b></span><b> b</b></p>',
        ),
    ],
)
def test_a_run_that_crosses_elements_has_an_element_of_its_own(
    base: Direction, html: str, expected: str
) -> None:
    assert in_reading_order(html, base, embedding_levels) == expected
    assert in_reading_order(expected, base, embedding_levels) == expected, "there is nothing more to do"


@pytest.mark.parametrize(
    ("base", "html"),
    [
        ("rtl", "<p>ב <b>ג</b> ד</p>"),
        ("rtl", "<p>ב <code>a</code> ג <code>b</code> 5</p>"),
        ("rtl", "<p>ב the red house 10 ב 5, (ב) ב!</p>"),
        ("rtl", "<p>ב a<br>b</p><p>a</p>"),
        ("rtl", "<pre><code>a <span>b</span> c</code></pre>"),
        ("rtl", "<div>\n<span>a</span>\n<span>b</span>\n</div>"),
        ("rtl", '<p><span dir="ltr">a <b>b</b> c</span> 5</p>'),
        ("rtl", "<p>ב 1<!-- a -->.</p>"),
        ("ltr", "<p>a <b>b</b> c 10<sup>3</sup></p>"),
        ("rtl", "<p>a <b>b</p>"),
        ("rtl", "<p><kbd>ב a</kbd> b</p>"),
        ("rtl", '<p><b id="x">ב a</b> b</p>'),
        ("rtl", '<p><span class="gap">ב a</span> b</p>'),
        ("rtl", "<p><b>ב a</b> ב <b>a</b></p>"),
    ],
)
def test_everything_else_stays_as_it_is(base: Direction, html: str) -> None:
    assert in_reading_order(html, base, embedding_levels) == html


WHOLLY_FRAGMENTS = partial(FragmentPress, make_plain=no_plain_press)


@pytest.mark.slow
@needs_script("hebrew")
@needs("pdftotext")
@pytest.mark.parametrize("press", [WHOLLY_FRAGMENTS, PlainPress])
def test_words_stand_in_the_order_of_their_language(tmp_path: Path, press: MakePress) -> None:
    made = press_in(tmp_path, make_press=press)
    pieces = ['<p dir="rtl">אבג the <b>red</b> house</p>', "<p>The words דהו <b>זחט</b> here</p>"]
    laid_out = [(piece, 4.0, 4.0 + 40 * n) for n, piece in enumerate(made.lay_out(pieces, 90))]
    made.print([Page('<div class="page">', laid_out)], tmp_path / "page.pdf")
    command = [program("pdftotext"), "-bbox", str(tmp_path / "page.pdf"), "-"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # Of words from right to left, it writes the letters from left to right.
    found = re.findall(r'xMin="([^"]*)"[^>]*>([^<]*)<', shown)
    starts = {word: float(x) for x, written in found for word in (written, written[::-1])}
    assert starts["the"] < starts["red"] < starts["house"] < starts["אבג"]
    assert starts["words"] < starts["זחט"] < starts["דהו"] < starts["here"]
