"""The cheat-sheet: every question up to its `<!-- more -->`, in columns, on paper.

Its pieces are measured in one long column, packed by `columns`, and placed. Sizes are the style sheet's
alone: it is asked for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from builder.diagnostics import BuildError
from builder.model import Deck, Note, Role, Subdeck
from builder.outputs.columns import Atom, DoesNotFit, fill, gaps
from builder.outputs.pdf import Layout, Place, Press

COLUMNS = 3
_MOST_GAP = 40.0
"""How far, in CSS pixels, questions may be moved apart for a column to end at its foot."""
_LINES, _ROWS = 4, 3
"""How many lines of code with words in them, and rows of a table, stay together at least."""
_CODE = re.compile(r'<pre class="code"><code>(.*)</code></pre>', re.DOTALL)
_TABLE = re.compile(r"(.*<tbody>\n)(.*)(</tbody>.*)", re.DOTALL)
_TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of the sheet that stays together, and whose it is."""

    html: str
    note: Note
    is_start: bool


def write(deck: Deck, css: str, path: Path, on_page: Callable[[int], None]) -> int:
    """Write the sheet to `path` and return its number of pages.

    Raises `BuildError` for a question of which a part is taller than a column, however it is cut.
    """
    press = Press.with_style(css, deck.media)
    on_page(0)  # measuring takes as long as a page or two
    pieces, columns, atoms, height = _fill(deck, press)
    spaces = [gaps(atoms, column, height(number), _MOST_GAP) for number, column in enumerate(columns)]
    layout = press.lay_out(_placed(deck, pieces, columns, spaces), on_page)
    _assert_whole(layout, pieces)
    layout.write(path)
    return layout.pages


def _fill(deck: Deck, press: Press) -> tuple[list[_Piece], list[range], list[Atom], Callable[[int], float]]:
    """Choose the pieces of each column; a question that fits in none is cut as fine as can be."""
    finest: set[str] = set()
    while True:
        pieces = [piece for subdeck in deck.subdecks for piece in _pieces(subdeck, finest)]
        places = press.lay_out(_measured(deck, pieces)).places()
        atoms = [Atom(places[_name(number)].height, piece.is_start) for number, piece in enumerate(pieces)]
        height = _column_height(places)
        try:
            return pieces, fill(atoms, height), atoms, height
        except DoesNotFit as error:
            note = pieces[error.index].note
            if note.id in finest:
                raise BuildError(
                    f"a part of question {note.number}, {note.id!r}, is taller than a column of the sheet:"
                    " put '<!-- more -->' before it"
                ) from error
            finest.add(note.id)


def _column_height(places: Mapping[str, Place]) -> Callable[[int], float]:
    """Tell each column's height, in CSS pixels: the first page's are shorter by its header."""
    foot = places["foot"].top
    # A hair less, so that what fits by the sum of its heights fits when they are added up in another order.
    first, others = (foot - places[name].top - 1 for name in ("under-header", "top"))
    return lambda column: first if column < COLUMNS else others


def _pieces(subdeck: Subdeck, finest: Collection[str] = ()) -> Iterator[_Piece]:
    """Cut a chapter into pieces that may stand in different columns.

    A question's first piece has its heading, and more than that: the answer's first words, and what they
    lead to. Long code parts at an empty line; the ids in `finest` name questions that must be cut as
    fine as can be, because a part of them was taller than a column.
    """
    opening = _fill_in(
        "sheet-opening",
        number=str(subdeck.number),
        title=subdeck.title,
        introduction=subdeck.introduction,
    )
    for note in subdeck.notes:
        if note.is_drill:
            continue
        runs = [opening + _head(note)]
        for before, block in zip(("", *note.lead), note.lead, strict=False):
            first, *others = _parts(block, is_finest=note.id in finest)
            may_begin = note.id in finest or (block.startswith("<p>") and not before.endswith(":</p>"))
            if before and may_begin:
                runs.append(first)
            else:
                runs[-1] += first
            runs += others
        runs[-1] += _why(note)
        for number, run in enumerate(runs):
            yield _Piece(run, note, is_start=number == 0)
        opening = ""


def _parts(block: str, *, is_finest: bool) -> list[str]:
    """Cut a block of code after its empty lines; anywhere, and a table too, where it must be."""
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
        first, *others = ("".join(run) for run in _runs(rows, range(len(rows)), _ROWS))
        plain = start.partition("<thead>")[0] + "<tbody>\n"
        return [start + first + end, *(plain + run + end for run in others)]
    return [block]


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
        context=note.context and f'<div class="context">{note.context}</div>',
    )


def _why(note: Note) -> str:
    why = note.sections[Role.WHY]
    return why and f'<div class="why"><b class="label">Why asked</b> {why}</div>'


def _name(number: int) -> str:
    return f"piece-{number}"


def _placed_piece(pieces: Sequence[_Piece], number: int, space: float = 0) -> str:
    style = f' style="margin-top: {space:.2f}px"' if space else ""
    return f'<div class="piece" id="{_name(number)}"{style}>{pieces[number].html}</div>\n'


def _measured(deck: Deck, pieces: Sequence[_Piece]) -> str:
    """One column with all pieces on a page that is tall enough, and the marks of a real page's height."""
    column = "".join(_placed_piece(pieces, number) for number in range(len(pieces)))
    page = (
        f'<div class="page" id="top">{_header(deck)}<div id="under-header"></div>'
        f'<div class="columns"><div class="column first">{column}</div></div>'
        '<div id="foot"></div></div>'
    )
    return _document(deck, "measured", page)


def _placed(deck: Deck, pieces: Sequence[_Piece], columns: Sequence[range], spaces: Sequence[float]) -> str:
    """All pages, each with its columns."""
    html: list[str] = []
    for first in range(0, len(columns), COLUMNS):
        numbers = range(first, min(first + COLUMNS, len(columns)))
        notes = [pieces[columns[numbers[0]].start].note, pieces[columns[numbers[-1]].stop - 1].note]
        html += (
            f'<div class="page" data-range="{" – ".join(dict.fromkeys(note.number for note in notes))}">',
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
        html.append(f'<div class="continued">{pieces[column.start].note.number} continued</div>')
    for number in column:
        moves = pieces[number].is_start and number != column.start
        html.append(_placed_piece(pieces, number, space if moves else 0))
    return "".join((*html, "</div>"))


def _assert_whole(layout: Layout, pieces: Sequence[_Piece]) -> None:
    """Nothing is silently left out: what does not fit its page would be."""
    places = layout.places()
    for number, piece in enumerate(pieces):
        if _name(number) not in places:
            raise BuildError(f"question {piece.note.number}, {piece.note.id!r}, did not fit the sheet")


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
