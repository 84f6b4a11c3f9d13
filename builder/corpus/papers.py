"""Paper and card stock that an author can choose, by name: sizes in millimetres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Turn = Literal["long", "short", "fold"]
TURNS: tuple[Turn, ...] = ("long", "short", "fold")
"""Edge over which the printer turns paper; or `fold`: both sides are printed side by side, and folded."""
_INCH = 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A sheet of cards: its paper, and the size and grid of its cards."""

    paper: tuple[float, float]
    """Width and height of the paper, in millimetres."""
    columns: int
    rows: int
    card: tuple[float, float]
    """Width and height of a card, in millimetres."""
    is_cut: bool = True
    """True if it needs cutting, so crop marks are printed; not for perforated stock and index cards."""

    @property
    def origin(self) -> tuple[float, float]:
        """Left and top of the first card; the grid of cards is centred on the paper."""
        (width, height), (card_width, card_height) = self.paper, self.card
        return (width - self.columns * card_width) / 2, (height - self.rows * card_height) / 2

    def place(self, column: int, row: int) -> tuple[float, float]:
        """Return the left and top of a card."""
        (left, top), (width, height) = self.origin, self.card
        return left + column * width, top + row * height


PAPERS: Mapping[str, tuple[float, float]] = {"A4": (210, 297), "Letter": (8.5 * _INCH, 11 * _INCH)}
"""Paper of sheets, by name: width and height, upright."""
STOCKS: Mapping[str, Stock] = {
    "A4": Stock(paper=PAPERS["A4"], columns=2, rows=4, card=(105, 74.25)),
    "Letter": Stock(paper=PAPERS["Letter"], columns=2, rows=4, card=(4.25 * _INCH, 2.75 * _INCH)),
    # Single index cards, fed by the printer; and three on a perforated sheet (as Avery 5388).
    "3x5": Stock(paper=(5 * _INCH, 3 * _INCH), columns=1, rows=1, card=(5 * _INCH, 3 * _INCH), is_cut=False),
    "3x5-letter": Stock(paper=PAPERS["Letter"], columns=1, rows=3, card=(5 * _INCH, 3 * _INCH), is_cut=False),
    # Perforated business cards, ten on a sheet (as Avery 5371).
    "business-card": Stock(
        paper=PAPERS["Letter"], columns=2, rows=5, card=(3.5 * _INCH, 2 * _INCH), is_cut=False
    ),
}
"""Stocks for flashcards, by the name in deck.toml: exact eighths of A4 and Letter first."""
