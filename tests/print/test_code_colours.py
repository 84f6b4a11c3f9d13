"""Code that is coloured after it is laid out: the same pages as with an element for each colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.markdown.highlight import CLASSES, highlight
from builder.print.engine.code_colours import uncoloured
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.plain_press import PlainPress
from tests.printing import assert_same_page, needs_pango, needs_poppler, press_in


def block(inside: str) -> str:
    return f'<pre class="code"><code>{inside}</code></pre>'


PYTHON = '''\
@app.route("/book/<int:number>")  # one book
def book(number: int = 0x1F) -> str:
    """Show it & all <its> pages."""
    if not number and None is not True:

        raise ValueError(f"no book {number!r:>8}")

    return {"é": "→ ünïcode", **vars()}
'''
CODE = {
    "python": PYTHON,
    "html+jinja": '<p class="a">{% if book %}{{ book|upper }}{# none #}\n{% endif %}&amp;</p>\n',
    "console": "$ flask run --debug  # starts\n * Running on http://127.0.0.1:5000\n",
    "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n",
    "sql": "SELECT name, count(*) FROM book -- all\nWHERE id >= 10;\n",
    "yaml": "services:\n  web: [a, 'b']  # one\n",
}


def without_elements(html: str) -> str:
    """Return a block's HTML with all of its code in one element."""
    return re.sub("</?span[^>]*>", "", html)


def test_code_loses_its_elements_and_keeps_its_text() -> None:
    code = block('<span class="k">if</span> a &lt; b:\n\n    <span class="k">pass</span>')
    bare, lines = uncoloured(f"<p>See <code>a</code>:</p>{code}")
    assert bare == (
        '<p>See <code>a</code>:</p><pre class="code uncoloured"><code>if a &lt; b:\n\n    pass</code></pre>'
    )
    assert lines == [[("k", "if"), ("", " a < b:")], [("", "    "), ("k", "pass")]]


@pytest.mark.parametrize(
    "inside", ["plain &amp; simple", '<span class="gap">x</span> <span class="k">if</span>', "<b>x</b>"]
)
def test_code_without_colours_or_with_other_elements_stays_as_it_is(inside: str) -> None:
    assert uncoloured(block(inside)) == (block(inside), [])


@pytest.mark.slow
@needs_pango
@needs_poppler
@pytest.mark.parametrize("language", CODE)
def test_coloured_code_looks_as_weasyprint_lays_it_out(tmp_path: Path, language: str) -> None:
    html = f"<p>Before.</p>{block(highlight(CODE[language], language))}<p>After <code>it</code>.</p>"
    ours, bare = press_in(tmp_path, make_press=FragmentPress).lay_out([html, without_elements(html)], 100)
    (plain,) = press_in(tmp_path, make_press=PlainPress).lay_out([html], 100)
    assert ours.fragment
    assert bare.fragment
    assert ours.fragment.marks == bare.fragment.marks, "its code was laid out without its elements"
    assert ours.fragment.content != bare.fragment.content
    assert ours.height == plain.height
    assert_same_page(ours, plain, tmp_path)


@pytest.mark.slow
@needs_pango
@needs_poppler
def test_a_word_of_each_role_looks_as_weasyprint_lays_it_out(tmp_path: Path) -> None:
    html = block("\n".join(f'  a <span class="{name}">word {name}</span>, b' for name in CLASSES))
    (ours,) = press_in(tmp_path, make_press=FragmentPress).lay_out([html], 100)
    (plain,) = press_in(tmp_path, make_press=PlainPress).lay_out([html], 100)
    assert ours.fragment
    assert_same_page(ours, plain, tmp_path)


@pytest.mark.slow
@needs_pango
@needs_poppler
@pytest.mark.parametrize(
    ("why", "code", "css"),
    [
        ("its line wraps", "if x: " + "long " * 40, ""),
        ("its keywords are underlined", "if x: pass", ".code .k { text-decoration: underline }"),
        ("its keywords have a background", "if x: pass", ".code .k { background: yellow }"),
        ("its keywords are larger", "if x: pass", ".code .k { font-size: 2em }"),
        ("its keywords are spaced", "if x: pass", ".code .k { letter-spacing: 1pt }"),
        ("its keywords are of another family", "if x: pass", ".code .k { font-family: serif }"),
        ("its keywords are faint", "if x: pass", ".code .k { opacity: 0.5 }"),
        ("it is not shown", "if x: pass", ".code { display: none }"),
    ],
)
def test_what_cannot_be_coloured_looks_as_weasyprint_lays_it_out_with_its_elements(
    tmp_path: Path, why: str, code: str, css: str
) -> None:
    html = f"<p>Code:</p>{block(highlight(code, 'python'))}"
    (ours,) = press_in(tmp_path, css, FragmentPress).lay_out([html], 100)
    (plain,) = press_in(tmp_path, css, PlainPress).lay_out([html], 100)
    assert ours.html == html
    assert ours.height == plain.height > 10, why
    assert_same_page(ours, plain, tmp_path, css=css)


@pytest.mark.slow
@needs_pango
def test_code_with_a_character_of_another_font_keeps_its_elements(tmp_path: Path) -> None:
    html = block(highlight("if x: y = 'ᵹ'", "python"))
    ours, bare = press_in(tmp_path, make_press=FragmentPress).lay_out([html, without_elements(html)], 100)
    assert ours.fragment
    assert bare.fragment
    assert ours.fragment.marks > bare.fragment.marks
