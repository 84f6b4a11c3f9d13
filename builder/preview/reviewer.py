"""Imitates Anki's reviewer: what it does to a card that the backend has rendered, as far as a preview can."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape

from builder.markdown.maths import MathsError, drawn
from builder.markdown.sounds import with_players
from builder.preview.templates import Sides

_BOX = re.compile(r"\[\[type:([^\]]+)\]\]")
_INPUT = '<center><input type="text" id="typeans" aria-label="Your answer" autocomplete="off"></center>'


def as_reviewed(sides: Sides, fields: Mapping[str, str]) -> Sides:
    """Put an input box on the front, the expected text on the back, players and drawn formulas on both.

    The back is the one that Anki shows if nothing was typed. Anki loads MathJax from its own files; here
    formulas are drawn as print draws them.
    """
    return Sides(
        _with_media(_BOX.sub(_INPUT, sides.front)),
        _with_media(_BOX.sub(lambda box: _expected(fields[box[1]]), sides.back)),
    )


def _expected(html: str) -> str:
    return f'<code id="typeans">{escape(unescape(html))}</code>'


def _with_media(html: str) -> str:
    html = with_players(html)
    try:
        return drawn(html)
    except MathsError:  # a cloze deletion may cut a formula in two
        return html
