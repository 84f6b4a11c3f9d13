"""The cheat-sheet: every question up to its `<!-- more -->`, in columns, on paper.

Its pieces are measured in one long column, packed by `columns`, and placed. Sizes are the style sheet's
alone: it is asked for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from builder.diagnostics import BuildError
from builder.model import Deck, Note, Role, Subdeck
from builder.outputs.columns import Atom, DoesNotFit, fill, gaps
from builder.outputs.pdf import Layout, Press

COLUMNS = 3
_MOST_GAP = 40.0
"""How far, in CSS pixels, questions may be moved apart for a column to end at its foot."""
_LINES, _ROWS = 4, 3
"""How many lines of code with words in them, and rows of a table, stay together at least."""
_LIST = re.compile(r'<(ul|ol)(?: start="(\d+)")?>')
_CODE = re.compile(r'<pre class="code"><code>(.*)</code></pre>', re.DOTALL)
_TABLE = re.compile(r'(<div class="table">.*<tbody>\n)(.*)(</tbody>.*)', re.DOTALL)
_TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of the sheet that stays together, and which question or chapter it is of."""

    html: str
    of: str
    number: str
    is_start: bool


def write(deck: Deck, css: str, path: Path, on_page: Callable[[int], None]) -> int:
    """Write the sheet to `path` and return its number of pages.

    Raises `BuildError` for a question of which a part is taller than a column, however it is cut.
    """
    on_page(0)  # measuring takes as long as a page or two
    press = Press.with_style(css, deck.media)
    pieces, columns, atoms, height = _fill(deck, press)
    spaces = [gaps(atoms, column, height(number), _MOST_GAP) for number, column in enumerate(columns)]
    layout = press.lay_out(_placed(deck, pieces, columns, spaces), on_page)
    _assert_whole(layout, pieces)
    layout.write(path)
    return layout.pages


def _fill(deck: Deck, press: Press) -> tuple[list[_Piece], list[range], list[Atom], Callable[[int], float]]:
    """Choose the pieces of each column; a question that fits in none is cut as fine as can be."""
    chapters = [_Measured.of(deck, press, subdeck) for subdeck in deck.subdecks]
    while True:
        pieces = [piece for chapter in chapters for piece in chapter.pieces]
        atoms = [
            Atom(height, piece.is_start)
            for chapter in chapters
            for piece, height in zip(chapter.pieces, chapter.heights, strict=True)
        ]
        height = chapters[0].column_height
        try:
            return pieces, fill(atoms, height), atoms, height
        except DoesNotFit as error:
            piece = pieces[error.index]
            for index, chapter in enumerate(chapters):
                if piece in chapter.pieces:
                    chapters[index] = chapter.finer(deck, press, piece)


@dataclass(frozen=True, slots=True)
class _Measured:
    """A chapter's pieces, and how tall they are, in CSS pixels."""

    subdeck: Subdeck
    pieces: Sequence[_Piece]
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
        pieces = list(_pieces(subdeck, finest))
        places = press.lay_out(_measured(deck, pieces)).places()
        foot = places["_foot"].top
        # A hair less, so that what fits by the sum of its heights fits when they are added up otherwise.
        first, other = (foot - places[name].top - 1 for name in ("_under-header", "_top"))
        heights = [places[_name(number)].height for number in range(len(pieces))]
        return cls(subdeck, pieces, heights, first, other, finest)

    def column_height(self, column: int) -> float:
        """Tell a column's height by its number from 0."""
        return self.first_height if column < COLUMNS else self.other_height

    def finer(self, deck: Deck, press: Press, piece: _Piece) -> _Measured:
        """Measure the chapter again, with what a piece is of cut as fine as can be."""
        if piece.of in self.finest:
            raise BuildError(
                f"{piece.number}, {piece.of!r}, has a part that is taller than a column of the sheet:"
                " divide it, or put '<!-- more -->' before it"
            )
        return _Measured.of(deck, press, self.subdeck, self.finest | {piece.of})


