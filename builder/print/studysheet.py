"""The study sheet: every question up to its `<!-- more -->`, in columns, on paper.

If it takes more than one page, contents come before it and an index after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path

from builder.anki.note import Deck
from builder.anki.release import Release
from builder.corpus.model import Settings
from builder.corpus.papers import PAPERS
from builder.design.templates import fill_in
from builder.diagnostics import Diagnostic
from builder.print.engine.choose import choose_press
from builder.print.engine.deck_design import design_of
from builder.print.engine.html import POINT, code_size, imprint, words_of_header
from builder.print.engine.press import MakePress, OnPiece
from builder.print.layout.contents_and_index import index
from builder.print.layout.pages import Geometry, Makeup
from builder.print.layout.split import cut
from builder.print.layout.tables import TableRoom
from builder.print.selection import need_questions
from builder.runtime.cache import Cache

CHARACTERS = 68
"""Characters of a line of code in a column, on any paper."""
_LARGEST_CODE = 6.2
"""Maximum size of code in points, even if a column is wide enough for more."""
_TABLE, _SMALLEST_TABLE = 6.75, 5.25
"""Size of text in tables, in points (see print.css), and minimum size, for a table that is too wide."""
_MOST_GAP = 0.03
_CARRIED = 6 * 1.37 * 7.5 * POINT
"""Height of six lines, in millimetres: see print.css."""


def write(
    deck: Deck,
    css: str,
    release: Release,
    path: Path,
    cache: Cache,
    on_piece: OnPiece,
    make_press: MakePress = choose_press,
) -> tuple[int, Sequence[Diagnostic]]:
    """Write the sheet to `path`; return its number of pages, and findings.

    Raises `BuildError` if no question is selected.
    """
    need_questions(deck)
    settings = deck.settings
    geometry = _geometry(settings)
    code = min(code_size(geometry.column, CHARACTERS), _LARGEST_CODE)
    style = f".code {{ font-size: {code:.3f}pt }}"
    design = design_of(deck, css, style=style, page=geometry.css)
    press = make_press(design=design, cache=cache, on_piece=on_piece)
    tables = TableRoom(geometry.column, size=_TABLE, least=_SMALLEST_TABLE, language=settings.language)
    makeup = Makeup(
        press=press,
        geometry=geometry,
        cut=partial(cut, tables=tables, labels=settings.labels),
        output="study sheet",
    )
    header = fill_in("sheet-header", **words_of_header(settings))
    names = list(index(deck))
    makeup.lay_out(deck.subdecks, names)
    parts = [makeup.chapters(deck.subdecks, header)]
    if parts[0].pages > 1:
        questions = makeup.chapters(deck.subdecks, "")
        parts = [
            makeup.contents(deck, [questions], header),
            questions,
            makeup.part(names, settings.labels.names),
        ]
    pages = makeup.pages(parts)
    before = f'<p class="imprint">{escape(imprint(settings, release))}</p>'
    press.print(pages, path, before=before, origin=(geometry.beside, geometry.above))
    return len(pages), makeup.findings(deck.subdecks)


def _geometry(settings: Settings) -> Geometry:
    """Return the page's geometry: three columns on landscape paper, or two on portrait."""
    upright = PAPERS[settings.print.paper]
    columns = settings.print.columns
    width, height = upright if columns == 2 else upright[::-1]
    return Geometry(
        width=width,
        height=height,
        beside=7,
        above=12,
        below=10,
        gutter=4,
        columns=columns,
        most_gap=_MOST_GAP,
        continued=2.9,
        is_ruled=True,
        rule=2.55,
        space=3.2,
        carried=_CARRIED,
    )
