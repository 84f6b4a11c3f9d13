"""The cheat-sheet: every question up to its `<!-- more -->`, in columns, on paper.

Its pieces are measured in one long column, packed by `columns`, and placed. Contents come before it and an
index after it where it takes more than one page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path

from builder.diagnostics import BuildError
from builder.imposition import PAPERS
from builder.model import Deck, Settings, Subdeck
from builder.outputs.columns import Atom, DoesNotFit, balance, fill, gaps
from builder.outputs.matter import contents, index
from builder.outputs.paper import as_tall, code_size, document, imprint
from builder.outputs.pdf import Layout, Press
from builder.outputs.pieces import Piece, cut
from builder.outputs.templates import fill_in
from builder.package import Release

CHARACTERS = 68
"""How many characters of code stand in a column, on any paper."""
_MARGIN, _GUTTER, _HEAD, _FOOT = 7, 4, 12, 10
"""Of a page: beside, between and above the columns, and below them, in millimetres."""
_LARGEST_CODE = 6.2
"""In points, where a column is wide enough for more."""
_LESS = 10.0
"""How much less tall a piece may be at the head of a column, where it has no margin above: not a line."""
_MOST_GAP = 0.14
"""How far, in heights of a column, questions may be moved apart for a page's columns to end alike."""


def write(deck: Deck, css: str, release: Release, path: Path, on_page: Callable[[int], None]) -> int:
    """Write the sheet to `path` and return its number of pages.

    Raises `BuildError` for a question of which a part is taller than a column, however it is cut.
    """
    on_page(0)  # measuring takes as long as a page or two
    sheet = _Sheet(deck, imprint(deck.settings, release), Press.with_style(css, deck.media))
    chapters = [sheet.measure(subdeck) for subdeck in deck.subdecks]
    parts = [sheet.fill(chapters, has_header=True)]
    if parts[0].pages > 1:
        questions = sheet.fill(chapters, has_header=False)
        # How many pages the contents take depends on their number, and not on the numbers in them.
        before = sheet.fill_all(contents(deck, dict.fromkeys(questions.starts(), 100)), "Contents").pages
        pages = {id_: before + page for id_, page in questions.starts().items()}
        parts = [sheet.fill_all(contents(deck, pages), "Contents"), questions]
        parts += [sheet.fill_all(index(deck), "Index", has_header=False)]
    layout = sheet.press.lay_out(sheet.placed(parts), on_page)
    for number, part in enumerate(parts):
        _assert_whole(layout, part, number)
    layout.write(path)
    return layout.pages


