"""The cheat-sheet: the core on both sides of one sheet of paper, with tables for reference.

It has four columns of questions with short answers; the last column of a page has tables of reference.md.
Everything is aligned to a grid of half lines. `fit` chooses where columns end, and how long each answer is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor
from pathlib import Path

from builder.anki.note import Deck, Note, Subdeck, Table
from builder.anki.release import Release
from builder.checks.making_codes import LEFT_OUT
from builder.corpus.labels import ENGLISH
from builder.corpus.model import RANKS, Settings
from builder.corpus.papers import PAPERS
from builder.design.language import attributes_of, direction
from builder.design.templates import fill_in
from builder.diagnostics import Diagnostic
from builder.print.engine.choose import choose_press
from builder.print.engine.deck_design import design_of
from builder.print.engine.html import PIXEL, POINT, for_paper, imprint
from builder.print.engine.press import LaidOut, MakePress, OnPiece, Page, Press
from builder.print.layout.fit import GAP, Variant
from builder.print.layout.sheet import BAR, COLUMNS, Placed, Plan, Question, plan
from builder.print.layout.sheet import Table as TableOnSheet
from builder.print.layout.tables import TableRoom, fit_tables, line_width
from builder.print.selection import Selection, need_questions, select
from builder.print.short_answers import answers, words
from builder.runtime.cache import Cache
from builder.text import count

UNIT = 4.15
"""The unit of the grid, in points: half a line."""
_BESIDE, _ABOVE, _BELOW, _GUTTER = 7.5, 6.0, 6.0, 4.4
"""Margins, and the space between two columns, in millimetres."""
_HEAD = 5
"""Units of the header line above the columns."""
_SHEET = 2
"""Pages of a core: both sides of one sheet."""
_TABLE_SIZE, _TITLE_SIZE, _ABOUT_SIZE = 6.5, 15.0, 6.8
"""Sizes of text in tables, of the title, and of the text beside it, in points: see cheatsheet.css."""
_BAR_SIZE, _BAR_PADDING = 7.0, 10.0
"""Size of text in bars, in points, and the room for their numbers and edges, in millimetres."""
_INDENT = 2.4
"""Space before an answer, in millimetres."""
_KEY_SPARE, _MOST_KEY = 0.2, 0.55
"""Space for rounding beside a table's keys, in millimetres, and their maximum share of a column."""
_COLOURS = 6
"""Number of colours; chapters get them in order."""
_SHORTENED = 1.5
"""Exponent of the loss of an answer: shortening two a little is better than one by twice as much."""
_ROUND = 0.05
"""Tolerance for rounded heights, in units."""

_JOINED = re.compile("[\u0590-\u1cff]")
"""Scripts with joined or clustered letters, which spacing would break."""
_BLOCK, _SPAN = re.compile(r"<pre.*?</pre>", re.DOTALL), re.compile(r"</?span[^>]*>")


@dataclass(frozen=True, slots=True)
class Printed:
    """Result of printing a cheat-sheet."""

    pages: int
    questions: int
    """Number of questions, including those that a table answers."""
    tables: int
    without: Sequence[str]
    """Ids of the tables without room on the sheet."""
    found: Sequence[Diagnostic]


@dataclass(frozen=True, slots=True)
class _Geometry:
    """The paper, in millimetres."""

    width: float
    height: float
    scale: float
    """How many times its usual size text has."""
    is_rtl: bool

    @property
    def unit(self) -> float:
        """Unit of the grid, in points."""
        return UNIT * self.scale

    @property
    def column(self) -> float:
        return (self.width - 2 * _BESIDE - (COLUMNS - 1) * _GUTTER) / COLUMNS

    @property
    def units(self) -> int:
        """Units of a column."""
        return floor((self.height - _ABOVE - _BELOW) / POINT / self.unit) - _HEAD

    @property
    def css(self) -> str:
        room = self.height - _ABOVE - _BELOW
        return (
            f"@page {{ size: {self.width}mm {self.height}mm; margin: {_ABOVE}mm {_BESIDE}mm {_BELOW}mm }}"
            f".page {{ height: {room:.3f}mm }}"
        )

    def start(self, column: int) -> float:
        """Distance of a column from the side on which reading begins."""
        return column * (self.column + _GUTTER)

    def left(self, column: int) -> float:
        """Distance of a column from the left."""
        return self.start(COLUMNS - 1 - column if self.is_rtl else column)