def _pieces(subdeck: Subdeck, finest: Collection[str] = ()) -> Iterator[_Piece]:
    """Cut a chapter into pieces that may stand in different columns.

    A question's first piece has its heading, and more than that: the answer's first words, and what they
    lead to; a chapter's first question has the chapter's opening too. Long code parts at an empty line.
    """
    opening = [
        _fill_in("sheet-opening", number=str(subdeck.number), title=subdeck.title),
        *subdeck.introduction,
    ]
    printed = [note for note in subdeck.notes if not note.is_drill]
    for note in printed:
        blocks = [*opening, _head(note), *note.context, *note.lead]
        runs = _cut(blocks, len(blocks) - len(note.lead) + 1, is_finest=note.id in finest)
        runs[-1] += _why(note)
        for index, run in enumerate(runs):
            yield _Piece(run, note.id, note.number, is_start=index == 0)
        opening = []
    if not printed:
        for index, run in enumerate(_cut(opening, len(opening), is_finest=subdeck.slug in finest)):
            yield _Piece(run, subdeck.slug, str(subdeck.number), is_start=index == 0)


def _cut(blocks: Sequence[str], whole: int, *, is_finest: bool) -> list[str]:
    """Join blocks to runs that stay together: the first `whole` of them, code and what leads to it."""
    runs = [""]
    for index, block in enumerate(blocks):
        first, *others = _parts(block, is_finest=is_finest)
        leads = index > 0 and blocks[index - 1].endswith(":</p>")
        may_begin = index >= whole and block.startswith("<p>") and not leads
        if index > 0 and (may_begin or (is_finest and not blocks[index - 1].startswith(("<h1", "<h2")))):
            runs.append(first)
        else:
            runs[-1] += first
        runs += others
    return runs


def _parts(block: str, *, is_finest: bool) -> list[str]:
    """Cut a block of code after its empty lines; anywhere, and tables and lists too, where it must be."""
    if match := _CODE.fullmatch(block):
        # No span crosses a line: Pygments ends each at the line's end.
        # Two empty lines, as between functions, are one on paper, where space is dear.
        lines = re.sub(r"\n{3,}", "\n\n", match[1]).split("\n")
        cuts = range(len(lines)) if is_finest else _after_empty_lines(lines)
        runs = list(_runs(lines, cuts, _LINES))
        return [_code(run, is_first=run is runs[0], is_last=run is runs[-1]) for run in runs]
    if is_finest and (match := _TABLE.fullmatch(block)):
        start, body, end = match.groups()
        rows = [f"<tr>{row}" for row in body.split("<tr>")[1:]]
        return [start + "".join(run) + end for run in _runs(rows, range(len(rows)), _ROWS)]
    if is_finest and (match := _LIST.match(block)):
        tag, first = match[1], int(match[2] or 1)
        return [
            f'<ol start="{first + index}">{item}</ol>' if tag == "ol" else f"<ul>{item}</ul>"
            for index, item in enumerate(_items(block))
        ]
    return [block]


def _items(block: str) -> Iterator[str]:
    """Yield the items of a list, whatever lists they hold."""
    depth = start = 0
    for tag in re.finditer(r"<(/?)li\b", block):
        if not tag[1]:
            start = start if depth else tag.start()
            depth += 1
        else:
            depth -= 1
            if not depth:
                yield block[start : tag.start()] + "</li>"


def _code(lines: Sequence[str], *, is_first: bool, is_last: bool) -> str:
    """Return a run of a block's lines as a block that shows that it is one."""
    text = "\n".join(lines)
    classes = {
        "code": True,
        "parted": not is_last,
        "going-on": not is_first,
        # HTML shows no empty line at the end of a block.
        "spaced": not is_last and not lines[-1],
    }
    names = " ".join(name for name, applies in classes.items() if applies)
    return f'<pre class="{names}"><code>{text}</code></pre>'


def _after_empty_lines(lines: Sequence[str]) -> Iterator[int]:
    """Yield where a run of code may begin: at a line with words, after one without."""
    for number in range(1, len(lines)):
        if lines[number] and not lines[number - 1]:
            yield number


