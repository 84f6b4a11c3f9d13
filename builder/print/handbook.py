"""The handbook: every question with its full answer, in one column, for reading."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path

from builder.anki.note import Deck
from builder.anki.release import Release
from builder.corpus.papers import PAPERS
from builder.design.templates import fill_in
from builder.diagnostics import Diagnostic
from builder.print.engine.choose import choose_press
from builder.print.engine.deck_design import design_of
from builder.print.engine.html import code_size, imprint, words_of_header
from builder.print.engine.press import MakePress, OnPiece
from builder.print.layout.pages import Geometry, Makeup
from builder.print.layout.split import cut_whole
from builder.print.layout.tables import TableRoom
from builder.print.selection import need_questions
from builder.runtime.cache import Cache

_TABLE, _SMALLEST_TABLE = 8.64, 6.5
"""Size of text in tables, in points (see print.css), and minimum size, for a table that is too wide."""

_CODE, _CHARACTERS = 7.94, 68
"""Size of code in points (see print.css), and characters of a line that fit in large print."""


def write(
    deck: Deck,
    css: str,
    release: Release,
    path: Path,
    cache: Cache,
    on_piece: OnPiece,
    make_press: MakePress = choose_press,
) -> tuple[int, Sequence[Diagnostic]]:
    """Write the handbook to `path`; return its number of pages, and findings.

    Raises `BuildError` if no question is selected.
    """
    need_questions(deck)
    settings = deck.settings
    width, height = PAPERS[settings.print.paper]
    geometry = Geometry(
        width=width, height=height, beside=22, above=20, below=18, most_gap=0.06, rule=8, space=2.5
    )
    scale, style = settings.print.scale, ""
    if scale > 1:
        code = min(code_size(geometry.column, _CHARACTERS), _CODE * scale)
        style = f".code {{ font-size: {code:.3f}pt }}"
    design = design_of(deck, css, style=style, page=geometry.css)
    press = make_press(design=design, cache=cache, on_piece=on_piece)
    tables = TableRoom(
        geometry.column, size=_TABLE * scale, least=_SMALLEST_TABLE * scale, language=settings.language
    )
    makeup = Makeup(
        press=press,
        geometry=geometry,
        cut=partial(cut_whole, tables=tables, labels=settings.labels),
        output="handbook",
    )
    header = fill_in(
        "handbook-header",
        **words_of_header(settings),
        imprint=escape(imprint(settings, release)),
    )
    makeup.lay_out(deck.subdecks)
    chapters = [makeup.chapters([subdeck], "") for subdeck in deck.subdecks]
    pages = makeup.pages([makeup.contents(deck, chapters, header), *chapters])
    press.print(pages, path, origin=(geometry.beside, geometry.above))
    return len(pages), makeup.findings(deck.subdecks)
