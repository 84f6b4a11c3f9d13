"""Places accents that a font leaves beside their letters: Inter has no places for those of Cyrillic letters.

Books for learners of Russian have an accent on every word: во́ды, воды́. Unicode has no character for such a
letter, and HarfBuzz places accents itself only in fonts that place none.
"""

from __future__ import annotations

import re
from functools import wraps
from itertools import pairwise
from typing import Any
from unicodedata import combining

from builder.design.fonts import FACES, Typeface

_ACCENTS = re.compile("[\u0300-\u036f]")
_ABOVE, _BELOW = 230, 220
"""Unicode's combining classes of accents."""
_SPACING = 0.11
"""Maximum space between letters that a style sheet adds, in ems: an accent gets it, too."""
_SLANT = 0.165
"""How far an italic leans to the right, relative to its height."""
_FLAT = 0.05
"""Maximum height of a round letter above a flat one, in ems."""


def place_accents(drawing: Any) -> None:
    """Make WeasyPrint's drawing module place such accents in each line."""
    draw = drawing.draw_first_line

    @wraps(draw)
    def draw_first_line(stream: Any, textbox: Any, *more: Any) -> Any:
        if _ACCENTS.search(textbox.pango_layout.text):
            # Drawing sets this mode, too: where it changes, Pango forgets its lines.
            drawing.pango.pango_layout_set_single_paragraph_mode(textbox.pango_layout.layout, True)
            line, _ = textbox.pango_layout.get_first_line()
            run = line.runs[0]
            while run != drawing.ffi.NULL:
                font, size = stream.add_font(run.data.item.analysis.font)
                face = getattr(font, "face", None)
                if face is not None and face.face in FACES:
                    shaped = run.data.glyphs
                    _place(drawing, face, shaped.glyphs[0 : shaped.num_glyphs], size)
                run = run.next
        return draw(stream, textbox, *more)

    drawing.draw_first_line = draw_first_line


def _place(drawing: Any, face: Typeface, glyphs: Any, size: float) -> None:
    """Move the accents of a run, of a size in pixels, above and below the letters before them."""
    for letter, accent in pairwise(glyphs):
        moved, spacing = accent.geometry, _SPACING * size / drawing.FROM_UNITS
        if max(abs(moved.width), abs(moved.x_offset)) > spacing or not letter.geometry.width:
            continue  # the font places it, or it is no accent
        side = combining(face.character(accent.glyph) or " ")
        if side in (_ABOVE, _BELOW):
            right, up = _shift(face, letter.glyph, accent.glyph, is_above=side == _ABOVE)
            right -= letter.geometry.width * drawing.FROM_UNITS / size
            # WeasyPrint divides both by a thousand.
            moved.x_offset, moved.y_offset = round(right * size * 1000), round(-up * size * 1000)


def _shift(face: Typeface, letter: int, accent: int, *, is_above: bool) -> tuple[float, float]:
    """Return how far an accent moves, to the right of where its letter begins, and up, in ems."""
    font, em = face.font, face.font.face.upem
    below, sign = font.get_glyph_extents(letter), font.get_glyph_extents(accent)
    flat = font.get_glyph_extents(font.get_nominal_glyph(ord("x")) or letter)
    if below is None or sign is None or flat is None:
        return 0.0, 0.0
    middle = below.x_bearing + below.width / 2
    if face.face.is_italic:
        middle += _SLANT * (sign.y_bearing + sign.height / 2 - below.y_bearing - below.height / 2)
    right = (middle - sign.x_bearing - sign.width / 2) / em
    up = (
        (below.y_bearing - flat.y_bearing) / em
        if is_above
        else (below.y_bearing + below.height - flat.y_bearing - flat.height) / em
    )
    is_needed = up > _FLAT if is_above else up < -_FLAT
    return right, up if is_needed else 0.0
