"""Flashcards: a note's question on the front and its answer on the back, placed by `imposition`.

A short side is set in large letters, in the middle of its card. For any other side, ever smaller sizes are
tried until it fits. If it does not fit at the smallest readable size, it continues on further cards, and a
finding says so. Nothing is cut off, left out, or printed too small to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from math import ceil
from pathlib import Path

from builder.anki.note import Deck, Note
from builder.checks.making_codes import CARD_DOES_NOT_FIT, WIDE_TABLE
from builder.corpus.model import Role, Settings, can_be_folded, stock_of
from builder.corpus.papers import Stock, Turn
from builder.design.language import attributes_of
from builder.diagnostics import BuildError, Diagnostic, once_a_file
from builder.print.engine.choose import choose_press
from builder.print.engine.deck_design import design_of
from builder.print.engine.html import CODE, PIXEL, POINT, code_characters, code_size, for_paper
from builder.print.engine.press import (
    LaidOut,
    MakePress,
    OnPiece,
    Page,
    Press,
    drawing,
    ignore_progress,
)
from builder.print.layout.divide import parts_that_fit
from builder.print.layout.imposition import INSET, Sheet, batches, cards_per_sheet, impose
from builder.print.layout.short import Setting, Sizes, settings, unbroken
from builder.print.layout.tables import LISTED, TableRoom, fit_tables
from builder.runtime.cache import Cache

_LEADING = 1.37
_CODE_SIZE = 0.86
"""Maximum size of code, relative to the text beside it."""
_PROMPT_SIZE, _INLINE_SIZE = 1.3, 0.9
"""Sizes of a prompt and of inline code, relative to other text: see flashcards.css and print.css."""
_PROMPT = re.compile(r"<h1\b.*?</h1>", re.DOTALL)
_INLINE = re.compile(r"<code[^>]*>(.*?)</code>", re.DOTALL)
_IMAGE = re.compile(r'<img (?!class="formula")')
_ROUNDED = 0.1
"""Millimetres by which a text may be taller than computed, because WeasyPrint rounds lines."""
_TICK = 4
"""Length of the crop marks, in millimetres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizes:
    """Sizes of text in points, the largest first."""

    short: Sizes
    """Sizes of short sides, each with its maximum number of lines."""
    others: tuple[float, ...]
    """Sizes of other sides; the last is the smallest that is easy to read."""
    code: float
    """Minimum size of code."""
    images: tuple[float, ...]
    """Maximum heights of images on sides that do not fit otherwise, relative to the smallest size."""
    head: float
    """Height of the line above a card's text, with the space below it, in millimetres."""
    style: str = ""


_USUAL = _Sizes(
    short=((22, 2), (18, 3), (15.5, 4), (13.5, 5), (12, 7), (10.5, 9)),
    others=(12, 10.5, 9.5, 8.5, 7.6, 6.8),
    code=5.8,
    images=(12, 10, 8),
    head=5,
)
_LARGE = _Sizes(
    short=((22, 9), (18, 9), (16, 9)),
    others=(16, 14),
    code=9,
    images=(8, 7, 6),
    head=6.5,
    style=".prompt { font-size: 1em } .occlusion img:not(.formula) { max-height: var(--image, 9em) }",
)
"""Sizes for large print: text that does not fit continues on the next card instead of shrinking."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Result of printing a deck."""

    cards: int
    sheets: int
    """Number of sheets of paper."""
    found: Sequence[Diagnostic]
    """Findings about text and tables that do not fit a card."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a card."""

    html: str
    name: str
    """`front` or `back`."""
    language: str = ""
    """Language of its text; empty if it is that of the corpus."""
    corpus_language: str = "en"

    def start(self, names: str, style: str) -> str:
        """Return the opening tag of its text."""
        return f'<div class="body {names}"{attributes_of(self.language)} style="{style}">'

    @property
    def widest(self) -> int:
        """Number of characters in its longest line of code."""
        blocks = _texts(CODE, self.html)
        return max((len(line) for block in blocks for line in block.split("\n")), default=0)

    @property
    def longest(self) -> float:
        """Number of characters in its longest word of inline code; those of a prompt count as larger."""
        prompts = "".join(_PROMPT.findall(self.html))
        others = CODE.sub("", _PROMPT.sub("", self.html))
        return max(_PROMPT_SIZE * _longest_word(prompts), _longest_word(others))

    def large(self, setting: Setting) -> str:
        """Return its text as a centred block."""
        style = f"font-size: {setting.size}pt; width: {setting.width:.2f}mm"
        return f"{self.start(f'large {self.name}', style)}{unbroken(self.html)}</div>"

    @property
    def has_image(self) -> bool:
        return bool(_IMAGE.search(self.html))

    def body(self, size: float, width: float, smallest_code: float, image: float = 0) -> str:
        """Return its text at a size in points, for a width in millimetres.

        Images have at most the height `image`, relative to the size; 0 is the usual height.
        """
        code = max(min(size * _CODE_SIZE, code_size(width, self.widest)), smallest_code)
        style = f"font-size: {size}pt; --code: {code:.3f}pt{f'; --image: {image}em' * bool(image)}"
        html = fit_tables(self.html, TableRoom(width, size, size, self.language or self.corpus_language))
        return f"{self.start(self.name, style)}{html}</div>"


