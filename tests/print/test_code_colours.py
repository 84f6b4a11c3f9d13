"""Code that is coloured after it is set: the same pages as with an element for each colour."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.markdown.highlight import CLASSES, highlight
from builder.print.engine import press
from builder.print.engine.code_colours import PROBE, uncoloured
from builder.print.engine.press import SetPiece
from tests.printing import assert_same_page, make_press, needs_pango, needs_poppler


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


def in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have code set with all its elements."""
    monkeypatch.setattr(press, "uncoloured", lambda html: (html, []))


@pytest.fixture
def settings_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is set again, with all its elements."""
    noted: list[str] = []
    real = press._set_as_they_are

    def noting(machine: object, width: float, pieces: list[str]) -> list[SetPiece]:
        noted.extend(pieces if pieces[0] != PROBE else ())
        return real(machine, width, pieces)  # type: ignore[arg-type]

    monkeypatch.setattr(press, "_set_as_they_are", noting)
    return noted


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
def test_coloured_code_looks_as_weasyprint_sets_it(
    tmp_path: Path,
    language: str,
    settings_again: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    html = f"<p>Before.</p>{block(highlight(CODE[language], language))}<p>After <code>it</code>.</p>"
    (ours,) = make_press(tmp_path).set([html], 100)
    in_full(monkeypatch)
    (plain,) = make_press(tmp_path).set([html + "<!-- not remembered -->"], 100)
    assert settings_again == []
    assert ours.galley
    assert plain.galley
    assert ours.height == plain.height
    assert ours.galley.marks <= plain.galley.marks
    assert_same_page(ours, plain, tmp_path)


@pytest.mark.slow
@needs_pango
@needs_poppler
def test_a_word_of_each_role_looks_as_weasyprint_sets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = block("\n".join(f'  a <span class="{name}">word {name}</span>, b' for name in CLASSES))
    (ours,) = make_press(tmp_path).set([html], 100)
    in_full(monkeypatch)
    (plain,) = make_press(tmp_path).set([html + "<!-- not remembered -->"], 100)
    assert_same_page(ours, plain, tmp_path)


@pytest.mark.slow
@needs_pango
@pytest.mark.parametrize(
    ("why", "code", "css"),
    [
        ("its line wraps", "if x: " + "long " * 40, ""),
        ("it has a character of another font", "if x: y = 'ᵹ'", ""),
        ("its keywords are underlined", "if x: pass", ".code .k { text-decoration: underline }"),
        ("its keywords have a background", "if x: pass", ".code .k { background: yellow }"),
        ("its keywords are larger", "if x: pass", ".code .k { font-size: 2em }"),
        ("its keywords are spaced", "if x: pass", ".code .k { letter-spacing: 1pt }"),
        ("its keywords are of another family", "if x: pass", ".code .k { font-family: serif }"),
        ("its keywords are faint", "if x: pass", ".code .k { opacity: 0.5 }"),
        ("it is not shown", "if x: pass", ".code { display: none }"),
    ],
)
def test_what_cannot_be_coloured_is_set_again_with_its_elements(
    tmp_path: Path, why: str, code: str, css: str, settings_again: list[str]
) -> None:
    html = f"<p>Code:</p>{block(highlight(code, 'python'))}"
    (piece,) = make_press(tmp_path, css).set([html], 100)
    assert settings_again == [html], why
    assert piece.html == html
    assert piece.height > 10