def write(
    deck: Deck,
    css: str,
    release: Release,
    path: Path,
    cache: Cache,
    on_piece: OnPiece,
    make_press: MakePress = choose_press,
) -> Printed:
    """Write the sheet to `path`. Raises `BuildError` if no question is selected."""
    need_questions(deck)
    settings = deck.settings
    core = deck if settings.print.is_of_all else select(deck, Selection(is_core=True), release)
    chosen = core if any(not note.is_drill for _, note in core.notes()) else deck
    is_rtl = direction(settings.language) == "rtl"
    geometry = _Geometry(*PAPERS[settings.print.paper][::-1], settings.print.scale, is_rtl)
    design = design_of(deck, css, page=geometry.css)
    press = make_press(design=design, cache=cache, on_piece=on_piece)
    sheet = _Sheet(press, geometry, chosen, is_mono=settings.print.is_mono)
    is_core = all(each.note.core for each in sheet.entries)
    is_whole = is_core or sum(1 for _ in chosen.notes()) == len(release.notes)
    sheet.add_tables(deck.tables, is_whole=is_whole)
    planned = plan(
        [entry.on_sheet for entry in sheet.entries],
        [table.on_sheet for table in sheet.tables],
        geometry.units,
        settings.print.pages or (_SHEET if is_core and not settings.print.large_print else 0),
    )
    total = sum(not note.is_drill for _, note in deck.notes())
    # A version says when, too, where there is no room for the day.
    imprints = tuple(imprint(settings, release, has_day=has_day) for has_day in (True, not settings.version))
    head = _Head(geometry, settings, imprints, len(planned.questions), total)
    pages = list(_pages(planned, sheet, head))
    press.print(pages, path, origin=(_BESIDE, _ABOVE))
    found = list(_left_out(planned, sheet))
    without = [each.table.id for n, each in enumerate(sheet.tables) if n not in planned.tables]
    return Printed(len(pages), len(planned.questions), len(planned.tables), without, found)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A question with its laid-out answers."""

    note: Note
    chapter: int
    """Index of its chapter."""
    pieces: tuple[LaidOut, ...]
    on_sheet: Question


@dataclass(frozen=True, slots=True)
class _TableEntry:
    table: Table
    piece: LaidOut
    on_sheet: TableOnSheet


@dataclass
class _Sheet:
    """Lays out everything that may be on a sheet."""

    press: Press
    geometry: _Geometry
    deck: Deck
    is_mono: bool
    entries: list[_Entry] = field(default_factory=list)
    tables: list[_TableEntry] = field(default_factory=list)
    bars: list[LaidOut] = field(default_factory=list)
    """Bars of the chapters, by their indices."""

    def __post_init__(self) -> None:
        subdecks = [each for each in self.deck.subdecks if any(not note.is_drill for note in each.notes)]
        self.bars = self.lay_out(
            f'<div class="{self.names("bar", self.colour(n, len(subdecks)))}">'
            f'<h1><span><b class="number">{each.number}</b> {self.title(each)}</span></h1></div>'
            for n, each in enumerate(subdecks)
        )
        found = [
            (note, chapter, self.variants(note, self.colour(chapter, len(subdecks))))
            for chapter, each in enumerate(subdecks)
            for note in each.notes
            if not note.is_drill
        ]
        known = self.laid_out([(note, [html for html, _ in ways]) for note, _, ways in found])
        tight = self.laid_out([(note, [_tight(html) for html, _ in ways]) for note, _, ways in found])
        for note, chapter, ways in found:
            # Letters are set closer if that saves a line, so that fewer lines have a single word.
            pieces = [(min(known[html], tight[_tight(html)], key=self.units), loss) for html, loss in ways]
            able = [
                (piece, Variant(height, loss))
                for piece, loss in pieces
                if (height := self.units(piece)) + BAR + GAP <= self.geometry.units
            ]
            variants = tuple(variant for _, variant in able)
            question = Question(chapter, note.core or len(RANKS) + 1, variants)
            self.entries.append(_Entry(note, chapter, tuple(piece for piece, _ in able), question))

    def laid_out(self, ways: Sequence[tuple[Note, Sequence[str]]]) -> dict[str, LaidOut]:
        """Lay out all variants of questions, one of each at a time, because ids are unique in a document."""
        known: dict[str, LaidOut] = {}
        for number in range(max(len(htmls) for _, htmls in ways)):
            notes = {htmls[number]: note for note, htmls in ways if number < len(htmls)}
            places = {html: (note.location, note.id) for html, note in notes.items()}
            pieces = self.press.lay_out([*places], self.geometry.column, places)
            known |= {piece.html: piece for piece in pieces}
        return known

    def add_tables(self, tables: Sequence[Table], *, is_whole: bool) -> None:
        """Add tables; for a part of a corpus, only those that answer one of its questions."""
        index = {entry.note.id: n for n, entry in enumerate(self.entries)}
        shown = [table for table in tables if is_whole or index.keys() & {*table.answers}]
        numbers = {entry.note.id: entry.note.number for entry in self.entries}
        linked: set[str] = set()
        pieces = self.lay_out(self.table_html(table, numbers, linked) for table in shown)
        for table, piece in zip(shown, pieces, strict=True):
            answered = frozenset(index[id_] for id_ in table.answers if id_ in index)
            on_sheet = TableOnSheet(self.units(piece), table.rank, answered)
            self.tables.append(_TableEntry(table, piece, on_sheet))

    def units(self, piece: LaidOut) -> int:
        """Return the height of a piece in units of the grid."""
        return ceil(piece.height * PIXEL / POINT / self.geometry.unit - _ROUND)

    def lay_out(self, pieces: Iterator[str]) -> list[LaidOut]:
        return self.press.lay_out([*pieces], self.geometry.column)

    def title(self, subdeck: Subdeck) -> str:
        """Return a chapter's title, shortened to the one line of a bar."""
        room = self.geometry.column - _BAR_PADDING
        if line_width(subdeck.title, _BAR_SIZE) <= room:
            return for_paper(subdeck.title)
        return for_paper(escape(shortened(subdeck.words, room, _BAR_SIZE, "Inter-Semi-Bold")))

    def names(self, *names: str) -> str:
        """Return the classes of a piece."""
        return " ".join(filter(None, (*names, "mono" if self.is_mono else "")))

    def colour(self, chapter: int, chapters: int) -> str:
        """Return the class of a chapter's colour; empty in greys."""
        return "" if self.is_mono else f"k{chapter * _COLOURS // max(chapters, _COLOURS)}"

    def variants(self, note: Note, colour: str) -> list[tuple[str, float]]:
        """Return a question with each of its answers, and the loss of each."""
        language = note.language or self.press.design.settings.language
        found = answers(note, language)
        most = max(map(words, found)) or 1
        size = _TABLE_SIZE * self.geometry.scale
        room = TableRoom(self.geometry.column - _INDENT, size, size, language)
        head = (
            f'<h2 id="{note.id}"><b class="number">{escape(note.number)}</b> {note.prompt}</h2>'
            f"{''.join(note.context)}"
        )
        start = f'<div class="{self.names("question", colour)}"{attributes_of(note.language)}>'
        return [
            (
                f"{start}{self.in_ink(fit_tables(for_paper(head + html), room))}</div>",
                (1 - words(html) / most) ** _SHORTENED,
            )
            for html in found
        ]

    def in_ink(self, html: str) -> str:
        """Return HTML, in greys with uncoloured code."""
        return _BLOCK.sub(lambda block: _SPAN.sub("", block[0]), html) if self.is_mono else html

    def table_html(self, table: Table, numbers: Mapping[str, str], linked: set[str]) -> str:
        """Return a table, with the numbers of the questions that it answers, and anchors for links to them.

        A question that is `linked` already gets no second anchor.
        """
        column = self.geometry.column
        answered = [id_ for id_ in dict.fromkeys(table.answers) if id_ in numbers]
        places = "".join(f'<span id="{id_}"></span>' for id_ in answered if id_ not in linked)
        linked.update(answered)
        number = f' <i class="number">{", ".join(numbers[id_] for id_ in answered)}</i>' if answered else ""
        size = _TABLE_SIZE * self.geometry.scale
        widest = max((line_width(key, size) for key, _ in table.rows), default=0)
        key = min(widest + _KEY_SPARE, _MOST_KEY * column)
        rows = "".join(
            f'<tr><th scope="row" style="width: {key:.2f}mm">{name}</th><td>{meaning}</td></tr>'
            for name, meaning in table.rows
        )
        return for_paper(
            f'<div class="{self.names("reference")}">{places}<h1><span>{table.title}{number}</span></h1>'
            f'<div class="small"><table>{rows}</table>{table.note}</div></div>'
        )


