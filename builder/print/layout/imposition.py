"""Imposition: places cards on paper so that fronts and backs match when it is turned over, in millimetres.

If cards are exact parts of a sheet, there are no gutters: one cut serves two cards, and if a printer shifts
the backs by a millimetre or two, no border shows it (docs/facts/weasyprint.md, section 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from builder.corpus.papers import Stock, Turn

INSET = 6.0
"""Minimum distance of print from every cut, in millimetres."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The place of one side of a card."""

    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: the cells of its cards' sides, by the card's number on the sheet of paper."""

    is_back: bool
    """True if it is printed on the back of the page before."""
    fronts: Mapping[int, Cell]
    backs: Mapping[int, Cell]


def cards_per_sheet(stock: Stock, turn: Turn) -> int:
    """Return how many cards fit on a sheet of paper. A card to be folded needs two cells, side by side."""
    return stock.rows * (stock.columns // 2 if turn == "fold" else stock.columns)


def turns_sideways(stock: Stock, turn: Turn) -> bool:
    """Return whether paper is turned over an upright edge, so that left and right are swapped."""
    width, height = stock.paper
    return (turn == "long") == (height >= width)


def mirrored(cell: Cell, stock: Stock, turn: Turn) -> Cell:
    """Return the cell behind another one when the paper is turned over."""
    if turns_sideways(stock, turn):
        return Cell(stock.columns - 1 - cell.column, cell.row)
    return Cell(cell.column, stock.rows - 1 - cell.row)


def impose(stock: Stock, turn: Turn, count: int) -> Iterator[Sheet]:
    """Yield the pages of a sheet of paper with `count` cards: fronts and backs, or one page to be folded.

    A cell without a front has no back, so that backs on the last sheet match their fronts.
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
    """Yield the cards of each sheet of paper."""
    each = cards_per_sheet(stock, turn)
    for first in range(0, len(cards), each):
        yield cards[first : first + each]
