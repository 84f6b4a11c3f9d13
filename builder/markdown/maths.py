"""Mathematics on paper: TeX drawn as images. The only module that knows ziamath.

On cards, Anki's own MathJax draws it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from html import escape, unescape
from itertools import accumulate
from typing import TYPE_CHECKING
from unicodedata import category

from builder.markdown.chemistry import with_chemistry

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MARKED = re.compile(r'(<(?:span|div) class="math">)\\([(\[])(.*?)\\[)\]](</(?:span|div)>)', re.DOTALL)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_DEFINITION = re.compile(r"\\(?:(?:re)?newcommand|(?:re)?newenvironment|def|DeclareMathOperator)(?![A-Za-z])")
_GROUPS = re.compile(r"[{}]|\\(?:left|right|begin|end)(?![A-Za-z])|\\.", re.DOTALL)
_DOLLAR = re.compile(r"(?<!\\)\$")
_TEXT_WITH_FORMULA = re.compile(
    r"(\\(?:text(?:rm|it|bf)?|mbox)(?![A-Za-z]))\s*\{((?:[^{}$]*\$(?:[^{}$]|\{[^{}$]*\})*\$)+[^{}$]*)\}"
)
_LONGEST = 4000
"""Maximum characters of a formula: three screens of a phone. Ziamath looks at the whole row for each node."""
_DEEPEST = 50
"""Maximum nesting of groups of any kind; Python's stack has room for about a hundred."""
_MOST_NODES = 4000
_MOST_NODES_A_CHARACTER = 10
"""Maximum layout nodes of a formula's drawing, and how many more are allowed for each of its characters.

ziamath lays out each row twice, to know how tall its brackets must be. So a nested row is laid out four
times, eight times, and so on. A textbook's formulas need a few hundred nodes; 4000 take a third of a second.
"""
_TOKENS = ("mi", "mn", "mo", "ms", "mtext")
"""Elements of MathML that have text: ziamath does not draw elements within them."""
_SIZE = 20
"""Units per em in a drawing."""


class MathsError(Exception):
    """TeX that cannot be drawn."""


def drawn(html: str) -> str:
    """Return HTML with every formula in it drawn. Raises `MathsError`."""
    return _MARKED.sub(lambda m: m[1] + draw(unescape(m[3]), is_display=m[2] == "[") + m[4], html)


def drawn_or_written(html: str) -> str:
    """Return HTML with every formula drawn; one that cannot be drawn is shown as its source, as code."""

    def shown(formula: re.Match[str]) -> str:
        try:
            image = draw(unescape(formula[3]), is_display=formula[2] == "[")
        except MathsError:
            image = f'<code class="long tex">{formula[3]}</code>'
        return formula[1] + image + formula[4]

    return _MARKED.sub(shown, html)


def is_complete(tex: str) -> bool:
    """Tell whether all groups of a formula are closed: nothing can typeset an incomplete one."""
    groups = _GROUPS.findall(tex)
    opened = [group for group in groups if group in _OPENING]
    closed = [group for group in groups if group in _CLOSING]
    return [opened.count(each) for each in _OPENING] == [closed.count(each) for each in _CLOSING]


def draw(tex: str, *, is_display: bool) -> str:
    """Draw TeX as an HTML image on the baseline of its text. Raises `MathsError`."""
    result = _result(tex, is_display)
    if isinstance(result, MathsError):
        raise result
    return result


@cache  # checks draw every formula, and prints draw it again
def _result(tex: str, is_display: bool) -> str | MathsError:
    try:
        return _drawing(tex, is_display)
    except MathsError as error:
        return error.with_traceback(None)


