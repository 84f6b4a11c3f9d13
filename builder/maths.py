"""Mathematics on paper: TeX drawn as pictures. The only module that knows ziamath.

On cards, Anki's own MathJax sets it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from html import escape, unescape
from itertools import accumulate

_MARKED = re.compile(r'(<(?:span|div) class="math">)\\([(\[])(.*?)\\[)\]](</(?:span|div)>)', re.DOTALL)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_DEEPEST = 7
"""Braces in braces: beyond, ziamath takes minutes."""
_SIZE = 20
"""Units per em in a drawing."""


class MathsError(Exception):
    """TeX that cannot be drawn."""


def drawn(html: str) -> str:
    """Return HTML with every formula in it drawn. Raises `MathsError`."""
    return _MARKED.sub(lambda m: m[1] + draw(unescape(m[3]), is_display=m[2] == "[") + m[4], html)


@cache  # the checks draw every formula, and the sheet again
def draw(tex: str, *, is_display: bool) -> str:
    """Draw TeX as a picture, in HTML, that stands on the line of its text. Raises `MathsError`."""
    from xml.etree import ElementTree

    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False
    config.precision = 2
    if _depth(tex) > _DEEPEST:
        raise MathsError("it is nested too deeply")
    try:
        formula = Latex(tex, size=_SIZE, inline=not is_display)
        unknown = [
            node.text
            for node in ElementTree.fromstring(formula.mathmlstr()).iter()
            if _COMMAND.fullmatch(node.text or "") and not node.tag.endswith("mtext")
        ]
        svg = formula.svgxml()
    except Exception as error:  # the library has no exception of its own: assertions, parse and key errors
        raise MathsError(str(error) or "it is not complete") from error
    if unknown:
        raise MathsError(f"'{unknown[0]}' is not known")
    _, top, width, height = map(float, svg.attrib["viewBox"].split())
    drawing = b64encode(ElementTree.tostring(svg)).decode()
    style = (
        f"width: {width / _SIZE:.3f}em; height: {height / _SIZE:.3f}em;"
        f" vertical-align: {-(top + height) / _SIZE:.3f}em"
    )
    # A picture, for an element of SVG has no text that is read aloud (PDF/UA-1, 7.3).
    return (
        f'<img class="formula" alt="{escape(tex)}" style="{style}" src="data:image/svg+xml;base64,{drawing}">'
    )


def _depth(tex: str) -> int:
    return max(accumulate((character == "{") - (character == "}") for character in tex), default=0)
