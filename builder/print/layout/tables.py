"""Fits tables without breaking words: with smaller text, with code broken anywhere, or row by row.

The fonts give the widths of words, so WeasyPrint need not lay them out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import unescape
from math import floor
from unicodedata import east_asian_width

from builder.design.fonts import typeface
from builder.design.language import Punctuation, punctuation
from builder.print.engine.html import POINT
from builder.print.engine.korean import HANGUL, LONGEST
from builder.text import THAI_AND_NEIGHBOURS

_TABLE = re.compile(r'<div class="table"><table>(.*?)</table></div>', re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
_CODE_OR_TEXT = re.compile(r"<code\b[^>]*>(.*?)</code>|((?:(?!<code\b).)+)", re.DOTALL)
_TAGS = re.compile(r"<[^>]+>")
_FORMULA = re.compile(r'<img class="formula"[^>]*style="width: ([\d.]+)em')
_BREAK = re.compile(r"\s+|(?<=\w-)(?=\w)")
"""Place where a line may break: at white space, or after a hyphen within a word."""
_WITHOUT_SPACES = re.compile(f"[{THAI_AND_NEIGHBOURS}\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]")
"""A character beside which a line may break without a space: Thai and its neighbours, Chinese, Japanese and
Korean."""
_ADDRESS = 24
"""Characters above which a word may be broken anywhere: it is probably an address."""
_LONG = re.compile(rf"(<code\b.*?</code>|<[^>]*>)|([^\s<]{{{_ADDRESS + 1},}})", re.DOTALL)
_CODE = 6
"""Minimum characters of code that stay together if it is broken anywhere."""
_SHORT = re.compile(rf"<(t[hd]\b[^>]*)>([^<\s]{{2,{_CODE}}})(?=</t[hd]>)")
"""A cell with one short word."""
_CODE_SIZE, _SPARE = 0.9, 1.02
"""Size of code, relative to the text beside it; and a factor for widths, so that rounding breaks no word."""
_LITTLE_SMALLER = 0.85
"""Minimum size of text before its code is broken, as a share of the usual size."""
_GAP, _NARROW_GAP = 2.0, 1.2
"""Space between two columns of a table, usual and reduced, in millimetres: see print.css."""
LISTED = '<ul class="rows">'
"""Opening tag of a table that is printed row by row, as a list."""


@dataclass(frozen=True, slots=True)
class TableRoom:
    """Room for a table: its width, and the sizes that its text may have."""

    width: float
    """In millimetres."""
    size: float
    """Usual size of its text, in points."""
    least: float
    """Minimum size of its text, in points."""
    language: str = "en"

    def inside(self, share: float) -> TableRoom:
        """Return the room within a list or a quotation."""
        return replace(self, width=self.width * share)

    def speaking(self, language: str) -> TableRoom:
        """Return the room for a table in another language; the same room if it is empty."""
        return replace(self, language=language) if language else self


def fit_tables(html: str, room: TableRoom) -> str:
    """Return HTML with its tables fitted to a width, with as few changes as possible."""
    if '<div class="table">' not in html:
        return html
    is_alone = html.startswith('<div class="table">')
    inside = room if is_alone else room.inside(0.85)
    html = _TABLE.sub(lambda table: _fitted(table[0], table[1], inside), html)
    return html if html.isascii() else _SHORT.sub(_kept_whole, html)


def _kept_whole(cell: re.Match[str]) -> str:
    """Return a cell whose short word stays on one line: a column of Chinese could be a character wide."""
    return f'<{cell[1]} class="glued">{cell[2]}' if _WITHOUT_SPACES.search(cell[2]) else cell[0]


def _fitted(whole: str, inner: str, room: TableRoom) -> str:
    rows = [[cell[2] for cell in _CELL.finditer(row)] for row in _ROW.findall(inner)]
    columns = max(map(len, rows), default=0)
    whole_words, others = (_width(rows, columns, is_broken=is_broken) for is_broken in (False, True))
    if whole_words * room.size + columns * _GAP <= room.width:
        return whole
    left = room.width - columns * _NARROW_GAP
    if whole_words * _LITTLE_SMALLER * room.size <= left:
        return _wide(inner, left / whole_words, room)
    if others * room.least <= left:
        return _wide(_LONG.sub(_address, inner), left / others, room)
    return _row_by_row(rows, punctuation(room.language))


def _wide(inner: str, size: float, room: TableRoom) -> str:
    """Return a table with reduced space between its columns, and text as large as fits."""
    size = floor(max(min(size, room.size), room.least) * 10) / 10
    style = f' style="font-size: {size:.1f}pt"' if size < room.size else ""
    return f'<div class="table wide"><table{style}>{inner}</table></div>'


def _address(found: re.Match[str]) -> str:
    return found[1] or f'<span class="address">{found[2]}</span>'


def _row_by_row(rows: Sequence[Sequence[str]], signs: Punctuation) -> str:
    """Return a table as a list of rows: each cell follows its column's head."""
    heads, *others = rows
    items = (
        signs.semicolon.join(
            f"<b>{head}</b>{signs.colon}{cell}" if head else cell
            for head, cell in zip(heads, row, strict=False)
            if cell
        )
        for row in others or [heads]
    )
    return LISTED + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _width(rows: Sequence[Sequence[str]], columns: int, *, is_broken: bool) -> float:
    """Return the widths of columns without broken words, in millimetres per point; code may be broken."""
    widest = [
        max((_cell_width(row[column], is_broken=is_broken) for row in rows if column < len(row)), default=0.0)
        for column in range(columns)
    ]
    return sum(widest) * POINT * _SPARE


@lru_cache(maxsize=4096)
def _cell_width(html: str, *, is_broken: bool) -> float:
    """Return the width of a cell's widest word, relative to the size of text."""
    found = [float(width) for width in _FORMULA.findall(html)]
    for code, text in _CODE_OR_TEXT.findall(html):
        for word in _BREAK.split(unescape(_TAGS.sub("", code or text))):
            may_break = _WITHOUT_SPACES.search(word) or (is_broken and (code or len(word) > _ADDRESS))
            shown = word[: LONGEST if HANGUL.search(word) else _CODE] if may_break else word
            face = "JetBrains-Mono" if code else "Inter-Semi-Bold"
            found.append(_advance(shown, face) * (_CODE_SIZE if code else 1))
    return max(found, default=0.0)


def _advance(word: str, name: str) -> float:
    """Return the width of a word in a face, relative to the size of text."""
    face, other = typeface(name), typeface("JetBrains-Mono")
    assert face is not None
    assert other is not None
    total = 0
    for character in word:
        of = face if character in face.glyphs else other
        is_wide = not character.isascii() and east_asian_width(character) in "WF"
        total += 1000 if is_wide else of.width(int(of.glyphs.get(character, "0000"), 16)) or 0
    return total / 1000


def line_width(html: str, size: float, face: str = "Inter-Semi-Bold") -> float:
    """Return the width of HTML on one line, in millimetres, for a text size in points; code is as large."""
    total = 0.0
    for code, text in _CODE_OR_TEXT.findall(html):
        shown = unescape(_TAGS.sub("", code or text))
        total += _advance(shown, "JetBrains-Mono" if code else face)
    return total * size * POINT