@dataclass(frozen=True, slots=True)
class _Measured:
    """Pieces, and how tall they are, in CSS pixels."""

    pieces: Sequence[Piece]
    heights: Sequence[float]
    first_height: float
    """A column's height on a page with the header."""
    other_height: float
    subdeck: Subdeck | None = None
    finest: frozenset[str] = frozenset()
    """What had to be cut as fine as can be."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Pages that follow each other: the contents, the questions, the index."""

    pieces: Sequence[Piece]
    atoms: Sequence[Atom]
    columns: Sequence[range]
    """The pieces in each."""
    spaces: Sequence[float]
    """What is added above each question but the first of a column."""
    per_page: int
    has_header: bool
    name: str
    """What the page's head says instead of its first and last question."""

    @property
    def pages(self) -> int:
        return -(-len(self.columns) // self.per_page)

    def starts(self) -> dict[str, int]:
        """Return on which of its pages, from 1, each question begins."""
        return {
            self.pieces[piece].of: column // self.per_page + 1
            for column, pieces in enumerate(self.columns)
            for piece in pieces
            if self.pieces[piece].is_start
        }


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What all pages have in common."""

    deck: Deck
    imprint: str
    press: Press

    @property
    def per_page(self) -> int:
        """How many columns a page has."""
        return self.deck.settings.print.columns

    def measure(self, subdeck: Subdeck, finest: frozenset[str] = frozenset()) -> _Measured:
        """Measure a chapter."""
        return self.measure_all(list(cut(subdeck, finest)), subdeck, finest)

    def measure_all(
        self, pieces: Sequence[Piece], subdeck: Subdeck | None = None, finest: frozenset[str] = frozenset()
    ) -> _Measured:
        """Measure pieces: one column with all of them, and the marks of a real page's height."""
        # None of them is the column's first, which has no margin above: elsewhere it would be taller.
        column = '<div class="piece"></div>'
        column += "".join(_placed_piece(piece, f"_{number}") for number, piece in enumerate(pieces))
        column = as_tall(column, CHARACTERS)
        page = (
            f'<div class="page" id="_top">{self.header()}<div id="_under-header"></div>'
            f'<div class="columns"><div class="column" style="left: 0">{column}</div></div>'
            '<div id="_foot"></div></div>'
        )
        places = self.press.lay_out(self.document("measured", page)).places()
        foot = places["_foot"].top
        # A hair less, so that what fits by the sum of its heights fits when they are added up otherwise.
        first, other = (foot - places[name].top - 1 for name in ("_under-header", "_top"))
        heights = [places[f"_{number}"].height for number in range(len(pieces))]
        return _Measured(pieces, heights, first, other, subdeck, finest)

    def fill_all(self, pieces: Iterable[Piece], name: str, *, has_header: bool = True) -> _Part:
        """Choose the columns of what is not cut."""
        return self.fill([self.measure_all(list(pieces))], name, has_header=has_header)

    def fill(self, measured: Sequence[_Measured], name: str = "", *, has_header: bool) -> _Part:
        """Choose the pieces of each column; a question that fits in none is cut as fine as can be."""
        measured = list(measured)
        while True:
            pieces = [piece for each in measured for piece in each.pieces]
            atoms = [
                Atom(height, piece.is_start, piece.is_amid)
                for each in measured
                for piece, height in zip(each.pieces, each.heights, strict=True)
            ]
            first = measured[0].first_height if has_header else measured[0].other_height
            height = partial(_column_height, self.per_page, first, measured[0].other_height)
            try:
                columns = balance(atoms, fill(atoms, height), height, self.per_page)
            except DoesNotFit as error:
                piece = pieces[error.index]
                measured = [self.finer(each, piece) if piece in each.pieces else each for each in measured]
                continue
            most = 0 if name else _MOST_GAP * measured[0].other_height
            spaces = gaps(atoms, columns, self.per_page, most)
            return _Part(pieces, atoms, columns, spaces, self.per_page, has_header, name)

    def finer(self, measured: _Measured, piece: Piece) -> _Measured:
        """Measure a chapter again, with what a piece is of cut as fine as can be."""
        if not measured.subdeck or piece.of in measured.finest:
            raise BuildError(
                f"{piece.number}, {piece.of!r}, has a part that is taller than a column of the sheet:"
                " divide it, or put '<!-- more -->' before it"
            )
        return self.measure(measured.subdeck, measured.finest | {piece.of})

    def placed(self, parts: Sequence[_Part]) -> str:
        """Return the document: all pages of all parts, each with its columns."""
        pages = (
            self.page(part, number, first)
            for number, part in enumerate(parts)
            for first in range(0, len(part.columns), part.per_page)
        )
        return self.document("", "".join(pages))

    def page(self, part: _Part, number: int, first: int) -> str:
        columns = range(first, min(first + part.per_page, len(part.columns)))
        ends = (part.columns[columns[0]].start, part.columns[columns[-1]].stop - 1)
        range_ = " – ".join(dict.fromkeys(part.pieces[end].number for end in ends))
        head = self.header() if part.has_header and first == 0 else ""
        step = _geometry(self.deck.settings)[2] + _GUTTER
        html = (_column(part, number, column, place * step) for place, column in enumerate(columns))
        return (
            f'<div class="page" data-range="{part.name or range_}">{head}'
            f'<div class="columns">{"".join(html)}</div></div>'
        )

    def header(self) -> str:
        settings = self.deck.settings
        return fill_in("sheet-header", title=escape(settings.title), description=escape(settings.description))

    def document(self, purpose: str, pages: str) -> str:
        settings = self.deck.settings
        width, height, column = _geometry(settings)
        code = min(code_size(column, CHARACTERS), _LARGEST_CODE)
        page = (
            f"@page {{ size: {width}mm {height}mm; margin: {_HEAD}mm {_MARGIN}mm {_FOOT}mm }}"
            f"@page measured {{ size: {width}mm 1000000mm }}"
            f".page {{ height: {height - _HEAD - _FOOT:.3f}mm }}"
            f".column {{ width: {column:.3f}mm }} .code {{ font-size: {code:.3f}pt }}"
        )
        body = f'<p class="imprint">{escape(self.imprint)}</p>\n{pages}'
        return document(settings, body, style=page, name=purpose)


def _geometry(settings: Settings) -> tuple[float, float, float]:
    """Return a page's width and height, and a column's width, in millimetres."""
    upright = PAPERS[settings.print.paper]
    columns = settings.print.columns
    width, height = upright if columns == 2 else upright[::-1]
    return width, height, (width - 2 * _MARGIN - (columns - 1) * _GUTTER) / columns


def _column_height(per_page: int, first: float, other: float, column: int) -> float:
    return first if column < per_page else other


def _name(part: int, piece: int) -> str:
    # No id of a question begins with a line.
    return f"_{part}-{piece}"


def _placed_piece(piece: Piece, name: str, space: float = 0) -> str:
    style = f' style="margin-top: {space:.2f}px"' if space else ""
    return f'<div class="piece" id="{name}"{style}>{piece.html}</div>\n'


def _column(part: _Part, number: int, column: int, left: float) -> str:
    pieces = part.columns[column]
    html = [f'<div class="column" style="left: {left:.3f}mm">']
    if pieces and not part.pieces[pieces.start].is_start:
        html.append(f'<div class="continued">{part.pieces[pieces.start].number} continued</div>')
    for piece in pieces:
        moves = part.pieces[piece].is_start and piece != pieces.start
        space = part.spaces[column] if moves else 0
        html.append(_placed_piece(part.pieces[piece], _name(number, piece), space))
    return "".join((*html, "</div>"))


def _assert_whole(layout: Layout, part: _Part, number: int) -> None:
    """Nothing is silently left out: what is below a page's foot would be."""
    places = layout.places()
    for piece, (content, atom) in enumerate(zip(part.pieces, part.atoms, strict=True)):
        place = places.get(_name(number, piece))
        if place is None or place.height < atom.height - _LESS:
            raise BuildError(
                f"{content.number}, {content.of!r}, did not fit the sheet: this is a fault of cardpress,"
                " please report it"
            )
