"""The cheat-sheet: every question up to its `<!-- more -->`, in columns, on paper.

Its pieces are measured in one long column, packed by `columns`, and placed. Sizes are the style sheet's
alone: it is asked for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from builder.diagnostics import BuildError
from builder.model import Deck, Subdeck
from builder.outputs.columns import Atom, DoesNotFit, balance, fill, gaps
from builder.outputs.pdf import Layout, Press
from builder.outputs.pieces import Piece, cut
from builder.outputs.templates import fill_in

_COLUMNS = ("first", "second", "third")
"""The columns of a page, as the style sheet knows them."""
_LESS = 10.0
"""How much less tall a piece may be at the head of a column, where it has no margin above: not a line."""
_MOST_GAP = 40.0
"""How far, in CSS pixels, questions may be moved apart for a column to end at its foot."""


def write(deck: Deck, css: str, path: Path, on_page: Callable[[int], None]) -> int:
    """Write the sheet to `path` and return its number of pages.

    Raises `BuildError` for a question of which a part is taller than a column, however it is cut.
    """
    on_page(0)  # measuring takes as long as a page or two
    press = Press.with_style(css, deck.media)
    pieces, columns, atoms, height = _fill(deck, press)
    spaces = [gaps(atoms, column, height(number), _MOST_GAP) for number, column in enumerate(columns)]
    layout = press.lay_out(_placed(deck, pieces, columns, spaces), on_page)
    _assert_whole(layout, pieces, atoms)
    layout.write(path)
    return layout.pages


def _fill(deck: Deck, press: Press) -> tuple[list[Piece], list[range], list[Atom], Callable[[int], float]]:
    """Choose the pieces of each column; a question that fits in none is cut as fine as can be."""
    chapters = [_Measured.of(deck, press, subdeck) for subdeck in deck.subdecks]
    while True:
        pieces = [piece for chapter in chapters for piece in chapter.pieces]
        atoms = [
            Atom(height, piece.is_start)
            for chapter in chapters
            for piece, height in zip(chapter.pieces, chapter.heights, strict=True)
        ]
        height: Callable[[int], float] = chapters[0].column_height
        try:
            columns, height = balance(atoms, fill(atoms, height), height, len(_COLUMNS))
            return pieces, columns, atoms, height
        except DoesNotFit as error:
            piece = pieces[error.index]
            for index, chapter in enumerate(chapters):
                if piece in chapter.pieces:
                    chapters[index] = chapter.finer(deck, press, piece)


@dataclass(frozen=True, slots=True)
class _Measured:
    """A chapter's pieces, and how tall they are, in CSS pixels."""

    subdeck: Subdeck
    pieces: Sequence[Piece]
    heights: Sequence[float]
    first_height: float
    """A column's height on the first page, which has a header."""
    other_height: float
    finest: frozenset[str] = frozenset()
    """What had to be cut as fine as can be."""

    @classmethod
    def of(
        cls, deck: Deck, press: Press, subdeck: Subdeck, finest: frozenset[str] = frozenset()
    ) -> _Measured:
        """Measure a chapter."""
        pieces = list(cut(subdeck, finest))
        places = press.lay_out(_measured(deck, pieces)).places()
        foot = places["_foot"].top
        # A hair less, so that what fits by the sum of its heights fits when they are added up otherwise.
        first, other = (foot - places[name].top - 1 for name in ("_under-header", "_top"))
        heights = [places[_name(number)].height for number in range(len(pieces))]
        return cls(subdeck, pieces, heights, first, other, finest)

    def column_height(self, column: int) -> float:
        """Tell a column's height by its number from 0."""
        return self.first_height if column < len(_COLUMNS) else self.other_height

    def finer(self, deck: Deck, press: Press, piece: Piece) -> _Measured:
        """Measure the chapter again, with what a piece is of cut as fine as can be."""
        if piece.of in self.finest:
            raise BuildError(
                f"{piece.number}, {piece.of!r}, has a part that is taller than a column of the sheet:"
                " divide it, or put '<!-- more -->' before it"
            )
        return _Measured.of(deck, press, self.subdeck, self.finest | {piece.of})


def _name(number: int) -> str:
    # No id of a question begins with a line.
    return f"_piece-{number}"


def _placed_piece(pieces: Sequence[Piece], number: int, space: float = 0) -> str:
    style = f' style="margin-top: {space:.2f}px"' if space else ""
    return f'<div class="piece" id="{_name(number)}"{style}>{pieces[number].html}</div>\n'


def _measured(deck: Deck, pieces: Sequence[Piece]) -> str:
    """One column with all pieces on a page that is tall enough, and the marks of a real page's height."""
    # None of them is the column's first, which has no margin above: elsewhere it would be taller.
    column = '<div class="piece"></div>'
    column += "".join(_placed_piece(pieces, number) for number in range(len(pieces)))
    page = (
        f'<div class="page" id="_top">{_header(deck)}<div id="_under-header"></div>'
        f'<div class="columns"><div class="column first">{column}</div></div>'
        '<div id="_foot"></div></div>'
    )
    return _document(deck, "measured", page)


def _placed(deck: Deck, pieces: Sequence[Piece], columns: Sequence[range], spaces: Sequence[float]) -> str:
    """All pages, each with its columns."""
    html: list[str] = []
    for first in range(0, len(columns), len(_COLUMNS)):
        numbers = range(first, min(first + len(_COLUMNS), len(columns)))
        ends = (pieces[columns[numbers[0]].start], pieces[columns[numbers[-1]].stop - 1])
        html += (
            f'<div class="page" data-range="{" – ".join(dict.fromkeys(piece.number for piece in ends))}">',
            _header(deck) if first == 0 else "",
            '<div class="columns">',
            *(
                _column(pieces, columns[number], place, spaces[number])
                for number, place in zip(numbers, _COLUMNS, strict=False)
            ),
            "</div></div>",
        )
    return _document(deck, "", "".join(html))


def _column(pieces: Sequence[Piece], column: range, place: str, space: float) -> str:
    html = [f'<div class="column {place}">']
    if column and not pieces[column.start].is_start:
        html.append(f'<div class="continued">{pieces[column.start].number} continued</div>')
    for number in column:
        moves = pieces[number].is_start and number != column.start
        html.append(_placed_piece(pieces, number, space if moves else 0))
    return "".join((*html, "</div>"))


def _assert_whole(layout: Layout, pieces: Sequence[Piece], atoms: Sequence[Atom]) -> None:
    """Nothing is silently left out: what is below a page's foot would be."""
    places = layout.places()
    for number, (piece, atom) in enumerate(zip(pieces, atoms, strict=True)):
        place = places.get(_name(number))
        if place is None or place.height < atom.height - _LESS:
            raise BuildError(
                f"{piece.number}, {piece.of!r}, did not fit the sheet: this is a fault of cardpress, please"
                " report it"
            )


def _header(deck: Deck) -> str:
    settings = deck.settings
    return fill_in("sheet-header", title=escape(settings.title), description=escape(settings.description))


def _document(deck: Deck, purpose: str, pages: str) -> str:
    settings = deck.settings
    authors = ", ".join(settings.authors)
    return fill_in(
        "sheet",
        language=escape(settings.language),
        title=escape(settings.title),
        authors=escape(authors),
        description=escape(settings.description),
        imprint=escape(" · ".join(filter(None, (authors, settings.licence)))),
        **{"class": f"{settings.print.paper} {purpose}".strip()},
        pages=pages,
    )
