"""Paper is turned over in thought: every back lies behind its front."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from builder.corpus.papers import STOCKS, TURNS, Stock, Turn
from builder.print.layout.imposition import Cell, batches, cards_per_sheet, impose, mirrored

FOLDABLE = [(name, turn) for name in STOCKS for turn in TURNS if turn != "fold" or STOCKS[name].columns > 1]


def _seen_from_behind(cell: Cell, stock: Stock, turn: Turn) -> tuple[float, float]:
    """Return where a cell's middle is on the front, when the paper is turned over its edge."""
    (left, top), (width, height) = stock.place(cell.column, cell.row), stock.card
    x, y = left + width / 2, top + height / 2
    paper_width, paper_height = stock.paper
    edge_is_upright = (turn == "long") == (paper_height >= paper_width)
    return (paper_width - x, y) if edge_is_upright else (x, paper_height - y)


@pytest.mark.parametrize("turn", ["long", "short"])
@pytest.mark.parametrize("name", STOCKS)
def test_every_back_lies_behind_its_front_on_a_partly_filled_sheet_too(name: str, turn: Turn) -> None:
    stock = STOCKS[name]
    for count in range(1, cards_per_sheet(stock, turn) + 1):
        front, back = impose(stock, turn, count)
        assert len(front.fronts) == len(back.backs) == count
        for card, cell in front.fronts.items():
            (left, top), (width, height) = stock.place(cell.column, cell.row), stock.card
            middle = _seen_from_behind(back.backs[card], stock, turn)
            assert middle == pytest.approx((left + width / 2, top + height / 2)), (count, card)


@pytest.mark.parametrize("name", [name for name, turn in FOLDABLE if turn == "fold"])
def test_folded_cards_have_both_sides_in_one_row(name: str) -> None:
    stock = STOCKS[name]
    (page,) = impose(stock, "fold", cards_per_sheet(stock, "fold"))
    assert [cell.row for cell in page.fronts.values()] == [cell.row for cell in page.backs.values()]
    assert {page.backs[n].column - page.fronts[n].column for n in page.fronts} == {1}
    assert len({*page.fronts.values(), *page.backs.values()}) == stock.rows * stock.columns


@pytest.mark.parametrize(("name", "turn"), FOLDABLE)
def test_no_two_sides_share_a_cell_and_all_are_on_the_paper(name: str, turn: Turn) -> None:
    stock = STOCKS[name]
    for page in impose(stock, turn, cards_per_sheet(stock, turn)):
        cells: list[Cell] = [*_cells(page.fronts), *_cells(page.backs)]
        assert len(cells) == len(set(cells))
        for cell in cells:
            (left, top), (width, height) = stock.place(cell.column, cell.row), stock.card
            assert min(left, top) >= -1e-9
            assert left + width <= stock.paper[0] + 1e-9
            assert top + height <= stock.paper[1] + 1e-9


def _cells(cells: Mapping[int, Cell]) -> list[Cell]:
    return list(cells.values())


@pytest.mark.parametrize("turn", ["long", "short"])
def test_turning_twice_is_not_turning(turn: Turn) -> None:
    for stock in STOCKS.values():
        cell = Cell(stock.columns - 1, stock.rows - 1)
        assert mirrored(mirrored(cell, stock, turn), stock, turn) == cell


@pytest.mark.parametrize("name", ["A4", "Letter"])
def test_eight_cards_are_exact_eighths_of_the_paper(name: str) -> None:
    stock = STOCKS[name]
    assert stock.origin == pytest.approx((0, 0))
    assert (2 * stock.card[0], 4 * stock.card[1]) == pytest.approx(stock.paper)


def test_the_last_batch_has_what_is_left() -> None:
    assert [len(batch) for batch in batches("abcdefghijk", STOCKS["A4"], "long")] == [8, 3]
    assert [len(batch) for batch in batches("abcdefghijk", STOCKS["A4"], "fold")] == [4, 4, 3]
