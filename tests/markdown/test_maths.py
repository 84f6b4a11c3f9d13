"""Formulas: MathJax on cards, drawings on paper."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.checks.glyphs import check_glyphs
from builder.markdown.maths import MathsError, draw, drawn
from builder.markdown.source import Source
from tests.conftest import WriteCorpus

Run = Callable[..., Result]


def _ems(svg: str, name: str) -> float:
    found = re.search(rf'{name}[=:]"? ?(-?[\d.]+)em', svg)
    assert found
    return float(found[1])


def test_a_formula_stands_on_the_line_of_its_text() -> None:
    line, fraction = draw("2n + 1", is_display=False), draw(r"\frac{a}{b}", is_display=False)
    assert _ems(fraction, "height") > _ems(line, "height")
    assert _ems(fraction, "vertical-align") < _ems(line, "vertical-align") < 0.05
    assert 'alt="2n + 1"' in line


def test_a_drawing_is_always_the_same_and_needs_no_font() -> None:
    assert draw(r"\sqrt{x}", is_display=True) == draw(r"\sqrt{x}", is_display=True)
    address = draw(r"\text{hit rate}", is_display=True).partition("base64,")[2].partition('"')[0]
    assert b"<text" not in b64decode(address)


@pytest.mark.parametrize("tex", [r"\mathop{x}", r"\mathop{\mathrm{argmax}}_x", r"a \mathop{\rm b} c"])
def test_nothing_is_drawn_that_would_miss_a_part(tex: str) -> None:
    with pytest.raises(MathsError):
        draw(tex, is_display=False)


@pytest.mark.parametrize("tex", [r"v_{\text{速度}}", r"\text{שלום}", "漢", r"\ce{A ->[漢] B}"])
def test_no_box_is_drawn_for_a_letter_that_the_font_lacks(tex: str) -> None:
    with pytest.raises(MathsError):
        draw(tex, is_display=False)
    draw(r"\text{скорость ä ł} \quad α \in ℝ \; 50\,\%", is_display=False)


def test_a_sign_in_a_formula_needs_no_font_for_text() -> None:
    def lines(text: str) -> list[int]:
        return [each.location.line for each in check_glyphs(Source(Path("01-a.md"), text))]

    assert lines("$a ⇌ b$, \\(⇌\\) and\n$$\na ⇌ b\n$$\n") == []
    assert lines("$a ⇌ b$\n⇌ $5\n") == [2]
    assert lines("$\\ce{.⇌}$\n") == [1], "it is printed as its source"


@pytest.mark.parametrize(
    ("tex", "divided"),
    [
        (r"\text{if $x$, so}", r"{\text{if }{x}\text{, so}}"),
        (r"\text{$x_{1}$}", "{{x_{1}}}"),
        (r"\mbox{a $b$ c $d$}", r"{\mbox{a }{b}\mbox{ c }{d}}"),
    ],
)
def test_a_formula_in_a_text_of_a_formula_is_drawn(tex: str, divided: str) -> None:
    drawn, wanted = (draw(each, is_display=False).partition("src=")[2] for each in (tex, divided))
    assert drawn == wanted


@pytest.mark.parametrize(
    "tex", [r"\frac{a", r"\nonsense{x}", "", "a & b <", "{", r"\frac{" * 20 + "a" + "}{b}" * 20]
)
def test_wrong_tex_is_refused(tex: str) -> None:
    with pytest.raises(MathsError):
        draw(tex, is_display=False)


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\left(" * 10 + "x" + r"\right)" * 10, "nested too deeply"),
        (r"\begin{matrix}" * 15 + "x" + r"\end{matrix}" * 15, "nested too deeply"),
        ("x^{" * 20 + "x" + "}" * 20, "nested too deeply"),
        ("{" * 2000, "nested too deeply"),
        (r"\sqrt " * 600 + "x", "nested too deeply"),
        ("x+" * 2001, r"4002 characters \(maximum: 4000\)"),
        (r"\newcommand{\a}{xx}\newcommand{\b}{\a\a}\b", "cannot define commands"),
        (r"\def\a{x}\a", "cannot define commands"),
    ],
    ids=["brackets", "matrices", "powers", "braces", "roots", "length", "newcommand", "def"],
)
def test_a_formula_that_would_take_long_is_refused_with_the_reason(tex: str, reason: str) -> None:
    for _ in range(2):  # what is refused once is refused again
        with pytest.raises(MathsError, match=reason):
            draw(tex, is_display=True)


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{1}{1+\frac{1}{1+\frac{1}{1+\frac{1}{1+\frac{1}{1+\frac{1}{x}}}}}}",
        r"\left(\left(\left(\left(\left(\left(\left(x\right)\right)\right)\right)\right)\right)\right)",
        r"\begin{pmatrix}" + r"\\".join(["&".join([r"\frac{a}{b}"] * 8)] * 8) + r"\end{pmatrix}",
        r"f(x)=\frac{1}{\sigma\sqrt{2\pi}}\exp\left(-\frac{1}{2}\left(\frac{x-\mu}{\sigma}\right)^{2}\right)",
    ],
    ids=["fractions", "brackets", "matrix", "density"],
)
def test_what_textbooks_have_is_drawn(tex: str) -> None:
    assert draw(tex, is_display=True).startswith("<img")


def test_all_formulas_of_a_text_are_drawn_and_nothing_else() -> None:
    html = r'<p>a <span class="math">\(a &lt; b\)</span> \(c\)</p><div class="math">\[x\]</div>'
    result = drawn(html)
    assert result.count("<img") == 2
    assert r"\(c\)</p>" in result
    assert 'alt="a &lt; b"' in result


def test_cards_carry_tex_for_ankis_mathjax(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    text = "# T\n\n## Rule {#rule .cloze}\n\nFor $n < 5$ it is ${{c1::\\frac{a}{b}}} + 1$.\n"
    run("build", write_corpus({"01-first.md": text}), "--output", tmp_path, "--only", "apkg")
    (note,) = read_package(tmp_path / "demo.apkg", "demo").notes.values()
    assert note.fields["Answer"] == (
        r'<p>For <span class="math">\(n &lt; 5\)</span> it is '
        r'<span class="math">\({{c1::\frac&#123;a&#125;&#123;b&#125;}} + 1\)</span>.</p>'
    )
