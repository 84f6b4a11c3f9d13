"""Where cards stand on paper so that front and back meet when it is turned over: geometry, in millimetres.

No gutters where cards are exact parts of a sheet: one cut serves two cards, and a printer that shifts the
backs by a millimetre or two shows no border (docs/facts/weasyprint.md, section 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

Turn = Literal["long", "short", "fold"]
TURNS: tuple[Turn, ...] = ("long", "short", "fold")
"""The edge over which paper is turned; or both sides lie beside each other, and the card is folded."""
INSET = 6.0
"""How far what is printed stays from every cut."""
_INCH = 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A sheet of cards: the paper, the cards on it, and what is left around them."""

    paper: tuple[float, float]
    """Its width and height."""
    columns: int
    rows: int
    card: tuple[float, float]
    """A card's width and height."""
    is_cut: bool = True
    """Whether it is to be cut, along marks; perforated stock and index cards are not."""

    @property
    def origin(self) -> tuple[float, float]:
        """The left and top of the first card: the cards stand in the middle of the paper."""
        (width, height), (card_width, card_height) = self.paper, self.card
        return (width - self.columns * card_width) / 2, (height - self.rows * card_height) / 2

    def place(self, column: int, row: int) -> tuple[float, float]:
        """Return the left and top of a card."""
        (left, top), (width, height) = self.origin, self.card
        return left + column * width, top + row * height


PAPERS: Mapping[str, tuple[float, float]] = {"A4": (210, 297), "Letter": (8.5 * _INCH, 11 * _INCH)}
"""What sheets are printed on: width and height, upright."""

STOCKS: Mapping[str, Stock] = {
    "A4": Stock(paper=PAPERS["A4"], columns=2, rows=4, card=(105, 74.25)),
    "Letter": Stock(paper=PAPERS["Letter"], columns=2, rows=4, card=(4.25 * _INCH, 2.75 * _INCH)),
    # A printer's own feed for index cards; and three on a sheet, perforated (as Avery 5388).
    "3x5": Stock(paper=(5 * _INCH, 3 * _INCH), columns=1, rows=1, card=(5 * _INCH, 3 * _INCH), is_cut=False),
    "3x5-letter": Stock(paper=PAPERS["Letter"], columns=1, rows=3, card=(5 * _INCH, 3 * _INCH), is_cut=False),
    # Perforated business cards, ten on a sheet (as Avery 5371).
    "business-card": Stock(
        paper=PAPERS["Letter"], columns=2, rows=5, card=(3.5 * _INCH, 2 * _INCH), is_cut=False
    ),
}
"""What cards can be printed on, by the name that authors use: exact eighths of A4 and Letter first."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place for one side of a card."""

    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: in which cells the sides of its cards stand, by a card's number on that paper."""

    is_back: bool
    """Whether it is printed on the other side of the page before."""
    fronts: Mapping[int, Cell]
    backs: Mapping[int, Cell]


def cards_per_sheet(stock: Stock, turn: Turn) -> int:
    """Return how many cards one piece of paper holds. Folded, each takes two cells, side by side."""
    return stock.rows * (stock.columns // 2 if turn == "fold" else stock.columns)


def turns_sideways(stock: Stock, turn: Turn) -> bool:
    """Whether paper is turned over an upright edge, so that left and right change places."""
    width, height = stock.paper
    return (turn == "long") == (height >= width)


def mirrored(cell: Cell, stock: Stock, turn: Turn) -> Cell:
    """Return the cell that lies behind another when the paper is turned over."""
    if turns_sideways(stock, turn):
        return Cell(stock.columns - 1 - cell.column, cell.row)
    return Cell(cell.column, stock.rows - 1 - cell.row)


def impose(stock: Stock, turn: Turn, count: int) -> Iterator[Sheet]:
    """Yield the pages of one piece of paper with `count` cards: a front and its back, or one to be folded.

    An empty cell stays empty behind, too, so that the backs of a last sheet meet their fronts.
    """
    if turn == "fold":
        pairs = [Cell(2 * (n % (stock.columns // 2)), n // (stock.columns // 2)) for n in range(count)]
        yield Sheet(
            is_back=False,
            fronts=dict(enumerate(pairs)),
            backs={n: Cell(cell.column + 1, cell.row) for n, cell in enumerate(pairs)},
        )
        return
    cells = [Cell(n % stock.columns, n // stock.columns) for n in range(count)]
    yield Sheet(is_back=False, fronts=dict(enumerate(cells)), backs={})
    yield Sheet(
        is_back=True, fronts={}, backs={n: mirrored(cell, stock, turn) for n, cell in enumerate(cells)}
    )


_T = TypeVar("_T")


def batches(cards: Sequence[_T], stock: Stock, turn: Turn) -> Iterator[Sequence[_T]]:
    """Yield the cards of each piece of paper."""
    each = cards_per_sheet(stock, turn)
    for first in range(0, len(cards), each):
        yield cards[first : first + each]