def _tight(html: str) -> str:
    """Return a question with closer letters; unchanged if its script may have joined letters."""
    if _JOINED.search(html):
        return html
    return html.replace('<div class="question', '<div class="tight question', 1)


@dataclass(frozen=True, slots=True)
class _Head:
    """The header line above the columns."""

    geometry: _Geometry
    settings: Settings
    imprints: tuple[str, ...]
    """The imprint, and a shorter one."""
    questions: int
    total: int

    def html(self, page: int, pages: int) -> str:
        """Return the header line of a page: its parts begin at columns, and are shortened to fit."""
        geometry, space = self.geometry, 3.0
        size, large = _ABOUT_SIZE * geometry.scale, _TITLE_SIZE * geometry.scale
        title = shortened(self.settings.title, geometry.start(2) - space, large, "Inter-Bold")
        end = line_width(escape(title), large, "Inter-Bold") + space
        first, last = (1 if end <= geometry.start(1) else 2), COLUMNS - 1
        numbered = self.settings.labels.numbered
        if self.settings.language.partition("-")[0].lower() == "en":
            many = f"{self.questions} of {self.total}" if self.questions < self.total else f"{self.total}"
            about = f"{many} {'question' if self.total == 1 else 'questions'}, {numbered}"
        else:
            about = f"{self.questions} / {self.total}"
            # In a language without labels, this would be the only English word.
            about += f" · {numbered}" if numbered != ENGLISH.numbered else ""
        room = geometry.start(last) - geometry.start(first) - space
        whole = f"{self.settings.description} · {about}"
        if self.settings.description and line_width(escape(whole), size) <= room:
            about = whole
        folio = f"{page} / {pages}"
        room = geometry.column - line_width(folio, size, "Inter-Semi-Bold") - space
        imprinted = next((each for each in self.imprints if line_width(escape(each), size) <= room), "")
        return fill_in(
            "cheatsheet-head",
            title=escape(title),
            side="right" if geometry.is_rtl else "left",
            start=f"{geometry.start(first):.3f}",
            about=escape(about),
            imprint=escape(imprinted or shortened(self.imprints[-1], room, size)),
            imprint_start=f"{geometry.start(last):.3f}",
            page=folio,
        )


