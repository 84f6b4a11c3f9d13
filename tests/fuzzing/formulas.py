"""Formulas: any TeX is drawn for print, or refused with a reason."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import tinyhtml5
from hypothesis.strategies import SearchStrategy

from builder.markdown.maths import MathsError, draw
from tests.fuzzing.mutations import mutated_texts
from tests.fuzzing.target import Target, promise

_SEEDS = (
    "x",
    "a^2 + b^2 = c^2",
    "\\frac{a}{b}",
    "\\sqrt[3]{x+1}",
    "\\sum_{i=0}^{n} i = \\frac{n(n+1)}{2}",
    "\\int_0^\\infty e^{-x^2} \\, dx = \\frac{\\sqrt{\\pi}}{2}",
    "\\left( \\frac{1}{x} \\right)^2",
    "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
    "\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}",
    "\\mathbb{R} \\to \\mathcal{O}(n \\log n)",
    "\\hat{x} + \\vec{y} \\cdot \\overline{z}",
    "\\underbrace{a + b}_{c}",
    "\\alpha \\le \\beta \\ne \\gamma \\in \\Omega",
    "P(A \\mid B) = \\frac{P(B \\mid A) P(A)}{P(B)}",
    "\\operatorname{argmax}_x f(x)",
)
_WORDS = (
    *("{", "}", "{}", "^", "_", "^{", "_{", "\\", "\\\\", "&", "&&", "$", "%", "#", "~", "'", "''", "\n"),
    *(" ", "\0", "\\left(", "\\left.", "\\left\\{", "\\right)", "\\right.", "\\right", "\\left"),
    *("\\middle|", "\\big(", "\\Bigg", "\\frac", "\\frac{", "\\frac12", "\\dfrac{a}{b}", "\\binom{n}{k}"),
    *("\\sqrt", "\\sqrt[", "\\sqrt{", "\\over", "\\begin{matrix}", "\\end{matrix}", "\\begin{array}{cc}"),
    *("\\end{array}", "\\begin{align}", "\\end{align}", "\\begin{x}", "\\begin{", "\\end{", "\\begin"),
    *("\\hline", "\\text{", "\\text{é}", "\\mathrm{", "\\mathbf{x}", "\\color{red}{x}", "\\unknown"),
    *("\\ce{H2O}", "\\not", "\\not=", "\\substack{a\\\\b}", "\\overset{a}{b}", "\\limits", "\\nolimits"),
    *("\\displaystyle", "\\hspace{1em}", "\\hspace{99999999em}", "\\rule{1em}{1em}", "\\def\\x{\\x}"),
    *("\\newcommand{\\a}{\\a\\a}", "\\input{/etc/passwd}", "\\href{javascript:x}{y}", "<b>", "]]>", "&lt;"),
    *('"', "<svg onload=x>", "é", "한", "🏳️‍🌈", "\u202e", "\ufdd0", "𝟙", "∑", "∫", "√", "→", "9" * 300),
    *("a" * 300, "\\prod", "\\lim_{x\\to0}", "\\iint", "\\dots", "\\prime", "\\%", "\\{", "\\}", "\\|"),
    *("\\,", "\\;", "\\!", "\\ "),
)
_FORMULA = re.compile(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+")


@cache
def inputs() -> SearchStrategy[bytes]:
    """Change formulas of all kinds."""
    draw("x", is_display=False)  # imports the library
    return mutated_texts(_SEEDS, _WORDS)


def try_input(path: Path, folder: Path) -> bool:
    """Draw a formula in both ways that there are."""
    tex = path.read_bytes().decode(errors="replace")
    drawn = []
    for is_display in (False, True):
        try:
            drawn.append(draw(tex, is_display=is_display))
        except MathsError as error:
            promise(bool(str(error)), "formulas: refused without a reason")
    for html in drawn:
        images = [element for element in tinyhtml5.parse(html).iter() if element.tag.endswith("}img")]
        promise(len(images) == 1, "formulas: not one image", html)
        promise({*images[0].attrib} == {"class", "alt", "style", "src"}, "formulas: an attribute", html)
        promise(_FORMULA.fullmatch(images[0].attrib["src"]) is not None, "formulas: an address", html)
    return len(drawn) == 2


FORMULAS = Target(name="formulas", suffix=".tex", inputs=inputs, try_input=try_input)