def _drawing(written: str, is_display: bool) -> str:
    from xml.etree import ElementTree

    from ziamath.config import config
    from ziamath.escapes import unescape as unescape_entities
    from ziamath.tex import tex2mml
    from ziamath.zmath import Latex

    config.svg2 = False
    config.precision = 2
    _check_size(written)
    tex = _with_texts_divided(with_chemistry(written) or written)
    try:
        mathml = ElementTree.fromstring(unescape_entities(tex2mml(tex, inline=not is_display)))
        most = _MOST_NODES + _MOST_NODES_A_CHARACTER * len(tex)
        if _nodes(mathml, most) > most:
            raise MathsError("it takes too long to draw, because it is nested too deeply")
        if any(element.tag.endswith(_TOKENS) and len(element) for element in mathml.iter()):
            raise MathsError("it has an operator made of other parts")  # they would be left out
        formula = Latex(tex, size=_SIZE, inline=not is_display)
        nodes = list(ElementTree.fromstring(formula.mathmlstr()).iter())
        unknown = [
            node.text
            for node in nodes
            if _COMMAND.fullmatch(node.text or "") and not node.tag.endswith("mtext")
        ]
        lacking = [
            character
            for character in "".join(node.text or "" for node in nodes)
            if category(character)[0] in "LNPS" and not formula.font.glyphindex(character)
        ]
        svg = formula.svgxml()
    except MathsError:
        raise
    except RecursionError as error:
        raise MathsError("it is nested too deeply") from error
    except Exception as error:  # ziamath has no exception class: it raises assertion, parse and key errors
        raise MathsError(str(error) or "it is not complete") from error
    if unknown:
        raise MathsError(f"'{unknown[0]}' is not known")
    if lacking:
        raise MathsError(f"the font of formulas has no '{lacking[0]}'")
    _, top, width, height = map(float, svg.attrib["viewBox"].split())
    if height < 0:
        raise MathsError("it has nothing to draw")
    drawing = b64encode(ElementTree.tostring(svg)).decode()
    style = (
        f"width: {width / _SIZE:.3f}em; height: {height / _SIZE:.3f}em;"
        f" vertical-align: {-(top + height) / _SIZE:.3f}em"
    )
    # An image: an SVG element has no text to be read aloud (PDF/UA-1, 7.3).
    source = f"data:image/svg+xml;base64,{drawing}"
    return f'<img class="formula" alt="{escape(written)}" style="{style}" src="{source}">'


def _with_texts_divided(tex: str) -> str:
    r"""Return TeX without formulas in texts: `\text{if $x$, so}` as `\text{if }x\text{, so}`."""

    def divided(found: re.Match[str]) -> str:
        words = [
            f"{{{each}}}" if number % 2 else f"{found[1]}{{{each}}}"
            for number, each in enumerate(_DOLLAR.split(found[2]))
            if each
        ]
        return "{" + "".join(words) + "}"

    return _TEXT_WITH_FORMULA.sub(divided, tex)


def _check_size(tex: str) -> None:
    """Refuse TeX that takes long even to measure. Raises `MathsError`."""
    if len(tex) > _LONGEST:
        raise MathsError(f"it has {len(tex)} characters (maximum: {_LONGEST})")
    if definition := _DEFINITION.search(tex):
        raise MathsError(f"a formula cannot define commands ('{definition[0]}')")
    if _depth(tex) > _DEEPEST:
        raise MathsError("it is nested too deeply")


def _depth(tex: str) -> int:
    """Return the nesting depth of groups: braces, paired brackets, and environments."""
    steps = ((group in _OPENING) - (group in _CLOSING) for group in _GROUPS.findall(tex))
    return max(accumulate(steps), default=0)


_OPENING = ("{", r"\left", r"\begin")
_CLOSING = ("}", r"\right", r"\end")


def _nodes(mathml: Element, most: int) -> int:
    """Return the number of nodes that ziamath creates to draw MathML; counting stops beyond `most`."""
    found = 0
    waiting = [(mathml, 1)]
    while waiting and found <= most:
        element, times = waiting.pop()
        found += times
        name = element.tag.rpartition("}")[2]
        times *= _LAYOUTS.get(name, 2 if len(element) > 1 or name in _ROWS else 1)
        # To place a node in a row, ziamath looks at all nodes before it.
        found += times * len(element) ** 2 // 500
        waiting += ((child, times) for child in element)
    return found


_ROWS = ("math", "mrow", "mtd", "mpadded", "mstyle", "mphantom")
"""Elements that ziamath lays out twice."""
_LAYOUTS = {
    **dict.fromkeys(
        ("mfrac", "msub", "msup", "msubsup", "mover", "munder", "munderover", "mroot", "mtable", "mtr"), 1
    ),
    "mfenced": 4,
}
"""Number of times that an element lays out its children."""