def shortened(text: str, width: float, size: float, face: str = "Inter") -> str:
    """Return a text, shortened to a width in millimetres."""
    if line_width(escape(text), size, face) <= width:
        return text
    while text and line_width(escape(text) + "…", size, face) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _pages(planned: Plan, sheet: _Sheet, head: _Head) -> Iterator[Page]:
    geometry = sheet.geometry
    unit = geometry.unit * POINT / PIXEL
    for page, room in enumerate(planned.rooms):
        columns = planned.columns[page * COLUMNS : (page + 1) * COLUMNS]
        rules = "".join(
            f'<div class="rule" style="left: {geometry.start(n) - _GUTTER / 2:.3f}mm;'
            f' top: {_HEAD * geometry.unit:.2f}pt; height: {room * geometry.unit:.2f}pt"></div>'
            for n in range(1, COLUMNS)
            if columns[n]
        )
        placed = [
            (_piece(each, sheet), geometry.left(n) / PIXEL, (_HEAD + each.top) * unit)
            for n, column in enumerate(columns)
            for each in column
        ]
        html = f'<div class="{sheet.names("page")}">{head.html(page + 1, len(planned.rooms))}{rules}'
        yield Page(html, placed)


def _piece(placed: Placed, sheet: _Sheet) -> LaidOut:
    match placed.what:
        case "bar":
            return sheet.bars[sheet.entries[placed.index].chapter]
        case "table":
            return sheet.tables[placed.index].piece
    return sheet.entries[placed.index].pieces[placed.pick]


def _left_out(planned: Plan, sheet: _Sheet) -> Iterator[Diagnostic]:
    """Report the questions that are not on the sheet."""
    notes = [each.note for n, each in enumerate(sheet.entries) if n not in planned.questions]
    if notes:
        names = ", ".join(f"{note.number} {note.id}" for note in notes)
        yield LEFT_OUT.at(
            notes[0].location,
            f"no room on the cheat-sheet for {count(len(notes), 'question')}: {names}",
            "raise --pages, or shorten answers under '### In one breath'; the lowest rank is left out first",
        )
