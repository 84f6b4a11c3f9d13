"""Where columns end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.print.layout.columns import Atom, DoesNotFit, balance, fill, gaps


def _fill(*heights: float, starts: str = "", height: float = 10) -> list[list[int]]:
    atoms = [Atom(h, s == "q") for h, s in zip(heights, starts or "q" * len(heights), strict=True)]
    return [list(column) for column in fill(atoms, height)]


def test_what_fits_stands_in_one_column() -> None:
    assert _fill(3, 3, 3) == [[0, 1, 2]]


def test_nothing_needs_no_column() -> None:
    assert _fill() == []


def test_a_question_stays_whole_where_that_leaves_little_white() -> None:
    assert _fill(6, 3, 4, 4, starts="qqpq") == [[0, 1], [2, 3]] or _fill(6, 2, 4, starts="qqp") == [
        [0],
        [1, 2],
    ]


def test_a_question_is_parted_rather_than_half_a_column_left_white() -> None:
    assert _fill(5, 4, 4, 5, starts="qqpq") == [[0, 1], [2, 3]]


def test_breaks_are_chosen_for_the_whole_and_not_first_come() -> None:
    # First come would fill 9 and 4, and leave the second column more than half white.
    columns = _fill(4, 5, 4, 9)
    assert columns in ([[0, 1], [2], [3]], [[0], [1, 2], [3]])
    assert len(_fill(4, 3, 3, 7, 9)) == 3


def test_the_first_columns_may_be_shorter() -> None:
    atoms = [Atom(5, True)] * 4
    assert fill(atoms, 10, first=[6]) == [range(0, 1), range(1, 3), range(3, 4)]


def test_what_fits_nowhere_is_named() -> None:
    with pytest.raises(DoesNotFit) as error:
        _fill(3, 11, 3)
    assert error.value.index == 1


def test_the_last_page_is_spread_over_its_columns() -> None:
    atoms = [Atom(3, True)] * 6
    columns = balance(atoms, fill(atoms, 10), 10, per_page=3)
    assert columns == [range(0, 2), range(2, 4), range(4, 6)]


def test_full_pages_before_the_last_stay_as_they_are() -> None:
    atoms = [Atom(5, True)] * 9
    columns = balance(atoms, fill(atoms, 10), 10, per_page=3)
    assert columns[:3] == [range(0, 2), range(2, 4), range(4, 6)]
    assert columns[3:] == [range(6, 7), range(7, 8), range(8, 9)]


def test_what_fits_in_a_later_column_is_not_to_blame() -> None:
    atoms = [Atom(95, True), Atom(99, True)]
    with pytest.raises(DoesNotFit) as error:
        fill(atoms, 100, first=[90] * 3)
    assert error.value.index == 0


def test_the_columns_of_a_page_end_alike() -> None:
    atoms = [Atom(2, True), Atom(2, True), Atom(1, False), Atom(2, True), Atom(10, True), Atom(3, True)]
    columns = [range(4), range(4, 5), range(5, 6)]
    assert gaps(atoms, columns, 2, 100, most=0.5) == [1.5, 0, 0]
    assert gaps(atoms, columns, 1, 100, most=0.5) == [0, 0, 0]


def test_a_column_that_would_stay_short_is_not_stretched() -> None:
    atoms = [Atom(40, True), Atom(40, True), Atom(100, True)]
    columns = [range(2), range(2, 3)]
    assert gaps(atoms, columns, 2, 100, most=0.2) == [20, 0]
    assert gaps(atoms, columns, 2, 100, most=0.19) == [0, 0]


@given(st.lists(st.tuples(st.floats(0.1, 10), st.booleans()), max_size=30))
def test_no_column_is_both_stretched_and_short(shapes: list[tuple[float, bool]]) -> None:
    atoms = [Atom(height, is_start) for height, is_start in shapes]
    columns = fill(atoms, 10)
    added = gaps(atoms, columns, 3, 10, most=0.03)
    filled = [sum(atoms[index].height for index in column) for column in columns]
    for number, (column, space) in enumerate(zip(columns, added, strict=True)):
        starts = sum(atoms[index].is_start for index in column if index != column.start)
        lowest = max(filled[number // 3 * 3 : number // 3 * 3 + 3])
        assert 0 <= space <= 0.3
        assert not space or filled[number] + space * starts == pytest.approx(lowest)


def test_what_is_too_little_is_not_carried_over() -> None:
    def first(*, is_little: bool) -> range:
        atoms = [Atom(5, True), Atom(4, False), Atom(2, False, is_little=is_little), Atom(7, True)]
        return fill(atoms, 10)[0]

    assert first(is_little=False) == range(2)
    assert first(is_little=True) == range(1)


def test_a_statement_is_broken_only_if_much_would_stay_white() -> None:
    def first(amid: float) -> range:
        atoms = [Atom(5, True), Atom(5 - amid, False), Atom(amid, False, is_amid=True), Atom(9, True)]
        return fill(atoms, 10 - amid / 2)[0]

    assert first(2) == range(1)
    assert first(0.5) == range(2)


@given(st.lists(st.tuples(st.floats(0.1, 10), st.booleans()), max_size=30))
def test_every_atom_stands_once_in_order_and_no_column_overflows(shapes: list[tuple[float, bool]]) -> None:
    atoms = [Atom(height, is_start) for height, is_start in shapes]
    columns = fill(atoms, 10)
    assert [index for column in columns for index in column] == list(range(len(atoms)))
    assert all(sum(atoms[index].height for index in column) <= 10 + 1e-9 for column in columns)


def _cost(atoms: list[Atom], columns: list[range], heights: list[float]) -> float:
    """Return what columns cost, said another time: the squares of the white, breaks and columns."""
    left = 1 - sum(atoms[index].height for index in columns[-1]) / heights[len(columns) - 1]
    cost = 0.25 * len(columns) + 4 * max(0, left - 0.7) ** 2
    for column, height in zip(columns[:-1], heights, strict=False):
        cost += (1 - sum(atoms[index].height for index in column) / height) ** 2
        cost += 0 if atoms[column.stop].is_start else 0.05 if atoms[column.stop].is_amid else 0.01
    return cost


def _all_columns(atoms: list[Atom], heights: list[float], start: int = 0) -> Iterator[list[range]]:
    """Yield every way to fill columns, none of which is half empty where more fits."""
    if start == len(atoms):
        yield []
    for end in range(start + 1, len(atoms) + 1):
        filled = sum(atom.height for atom in atoms[start:end])
        with_next = filled + (atoms[end].height if end < len(atoms) else 99)
        if filled <= heights[0] and not (filled < heights[0] / 2 and with_next <= heights[0]):
            yield from ([range(start, end), *rest] for rest in _all_columns(atoms, heights[1:], end))


@given(
    st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.booleans()), min_size=1, max_size=9),
    st.lists(st.integers(8, 10), max_size=3),
)
def test_columns_are_the_best_of_all(shapes: list[tuple[int, bool, bool]], first: list[int]) -> None:
    atoms = [Atom(height, is_start, is_amid) for height, is_start, is_amid in shapes]
    heights = [*map(float, first), *[10.0] * len(atoms)]
    best = min(_cost(atoms, columns, heights) for columns in _all_columns(atoms, heights))
    assert _cost(atoms, fill(atoms, 10, first=first), heights) == pytest.approx(best)
