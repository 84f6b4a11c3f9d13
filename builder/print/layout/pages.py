"""Make-up: turns laid-out pieces into pages. `columns` chooses the column of each piece.

Everything else on a page (header, running head, footer) is HTML.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from math import ceil

from builder.anki.note import Deck, Subdeck
from builder.checks.making_codes import TOO_TALL, WIDE_TABLE
from builder.design.language import direction
from builder.diagnostics import Diagnostic, once_a_file
from builder.print.engine.html import PIXEL
from builder.print.engine.press import LaidOut, Page, Press
from builder.print.layout.columns import Atom, DoesNotFit, balance, fill, gaps
from builder.print.layout.contents_and_index import contents
from builder.print.layout.divide import parts_that_fit
from builder.print.layout.split import Above, Piece
from builder.print.layout.tables import LISTED

_LESS = 1.0
"""Pixels by which columns count as shorter, because sums of heights are rounded."""
_TRIES = 9
"""Maximum tries to make up the contents: their length depends a little on the page numbers in them."""
_SAMPLE = 20
"""Number of entries that are laid out to estimate the height of the contents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """A page, in millimetres."""

    width: float
    height: float
    beside: float
    """Margins: left and right, then top and bottom."""
    above: float
    below: float
    gutter: float = 0
    columns: int = 1
    most_gap: float
    """Maximum space to add above a question so that a page's columns end at one height, in column heights."""

    continued: float = 0
    """Distance of the note above a column that continues a question; 0 if there is no such note."""
    is_ruled: bool = False
    """True if a rule is drawn between two questions."""
    rule: float = 0
    """Space between two questions, and between chapters (`space`)."""
    space: float = 0
    carried: float = 0
    """Minimum height of a part that is carried over to another column."""

    @property
    def column(self) -> float:
        """Width of a column."""
        return (self.width - 2 * self.beside - (self.columns - 1) * self.gutter) / self.columns

    @property
    def room(self) -> float:
        """Height of a column."""
        return self.height - self.above - self.below

    @property
    def css(self) -> str:
        """CSS of the page."""
        return (
            f"@page {{ size: {self.width}mm {self.height}mm;"
            f" margin: {self.above}mm {self.beside}mm {self.below}mm }}"
            f".page {{ height: {self.room:.3f}mm }}"
        )


Cut = Callable[[Subdeck, frozenset[str]], Iterable[Piece]]
"""Cuts a chapter into pieces, and questions with some ids as finely as possible."""


