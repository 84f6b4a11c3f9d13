"""Imitates Anki's reviewer, which changes a card after the backend has rendered it."""

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
    """Add an input box to the front, the expected text to the back, players and drawn formulas to both.

    The back is that of Anki if nothing was typed. Anki loads MathJax from its own files; here, formulas are
    drawn as in print.
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
