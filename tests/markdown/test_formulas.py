"""Which dollars and brackets are formulas: tables of both, each in all that text stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.checks.content import unclear_dollars_are_named
from builder.corpus.reader import read_chapter
from builder.markdown.formulas import formula_at
from builder.markdown.parser import Source, Token, parse, to_html
from tests.conftest import CASES, FLASK

FORMULAS = r"""
$x$ | $N$ | $-1$ | $a+b$ | $a + b - c$ | $2n + 1$ | $n!$ | $\pi$ | $\mu_0$ | $x_i$ | $x_{ij}$ | $x_{max}$
$E = mc^2$ | $PV = nRT$ | $pH = -\log c$ | $v = s/t$ | $\Delta G = \Delta H - T\Delta S$ | $10^{-3}$
$2^{10}$ | $HCO_3^-$ | $CO_2$ | $H_2O$ | $Na^+$ | $\mathrm{NaCl}$ | $\boldsymbol{x}_{train}$
$\mathbf{abc}$ | $\text{if } x > 0$ | $\frac{1}{2}$ | $\sqrt{2}$ | $\sum_{i=1}^n i$ | $\int_a^b f(x)\,dx$
$\lim_{x \to 0}$ | $\binom{n}{k}$ | $\partial_t u$ | $f(x)$ | $g(x, y)$ | $\sin x$ | $log n$ | $O(n)$
$O(n log n)$ | $P(A)$ | $P(A \mid B)$ | $Var(X)$ | $max(a, b)$ | $x < y$ | $x > 0$ | $a \leq b$ | $p < 0.05$
$x \in \{1, 2\}$ | $\{a, b\}$ | $(a, b)$ | $[0, 1]$ | $3 \cdot 4$ | $50\,\%$ | $x'$ | $A^T$ | $A^{-1}$
$\hat{y}$ | $\vec{v}$ | $\alpha$ | $GFR = \frac{U \cdot V}{P}$ | $\lvert x \rvert$ | $a:b$ | $3/4$
$\begin{pmatrix} a & b \\ c & d \end{pmatrix}$ | $a \bmod n$ | $\overline{AB}$ | $dy/dx$ | $x \mapsto x^2$
$\ce{H2O}$ | $س + ص$ | $س = 5$ | $А$ | $αβγ$ | $α + β$
$p(x;y)$ | $f(x; \theta)$ | $\#A = 3$ | $\text{if $x > 0$}$ | $\ce{A ->[$k_1$][$k_2$] B}$
$\ce{$n$ H2O}$ | $\mathrm{a} \text{b $c$ d $e$}$
"""
TEXTS = r"""
it costs $5, or $6 | US$5 and US$10 | from $10 to 10$ | 5$ or 6$ a month | $1,000 and $2,000 | A$20, NZ$22
($5) or ($6) | $HOME | $HOME and $PATH | $HOME/$USER | $PATH:$HOME | ${HOME}/${USER} | $HOME/bin:$PATH
export PATH=$PATH:$HOME/bin | $0, $1 and $@ | "$1" and "$2" | $? and $! | $$ is the process, $$ again
echo $$ | $(date) and $(pwd) | $((a+b)) | $.ajax() and $.get() | $("#a").hide() and $("#b")
$('p').text() + $('q') | $el.on(), $el.off() | this.$el, this.$refs | $i=0;$i<3;$i++ | $a = $b;
$user->name, $user->id | $array[$i] | function($a, $b) | foreach ($list as $item) | $_GET and $_POST
^$ and ^a$ | ^\w+$ or ^\W+$ | a$b | [a$] and [b$] | ends in $, begins with $ | ab$|cd$ | file$name$ext
$name$ext | costs 10$ and 20$ | $12.50/kg, then $13 | R$10,00 e R$20,00 | HK$100-HK$200 | $5M to $6M
$100K, $200K | between $3 and $4 | SELECT $1, $2 | WHERE a=$1 AND b=$2 | $name, $age and $city
$first $last | the variable $x, then $y | $a and $b | $x is set, $y not | make $(CC) $@ | $< and $^
{{ $value }} and {{ $other }} | $scope.$apply() | $http.get, $http.post | $PROFILE and $HOME
the $ sign, a $ sign | $ x and y $ | $$ | $ | \$x\$ | \$5 and \$6 | `$x$` and `$y$`
[$5](http://x.y) and [$6](http://x.z) | 1$2$3 | $_ and @_ | for ($i=0;$i<9;$i++) | $_[0] and $_[1]
$5 أو 6$ | $5 و6$ | من $5 إلى 6$ | $5 או 6$ | $5 или 6$ | $5 и 6$ | $5 και 6$
${a} and ${b} | $5–$10, US$5–$10 | $(a; b) and $(c; d) | x^$_ or $^x
"""
CONTEXTS = ("The %s holds.", "(%s)", "%s,", "**%s**", "*so %s it is*", "%s", "## %s", "- %s", "> %s")


def _split(table: str) -> list[str]:
    # A formula has no bar between two blanks, and here no text has.
    return [each.strip() for line in table.strip().split("\n") for each in line.split(" | ")]


def _formulas(text: str) -> list[str]:
    tokens = [child for token in parse(text) for child in (token, *(token.children or ()))]
    return [token.content for token in tokens if token.type.startswith("math_")]


def test_there_are_many_of_both() -> None:
    assert len(set(_split(FORMULAS))) >= 60
    assert len(set(_split(TEXTS))) >= 60


@pytest.mark.parametrize("formula", _split(FORMULAS))
def test_a_formula_is_one_wherever_it_stands(formula: str) -> None:
    for context in CONTEXTS:
        assert _formulas(context % formula) == [formula[1:-1]], context
    table = f"| a | b |\n| --- | --- |\n| {formula} | c |\n"
    assert _formulas(table) == [formula[1:-1]]


@pytest.mark.parametrize("formula", _split(FORMULAS))
def test_a_formula_may_stand_between_the_brackets_of_tex(formula: str) -> None:
    tex = formula[1:-1]
    assert _formulas(f"So \\({tex}\\) is.") == [tex]
    if not tex.isdecimal():
        assert _formulas(f"So \\[{tex}\\] is.") == [tex]
        assert _formulas(f"So:\n\\[\n{tex}\n\\]\nHere.") == [f"\n{tex}\n"]


@pytest.mark.parametrize("formula", _split(FORMULAS))
def test_a_gap_may_hide_a_formula(formula: str) -> None:
    (tokens,) = (token.children or [] for token in parse(f"So {{{{c1::{formula}}}}} is.") if token.children)
    assert [token.type for token in tokens] == ["text", "cloze_open", "math_inline", "cloze_close", "text"]


@pytest.mark.parametrize("text", _split(TEXTS))
def test_dollars_that_mean_something_else_stay_as_they_are(text: str) -> None:
    for context in CONTEXTS:
        assert _formulas(context % text) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            r"sed 's/\(a\)/\1/'",
            r"see \[1\] and \[12\]",
            r"\[x\] is a box",
            r"- \[ \] a box",
            r"\[sic\]",
            r"he \[...\] said \[…\]",
        ),
        *(
            r"\(see below\)",
            r"a\(b\)",
            r"grep '\(foo\)*'",
            r"\\(a+b\\)",
            r"\[not a link\](http://x.y)",
            r"\( \)",
        ),
    ],
)
def test_escaped_brackets_stay_brackets(text: str) -> None:
    assert _formulas(text) == []


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("With $a_1 * b_2 - a_2 * b_1$ and $c*d*e$", ["a_1 * b_2 - a_2 * b_1", "c*d*e"]),
        ("$x_{max}$ and $y_{max}$", ["x_{max}", "y_{max}"]),
        (
            "Euler: $e^{i3\\pi}=-1$, $x$, $x$-axis, ($y$), $ spaced $, \\$not\\$",
            ["e^{i3\\pi}=-1", "x", "x", "y"],
        ),
        ("$\\{x \\mid x < 3 \\land x > 1\\}$ costs $5 and $6", ["\\{x \\mid x < 3 \\land x > 1\\}"]),
        ("US$5 for $a$, or $b$", ["a", "b"]),
        ("the $n$th and the $(k+1)$st, $x$y", ["n", "(k+1)"]),
        ("$$PV = nRT$$ in a line", ["PV = nRT"]),
        ("\\[ a \\\\ b \\] in a line", [" a \\\\ b "]),
        # What is next to a word in chemistry and medicine. Pandoc takes no formula before a digit.
        ("H$_2$O, CO$_{2}$, Ca$^{2+}$ and T$_3$/T$_4$", ["_2", "_{2}", "^{2+}", "_3", "_4"]),
        ("10$^{-3}$, 37$^\\circ$C, $^{14}$C, S$_N$2, x$_i^2$", ["^{-3}", "^\\circ", "^{14}", "_N", "_i^2"]),
        ("$\\pm$2, 3$\\times$10 and $\\geq$65", ["\\pm", "\\times", "\\geq"]),
        ("5\\(\\mu\\)g, H\\(_2\\)O and the \\(n\\)th", ["\\mu", "_2", "n"]),
        ("$\\text{if $x$, or $y$}$ and $z$", ["\\text{if $x$, or $y$}", "z"]),
        ("$$\\text{if $x$}$$ and $y$", ["\\text{if $x$}", "y"]),
        ("$\\text{not closed$ and $x$", ["\\text{not closed", "x"]),
        ("\\[\n\\begin{pmatrix} a & b \\\\\nc & d \\end{pmatrix}\n\\]", None),
    ],
)
def test_formulas_among_other_signs(text: str, formulas: list[str] | None) -> None:
    if formulas is None:
        formulas = [text.removeprefix("\\[").removesuffix("\\]")]
    assert _formulas(text) == formulas
    assert not any(token.type == "em_open" for block in parse(text) for token in block.children or ())


def test_brackets_that_do_not_end_are_text() -> None:
    assert _formulas("\\[\na = b\n\nlater \\]\n") == []
    assert _formulas("\\[\n" * 50) == []
    assert _formulas("\\(" * 50) == []


def _sealed(html: str) -> str:
    return html.replace("<f>", '<span class="math">\\(').replace("</f>", "\\)</span>")


def _html(text: str) -> str:
    from builder.markdown.cloze import ClozeForm
    from builder.markdown.source import Passage

    source = Source(Path("a.md"), text)
    return to_html(Passage(source, tuple(parse(text))), {}, ClozeForm.MARKED)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "{{c1::$\\frac{1}{2\\sqrt{x}}$}} and {{c2::$\\frac{a}{\\vec{v}}$::which one}}",
            "<p>{{c1::<f>\\frac&#123;1&#125;&#123;2\\sqrt&#123;x&#125;&#125;</f>}} and "
            "{{c2::<f>\\frac&#123;a&#125;&#123;\\vec&#123;v&#125;&#125;</f>::which one}}</p>",
        ),
        ("{{c1::$\\left\\{ x \\right.$}}", "<p>{{c1::<f>\\left\\&#123; x \\right.</f>}}</p>"),
        ("\\({{c1::x}}\\)", "<p><f>{{c1::x}}</f></p>"),
        (
            "$$\n{{c1::\\frac{m}{\\sqrt{1-v^{2}}}}} \\\\ c\n$$",
            '<div class="math">\\[{{c1::\\frac&#123;m&#125;&#123;\\sqrt&#123;1-v^&#123;2&#125;&#125;&#125;}}'
            " \\\\ c\\]</div>",
        ),
    ],
)
def test_gaps_around_and_within_formulas(text: str, html: str) -> None:
    assert _html(text) == _sealed(html)


def _named(text: str) -> list[str]:
    chapter, _ = read_chapter(Source(CASES / "01-a.md", f"# T\n\n## Q {{#q}}\n\n{text}\n"))
    return [found.code for found in unclear_dollars_are_named(chapter)]


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("$NaCl$ is salt", ["$\\mathrm{NaCl}$ is salt", "\\$NaCl$ is salt"]),
        ("$ x^2 $ is a square", ["$x^2$ is a square", "\\$ x^2 \\$ is a square"]),
        ("$$x_{1} and so$$5", ["\\$\\$x_{1} and so\\$\\$5"]),
        ("$HOME/bin:$PATH", ["\\$HOME/bin:$PATH", "`$HOME/bin:$PATH`"]),
        ("a$b$c", ["a\\$b$c", "`a$b$c`"]),
    ],
)
def test_what_others_take_for_a_formula_is_named_until_it_is_clear(text: str, fixed: list[str]) -> None:
    assert _named(text) == ["unclear-dollars"]
    for each in fixed:
        assert _named(each) == []


@pytest.mark.parametrize(
    "text", ["$5 and $6", "$HOME and $PATH", "$x$ and `$NaCl$`", "[$NaCl](http://a.b/$c)", "\\$NaCl\\$"]
)
def test_what_nobody_takes_for_a_formula_is_not_named(text: str) -> None:
    assert _named(text) == []


def test_the_corpus_has_the_formulas_it_had() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FLASK.glob("*.md")]
    assert texts
    assert [formula for text in texts for formula in _formulas(text)] == []


def test_a_formula_knows_where_it_ends() -> None:
    found = formula_at("a $x$ b", 2)
    assert found is not None
    assert (found.tex, found.end, found.is_display) == ("x", 5, False)
    assert formula_at("a $x$ b", 0) is None
    assert isinstance(parse("a")[0], Token)