@dataclass(frozen=True, slots=True)
class Part:
    """Pages in sequence: the contents, the questions, the index."""

    pieces: Sequence[Piece]
    columns: Sequence[Sequence[tuple[int, LaidOut, float]]]
    """Pieces of each column: index, layout, and distance from the top in pixels."""
    per_page: int
    name: str
    """Text of the running heads, instead of the page's first and last question."""
    header: str
    """HTML at the top of the first page."""
    header_height: float

    @property
    def pages(self) -> int:
        """Number of pages."""
        return -(-len(self.columns) // self.per_page)

    def starts(self) -> dict[str, int]:
        """Return the page of this part, from 1, on which each question begins."""
        return {
            self.pieces[piece].of: column // self.per_page + 1
            for column, pieces in enumerate(self.columns)
            for piece, _, _ in pieces
            if self.pieces[piece].is_start
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Makeup:
    """Makes up pages of one geometry."""

    press: Press
    geometry: Geometry
    cut: Cut
    output: str
    """Name of the output in messages: `cheat-sheet`."""
    _divided: set[str] = field(default_factory=set)
    """Ids of questions with a part that was too tall."""
    _listed: set[str] = field(default_factory=set)
    """Ids of questions with a table that was too wide."""

    def lay_out(self, subdecks: Sequence[Subdeck], others: Sequence[Piece] = ()) -> None:
        """Lay out all pieces of chapters, and others, at once, which is faster than separately."""
        pieces = [piece for subdeck in subdecks for piece in self.cut(subdeck, frozenset())]
        notes = {note.id: note for subdeck in subdecks for note in subdeck.notes}
        places = {piece.html: (notes[piece.of].location, piece.of) for piece in pieces if piece.of in notes}
        self.press.lay_out([piece.html for piece in (*pieces, *others)], self.geometry.column, places)

    def chapters(self, subdecks: Sequence[Subdeck], header: str) -> Part:
        """Make up chapters; a question that fits in no column is cut as finely as possible, then divided."""
        finest: frozenset[str] = frozenset()
        while True:
            pieces = [piece for subdeck in subdecks for piece in self.cut(subdeck, finest)]
            self._listed.update(piece.of for piece in pieces if LISTED in piece.html)
            tall = {piece.of for piece in self._too_tall(pieces)} - finest
            if not tall:
                fitted = self._fit(pieces)
                try:
                    return self._place(fitted, "", header, self.geometry.most_gap)
                except DoesNotFit as error:
                    tall = {fitted[error.index].of}
                    if tall <= finest:
                        return self.part(fitted, "", header, self.geometry.most_gap)
            finest |= tall

    @property
    def _room(self) -> float:
        """Maximum height of the pieces of a column, in pixels."""
        return self.geometry.room / PIXEL - _LESS

    @property
    def _above(self) -> Mapping[Above, float]:
        return {"": 0.0, "rule": self.geometry.rule / PIXEL, "space": self.geometry.space / PIXEL}

    def _too_tall(self, pieces: Sequence[Piece]) -> list[Piece]:
        laid_out = self.press.lay_out([piece.html for piece in pieces], self.geometry.column)
        return [
            piece
            for piece, found in zip(pieces, laid_out, strict=True)
            if found.height > self._room - self._above[piece.above]
        ]

    def _fit(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Return pieces, those taller than a column divided."""
        tall = self._too_tall(pieces)
        limits = {piece.html: self._room - self._above["space"] for piece in tall}
        return self._divide(pieces, limits) if tall else list(pieces)

    def _divide(self, pieces: Sequence[Piece], limits: Mapping[str, float]) -> list[Piece]:
        """Divide some pieces, by their HTML, into parts no taller than a limit, in pixels."""
        parts = parts_that_fit(self.press, limits, self.geometry.column, {})
        divided: list[Piece] = []
        for piece in pieces:
            if piece.html not in limits:
                divided.append(piece)
                continue
            self._divided.add(piece.of)
            divided += (
                replace(
                    piece,
                    html=part.html,
                    is_start=piece.is_start and (index == 0 or not piece.number),
                    above=piece.above if index == 0 else "",
                )
                for index, part in enumerate(parts[piece.html])
            )
        return divided

    def findings(self, subdecks: Sequence[Subdeck]) -> list[Diagnostic]:
        """Return findings about the make-up of chapters."""
        notes = [note for subdeck in subdecks for note in subdeck.notes]
        tall = (
            TOO_TALL.at(
                note.location,
                f"a block is taller than a column of the {self.output}: it is split or set smaller",
                "split it, or put '<!-- more -->' before it",
            )
            for note in notes
            if note.id in self._divided
        )
        wide = (
            WIDE_TABLE.at(
                note.location,
                f"a table is wider than a column of the {self.output}: it is printed row by row",
                "leave out columns, or make two tables",
            )
            for note in notes
            if note.id in self._listed
        )
        return [*once_a_file(tall, "other question"), *once_a_file(wide, "other question")]

    def contents(self, deck: Deck, questions: Sequence[Part], header: str) -> Part:
        """Make up the contents, which come before the questions; page numbers count them, too."""
        before = self._pages_of_contents(deck, header)
        for _ in range(_TRIES):
            starts: dict[str, int] = {}
            first = before
            for part in questions:
                starts |= {id_: first + page for id_, page in part.starts().items()}
                first += part.pages
            made = self.part(list(contents(deck, starts)), deck.settings.labels.contents, header)
            if made.pages == before:
                return made
            before = made.pages
        return made

    def _pages_of_contents(self, deck: Deck, header: str) -> int:
        """Estimate the number of pages of the contents from their first entries."""
        pieces = list(contents(deck, defaultdict(lambda: 10)))
        sample = self.press.lay_out([piece.html for piece in pieces[:_SAMPLE]], self.geometry.column)
        height = sum(piece.height for piece in sample) / len(sample) * len(pieces)
        columns = self.geometry.columns
        return ceil((height + columns * self._height(header)) / (columns * self.geometry.room / PIXEL))

    def part(self, pieces: Sequence[Piece], name: str, header: str = "", most_gap: float = 0) -> Part:
        """Make up pieces; those that fit in no column are divided."""
        fitted = self._fit(pieces)
        while True:
            try:
                return self._place(fitted, name, header, most_gap)
            except DoesNotFit as error:
                piece = fitted[error.index]
                limit = self._room - self._height(header) - self._above[piece.above]
                fitted = self._divide(fitted, {piece.html: limit})

    def _place(self, pieces: Sequence[Piece], name: str, header: str, most_gap: float) -> Part:
        """Place pieces without dividing any. Raises `DoesNotFit`."""
        geometry = self.geometry
        laid_out = self.press.lay_out([piece.html for piece in pieces], geometry.column)
        header_height = self._height(header)
        room, above = self._room, self._above
        atoms = self._atoms(pieces, laid_out)

        per_page = geometry.columns
        below_header = room - header_height
        ranges = fill(atoms, room, [below_header] * per_page if header else ())
        ranges = balance(atoms, ranges, room if len(ranges) > per_page else below_header, per_page)
        spaces = gaps(atoms, ranges, per_page, room, most_gap)
        columns: list[list[tuple[int, LaidOut, float]]] = []
        for column, space in zip(ranges, spaces, strict=True):
            top = 0.0
            columns.append([])
            for index in column:
                if index != column.start:
                    top += above[pieces[index].above] + (space if pieces[index].is_start else 0)
                columns[-1].append((index, laid_out[index], top))
                top += laid_out[index].height
        return Part(pieces, columns, per_page, name, header, header_height)

    def _atoms(self, pieces: Sequence[Piece], laid_out: Sequence[LaidOut]) -> list[Atom]:
        above, rest = self._above, 0.0
        atoms: list[Atom] = []
        for piece, found in zip(reversed(pieces), reversed(laid_out), strict=True):
            rest += found.height
            is_little = not piece.is_start and rest * PIXEL < self.geometry.carried
            height = above[piece.above] + found.height
            atoms.append(Atom(height, piece.is_start, piece.is_amid, is_little))
            rest = 0 if piece.is_start else rest
        return atoms[::-1]

    def _height(self, header: str) -> float:
        if not header:
            return 0
        (piece,) = self.press.lay_out([header], self.geometry.width - 2 * self.geometry.beside)
        return piece.height

    def pages(self, parts: Sequence[Part]) -> list[Page]:
        """Return the pages of all parts."""
        notes = dict.fromkeys(
            note
            for part in parts
            for column in range(len(part.columns))
            if self.geometry.continued and (note := self._continued(part, column))
        )
        continued = dict(zip(notes, self.press.lay_out(list(notes), self.geometry.column), strict=True))
        return [
            self._page(part, page * part.per_page, continued) for part in parts for page in range(part.pages)
        ]

    def _page(self, part: Part, first: int, notes: dict[str, LaidOut]) -> Page:
        columns = range(first, min(first + part.per_page, len(part.columns)))
        step = (self.geometry.column + self.geometry.gutter) / PIXEL
        below = part.header_height if first == 0 else 0
        placed: list[tuple[LaidOut, float, float]] = []
        rules: list[str] = []
        is_rtl = direction(self.press.design.settings.language) == "rtl"
        for place, column in enumerate(columns):
            left = (part.per_page - 1 - place if is_rtl else place) * step
            if note := notes.get(self._continued(part, column)):
                above = self.geometry.continued * self.press.design.settings.print.scale / PIXEL
                placed.append((note, left, below - above))
            placed += [(piece, left, below + top) for _, piece, top in part.columns[column]]
            rules += [
                self._rule(left, below + top)
                for index, _, top in part.columns[column][1:]
                if self.geometry.is_ruled and part.pieces[index].above == "rule"
            ]
        shown = [part.pieces[index] for column in columns for index, _, _ in part.columns[column]]
        numbers = dict.fromkeys(piece.number for piece in (shown[0], shown[-1]))
        header = part.header if first == 0 else ""
        title = self.press.design.settings.title
        heads = {"range": part.name or " – ".join(numbers), "chapter": shown[0].chapter or title}
        data = "".join(f' data-{key}="{escape(value)}"' for key, value in heads.items())
        return Page(f'<div class="page"{data}>{header}{"".join(rules)}', placed)

    def _rule(self, left: float, top: float) -> str:
        """Draw the rule above a question, whose top is given in pixels."""
        geometry = self.geometry
        top -= geometry.rule / 2 / PIXEL
        place = f"left: {left:.3f}px; top: {top:.3f}px; width: {geometry.column:.3f}mm"
        return f'<div class="rule" style="{place}"></div>'

    def _continued(self, part: Part, column: int) -> str:
        """Return the note above a column that begins within a question."""
        pieces = part.columns[column]
        if not pieces or part.pieces[pieces[0][0]].is_start:
            return ""
        label = escape(self.press.design.settings.labels.continued)
        return f'<div class="continued">{part.pieces[pieces[0][0]].number} {label}</div>'