def _longest_word(html: str) -> int:
    return max((len(word) for code in _texts(_INLINE, html) for word in code.split()), default=0)


def _texts(code: re.Pattern[str], html: str) -> Iterator[str]:
    """Yield the text of each piece of code."""
    return (unescape(re.sub(r"<[^>]+>", "", found)) for found in code.findall(html))


@dataclass(frozen=True, slots=True)
class _Card:
    note: Note
    chapter: str
    """Title of the chapter, as HTML."""
    is_first: bool
    """True if it is the first card of its chapter."""
    front: _Side
    back: _Side


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A card, or a part of one, with its sides at sizes that fit."""

    card: _Card
    front: LaidOut
    back: LaidOut | None
    """None if the front has more parts than the back."""
    is_centred: bool
    """True if the back is a short text in the middle of its card."""
    part: str = ""
    """Number of this part and of all parts, `2/3`; empty if there is only one."""


def write(
    deck: Deck,
    css: str,
    path: Path,
    cache: Cache,
    offset: tuple[float, float] = (0, 0),
    on_piece: OnPiece = ignore_progress,
    make_press: MakePress = choose_press,
) -> Printed:
    """Write all flashcards of a deck to `path`; `offset` moves the backs right and down, in millimetres.

    Raises `BuildError` if there is no card.
    """
    stock, turn = stock_and_turn(deck.settings)
    sizes = _LARGE if deck.settings.print.large_print else _USUAL
    design = design_of(deck, css, style=sizes.style, page=_page_css(stock))
    press = make_press(design=design, cache=cache, on_piece=on_piece)
    cards, found = _fit(list(_cards(deck)), stock, sizes, press)
    if not cards:
        raise BuildError("there is no card to print")
    heads = _lay_out_heads(cards, stock, press)
    pages = [
        _page(sheet, batch, stock, offset, sizes.head, heads)
        for batch in batches(cards, stock, turn)
        for sheet in impose(stock, turn, len(batch))
    ]
    press.print(pages, path)
    return Printed(len(cards), ceil(len(cards) / cards_per_sheet(stock, turn)), found)


def stock_and_turn(settings: Settings) -> tuple[Stock, Turn]:
    """Return the stock of a corpus's cards, and how it is turned; some stock cannot be folded."""
    stock = stock_of(settings.print)
    return stock, settings.print.turn if can_be_folded(settings.print) else "long"


def sides(note: Note) -> tuple[str, str]:
    """Return the HTML of a note's flashcard: front and back."""
    prompt = f'<h1 class="prompt">{note.prompt}</h1>'
    front = "".join((prompt, *note.context, note.open or note.options))
    paper = note.sections[Role.ON_PAPER]
    back = paper or note.solved or note.open or "".join((note.solution, *note.lead))
    return for_paper(front), for_paper(back)


def _cards(deck: Deck) -> Iterator[_Card]:
    for subdeck in deck.subdecks:
        for index, note in enumerate(subdeck.notes):
            front, back = sides(note)
            is_first = index == 0
            languages = note.language, deck.settings.language
            sides_of = (_Side(front, "front", *languages), _Side(back, "back", *languages))
            yield _Card(note, subdeck.title, is_first, *sides_of)


