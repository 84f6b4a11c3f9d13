"""Commands that Anki's MathJax does not know: cards show them in red."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.checks.content import maths_can_be_drawn
from builder.corpus.reader import read_chapter
from builder.markdown.mathjax import defined_commands, hint_for, unknown_commands
from builder.markdown.parser import Source

_NO_HINT = r"write it in other commands; put words in \text{…}"


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{a}{b} \cdot \sqrt[3]{x} \, \text{if } \left\{ x \middle| y \right\}",
        r"\ce{A\bond{~}B ->[\Delta] C} \pu{5 m s-1}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned} \begin{pmatrix*}[r] 1 \end{pmatrix*}",
        r"\cancel{x} \boxed{y} \underset{a}{b} \xrightarrow[b]{a} \textcolor{red}{x} \mathscr{L} 5\degree",
        r"\newcommand{\R}{\mathbb{R}} \R \def\x{5} \x \DeclareMathOperator{\sgn}{sgn} \sgn",
        r"\DeclarePairedDelimiter\abs{\lvert}{\rvert} \abs{x} \renewenvironment{a}{x}{y} \begin{a} \end{a}",
        r"\require{physics} \dv{x}{t}",
        r"a \\SI \{ \} \| \;",
    ],
)
def test_what_mathjax_knows_is_not_named(tex: str) -> None:
    assert list(unknown_commands(tex, defined_commands(tex))) == []


@pytest.mark.parametrize(
    ("tex", "command", "hint"),
    [
        (r"\SI{5}{m}", r"\SI", r"write a number with its unit: \pu{5 m s-1}"),
        (r"\bm{x}", r"\bm", r"write \boldsymbol{x}"),
        (r"x \in \N", r"\N", r"write \mathbb{N}"),
        (r"\abs{x}", r"\abs", r"write \lvert x \rvert"),
        (r"\fract{1}{2}", r"\fract", r"did you mean \frac?"),
        (r"\infin", r"\infin", r"write \infty"),
        (r"\sech x", r"\sech", r"write \operatorname{sech}"),
        (r"\qqqqqq", r"\qqqqqq", _NO_HINT),
        (r"\begin{tabular}{l} a \end{tabular}", r"\begin{tabular}", _NO_HINT),
        (r"\begin{pmatrx} a \end{pmatrx}", r"\begin{pmatrx}", r"did you mean \begin{pmatrix}?"),
    ],
)
def test_what_mathjax_does_not_know_is_named_with_what_to_write(tex: str, command: str, hint: str) -> None:
    assert list(unknown_commands(tex)) == [command]
    assert hint_for(command) == hint


def _found(text: str) -> list[tuple[str, str]]:
    chapter, _ = read_chapter(Source(Path("01-a.md"), f"# T\n\n## Q? {{#q}}\n\n{text}\n"))
    return [(each.code, each.message) for each in maths_can_be_drawn(chapter)]


def test_a_command_is_named_once_a_file() -> None:
    text = r"$\bm{a}$ and $\bm{b}$, $\bm{c}$ and $\SI{5}{m}$"
    assert _found(text) == [
        ("unknown-tex", r"Anki does not know '\bm': a card shows it in red (and so 2 other formulas)"),
        ("unknown-tex", r"Anki does not know '\SI': a card shows it in red"),
    ]


def test_a_command_is_named_with_its_place() -> None:
    text = "A $\\bm{a}$.\n\n$$\nx \\\\\n+ \\SI{5}{m}\n$$\n\n| a |\n|---|\n| $x \\infin$ |\n"
    chapter, _ = read_chapter(Source(Path("01-a.md"), f"# T\n\n## Q? {{#q}}\n\n{text}"))
    found = list(maths_can_be_drawn(chapter))
    assert [(each.location.line, each.location.column) for each in found] == [(5, 4), (9, 3), (14, 6)]


def test_a_formula_that_is_not_complete_is_named_even_if_prints_can_draw_it() -> None:
    ((_, message),) = _found(r"$\frac{1}{2$ and $\left( x$")
    assert message.startswith(r"the formula '\frac{1}{2' is not complete: a card shows an error")


def test_a_command_that_another_formula_defines_is_known() -> None:
    assert [code for code, _ in _found(r"$\newcommand{\N}{\mathbb{N}}$ and $n \in \N$")] == ["bad-maths"]


def test_a_thousand_unknown_commands_take_no_time() -> None:
    names = ("".join(chr(97 + int(digit)) for digit in str(number)) for number in range(1000, 3000))
    assert len(_found(" ".join(f"$\\zz{name}$" for name in names))) == 20