def _runs(items: Sequence[str], cuts: Iterable[int], least: int) -> Iterator[Sequence[str]]:
    """Cut a sequence at some of `cuts`, so that no run has fewer than `least` items that are not empty."""
    start = 0
    for cut in cuts:
        if sum(map(bool, items[start:cut])) >= least <= sum(map(bool, items[cut:])):
            yield items[start:cut]
            start = cut
    yield items[start:]


def _head(note: Note) -> str:
    return _fill_in(
        "sheet-question",
        id=note.id,
        number=note.number,
        prompt=note.prompt,
        meta=escape(" · ".join(filter(None, (note.level, *note.topics)))),
    )


def _why(note: Note) -> str:
    why = note.sections[Role.WHY]
    return f'<div class="why"><b class="label">Why asked</b> {why}</div>' if why else ""


def _name(number: int) -> str:
    # No id of a question begins with a line.
    return f"_piece-{number}"


def _placed_piece(pieces: Sequence[_Piece], number: int, space: float = 0) -> str:
    style = f' style="margin-top: {space:.2f}px"' if space else ""
    return f'<div class="piece" id="{_name(number)}"{style}>{pieces[number].html}</div>\n'


def _measured(deck: Deck, pieces: Sequence[_Piece]) -> str:
    """One column with all pieces on a page that is tall enough, and the marks of a real page's height."""
    column = "".join(_placed_piece(pieces, number) for number in range(len(pieces)))
    page = (
        f'<div class="page" id="_top">{_header(deck)}<div id="_under-header"></div>'
        f'<div class="columns"><div class="column first">{column}</div></div>'
        '<div id="_foot"></div></div>'
    )
    return _document(deck, "measured", page)


def _placed(deck: Deck, pieces: Sequence[_Piece], columns: Sequence[range], spaces: Sequence[float]) -> str:
    """All pages, each with its columns."""
    html: list[str] = []
    for first in range(0, len(columns), COLUMNS):
        numbers = range(first, min(first + COLUMNS, len(columns)))
        ends = (pieces[columns[numbers[0]].start], pieces[columns[numbers[-1]].stop - 1])
        html += (
            f'<div class="page" data-range="{" – ".join(dict.fromkeys(piece.number for piece in ends))}">',
            _header(deck) if first == 0 else "",
            '<div class="columns">',
            *(
                _column(pieces, columns[number], place, spaces[number])
                for number, place in zip(numbers, _PLACES, strict=False)
            ),
            "</div></div>",
        )
    return _document(deck, "", "".join(html))


_PLACES = ("first", "second", "third")


def _column(pieces: Sequence[_Piece], column: range, place: str, space: float) -> str:
    html = [f'<div class="column {place}">']
    if not pieces[column.start].is_start:
        html.append(f'<div class="continued">{pieces[column.start].number} continued</div>')
    for number in column:
        moves = pieces[number].is_start and number != column.start
        html.append(_placed_piece(pieces, number, space if moves else 0))
    return "".join((*html, "</div>"))


def _assert_whole(layout: Layout, pieces: Sequence[_Piece]) -> None:
    """Nothing is silently left out: what does not fit its page would be."""
    places = layout.places()
    for number, piece in enumerate(pieces):
        if _name(number) not in places:
            raise BuildError(f"{piece.number}, {piece.of!r}, did not fit the sheet")


def _header(deck: Deck) -> str:
    settings = deck.settings
    return _fill_in("sheet-header", title=escape(settings.title), description=escape(settings.description))


def _document(deck: Deck, purpose: str, pages: str) -> str:
    settings = deck.settings
    authors = ", ".join(settings.authors)
    return _fill_in(
        "sheet",
        language=escape(settings.language),
        title=escape(settings.title),
        authors=escape(authors),
        description=escape(settings.description),
        imprint=escape(" · ".join(filter(None, (authors, settings.licence)))),
        **{"class": f"{settings.print.paper} {purpose}".strip()},
        pages=pages,
    )


def _fill_in(template: str, **values: str) -> str:
    text = (_TEMPLATES / f"{template}.html").read_text(encoding="utf-8")
    return Template(text).substitute(values)