def _fit(
    cards: Sequence[_Card], stock: Stock, sizes: _Sizes, press: Press
) -> tuple[list[_Fitting], list[Diagnostic]]:
    """Set each side as large as it fits, or in parts; return the cards, and findings about sides in parts."""
    width, height = (edge - 2 * INSET for edge in stock.card)
    height -= sizes.head
    smallest = sizes.others[-1]
    characters = code_characters(width, sizes.code)
    sides = [side for card in cards for side in (card.front, card.back)]
    large = _fit_large(cards, sides, sizes.short, width, height, press)
    fitting = dict(large)
    heights: dict[int, float] = {}
    listed: list[Note] = []
    for size, image in (
        *((size, 0.0) for size in sizes.others),
        *((smallest, each) for each in sizes.images),
    ):
        waiting = [n for n in range(len(sides)) if n not in fitting and (not image or sides[n].has_image)]
        bodies = [sides[n].body(size, width, sizes.code, image) for n in waiting]
        notes = [cards[n // 2].note for n in waiting]
        places = {body: (note.location, note.id) for body, note in zip(bodies, notes, strict=True)}
        for n, piece in zip(waiting, press.lay_out(bodies, width, places), strict=True):
            taken = piece.height * PIXEL
            is_listed = LISTED in piece.html
            if not image:
                heights[n] = taken
                if is_listed and size == smallest:
                    listed.append(cards[n // 2].note)
            if taken > height or sides[n].widest > characters or (is_listed and size != smallest):
                continue
            # Inline code that is small is better than inline code that breaks.
            if size == smallest or sides[n].longest <= code_characters(width, size * _INLINE_SIZE):
                fitting[n] = piece
    misfits = [n for n in range(len(sides)) if n not in fitting]
    parts = {n: [piece] for n, piece in fitting.items()}
    bodies_of = {n: sides[n].body(smallest, width, sizes.code) for n in misfits}
    parts |= _in_parts(bodies_of, cards, width, height, press)
    kinds: dict[str, list[Diagnostic]] = {}
    for n in misfits:
        lines = ceil((heights[n] - height) / (smallest * _LEADING * POINT))
        wide = sides[n].widest - characters
        what, hint = _misfit(lines, wide, len(parts[n]))
        note, side = cards[n // 2].note, sides[n].name
        if side == "back" and not note.is_drill:
            hint += ", or give a shorter answer under '### On paper'"
        message = f"the {side} of its flashcard {what}"
        kinds.setdefault(hint, []).append(CARD_DOES_NOT_FIT.at(note.location, message, hint))
    going_on = {
        card.note.id: _Side(
            f'<p class="goes-on">{for_paper(card.note.prompt)}</p>', "front", card.note.language
        ).body(smallest, width, sizes.code)
        for n, card in enumerate(cards)
        if len(parts[2 * n + 1]) > 1
    }
    titles = _titles(going_on, width, height, press)
    whole = [
        fitting
        for n, card in enumerate(cards)
        for fitting in _physical(
            card,
            parts[2 * n],
            parts[2 * n + 1],
            titles.get(card.note.id, []),
            is_centred=2 * n + 1 in large,
        )
    ]
    tables = (
        WIDE_TABLE.at(
            note.location,
            "a table is wider than a flashcard: it is printed row by row",
            "leave out columns, or give a shorter answer under '### On paper'",
        )
        for note in listed
    )
    found = [each for kind in kinds.values() for each in once_a_file(kind, "other card")]
    return whole, [*found, *once_a_file(tables, "other card")]


def _fit_large(
    cards: Sequence[_Card], sides: Sequence[_Side], sizes: Sizes, width: float, height: float, press: Press
) -> dict[int, LaidOut]:
    """Set short sides in large letters, each with the first of its settings that fits when laid out."""
    waiting = {
        n: settings(unbroken(side.html), sizes, width, height, is_back=side.name == "back")
        for n, side in enumerate(sides)
    }
    fitting: dict[int, LaidOut] = {}
    while tried := {n: setting for n, others in waiting.items() if (setting := next(others, None))}:
        bodies = {n: sides[n].large(setting) for n, setting in tried.items()}
        places = {bodies[n]: (cards[n // 2].note.location, cards[n // 2].note.id) for n in tried}
        for n, piece in zip(tried, press.lay_out(list(bodies.values()), width, places), strict=True):
            if piece.height * PIXEL <= tried[n].height + _ROUNDED:
                fitting[n] = piece
        waiting = {n: waiting[n] for n in tried if n not in fitting}
    return fitting


def _in_parts(
    bodies: Mapping[int, str], cards: Sequence[_Card], width: float, height: float, press: Press
) -> dict[int, list[LaidOut]]:
    """Divide sides that do not fit at the smallest size that is easy to read."""
    places = {body: (cards[n // 2].note.location, cards[n // 2].note.id) for n, body in bodies.items()}
    found = parts_that_fit(press, dict.fromkeys(bodies.values(), height / PIXEL), width, places)
    return {n: found[body] for n, body in bodies.items()}


def _titles(bodies: Mapping[str, str], width: float, height: float, press: Press) -> dict[str, list[LaidOut]]:
    """Return the text for the fronts of further cards, by question: its prompt, or the beginning of it."""
    found = parts_that_fit(press, dict.fromkeys(bodies.values(), height / PIXEL), width, {})
    return {id_: found[body][:1] for id_, body in bodies.items()}


def _physical(
    card: _Card,
    fronts: Sequence[LaidOut],
    backs: Sequence[LaidOut],
    title: Sequence[LaidOut],
    *,
    is_centred: bool,
) -> Iterator[_Fitting]:
    """Yield the printed cards of one card: several if a side has several parts."""
    number = max(len(fronts), len(backs))
    for n in range(number):
        front = fronts[n] if n < len(fronts) else title[0]
        back = backs[n] if n < len(backs) else None
        yield _Fitting(card, front, back, is_centred, f"{n + 1}/{number}" if number > 1 else "")


def _misfit(lines: int, characters: int, parts: int) -> tuple[str, str]:
    """Return a message about text that does not fit, and a hint."""
    if parts > 1:
        many = f"{lines} line{'' if lines == 1 else 's'}"
        return f"is {many} too tall: it continues, and takes {parts} cards", "shorten it"
    if characters > 0:
        many = f"{characters} character{'' if characters == 1 else 's'}"
        return f"has a line of code that is {many} too wide: it is broken", "break the line"
    return "is too tall: it is set smaller", "make it smaller"


def _head(fitting: _Fitting, *, is_back: bool) -> str:
    """Return the header line of a side; a chapter's first one is a bookmark."""
    card = fitting.card
    is_opening = card.is_first and not is_back and fitting.part.partition("/")[0] in ("", "1")
    first = " opens" if is_opening else ""
    about = " · ".join(filter(None, (unescape(card.note.shown_level), card.note.number, fitting.part)))
    return (
        f'<p class="head"><span class="chapter{first}">{card.chapter}</span>'
        f' <span class="number">{escape(about)}</span></p>'
    )


def _lay_out_heads(cards: Sequence[_Fitting], stock: Stock, press: Press) -> dict[str, LaidOut]:
    heads = list({_head(fitting, is_back=is_back): None for fitting in cards for is_back in (False, True)})
    return dict(zip(heads, press.lay_out(heads, stock.card[0] - 2 * INSET), strict=True))


def _page(
    sheet: Sheet,
    cards: Sequence[_Fitting],
    stock: Stock,
    offset: tuple[float, float],
    below: float,
    heads: Mapping[str, LaidOut],
) -> Page:
    """Return a page: sides in their cells, in the order of the cards."""
    moved = offset if sheet.is_back else (0, 0)
    placed: list[tuple[LaidOut, float, float]] = []
    for number, fitting in enumerate(cards):
        for piece, cells in ((fitting.front, sheet.fronts), (fitting.back, sheet.backs)):
            if number not in cells:
                continue
            is_back = cells is sheet.backs
            left, top = stock.place(cells[number].column, cells[number].row)
            left, top = left + INSET + moved[0], top + INSET + moved[1]
            room = stock.card[1] - 2 * INSET - below
            head = heads[_head(fitting, is_back=is_back)]
            placed.append((head, left / PIXEL, top / PIXEL))
            if piece:
                # Questions and short answers are in the middle of their cards; others are at the top.
                is_centred = fitting.is_centred or not is_back
                above = below + ((room - piece.height * PIXEL) / 2 if is_centred else 0)
                placed.append((piece, left / PIXEL, (top + above) / PIXEL))
    return Page('<div class="page">', placed)


def _page_css(stock: Stock) -> str:
    width, height = stock.paper
    marks = f'background: url("{_marks(stock)}") 0 0 / 100% 100% no-repeat' if stock.is_cut else ""
    return f"@page {{ size: {width:.3f}mm {height:.3f}mm; {marks} }} .page {{ height: {height:.3f}mm }}"


def _marks(stock: Stock) -> str:
    """Draw the crop marks: ticks at the edges of the paper, and crosses where cuts meet.

    They are a background, so that screen readers do not see them.
    """
    width, height = stock.paper
    columns = [stock.place(column, 0)[0] for column in range(1, stock.columns)]
    rows = [stock.place(0, row)[1] for row in range(1, stock.rows)]
    lines = [f"M{x} 0v{_TICK}M{x} {height}v-{_TICK}" for x in columns]
    lines += [f"M0 {y}h{_TICK}M{width} {y}h-{_TICK}" for y in rows]
    lines += [f"M{x - 1.5} {y}h3M{x} {y - 1.5}v3" for x in columns for y in rows]
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'>"
        f"<path d='{''.join(lines)}' stroke='#9aa3ae' stroke-width='0.15'/></svg>"
    )
    return drawing(svg)
