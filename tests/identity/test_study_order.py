"""Study order in numbers with gaps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.identity.study_order import LAST_POSITION, positions


@given(st.lists(st.none() | st.integers(1, 12) | st.integers(1, LAST_POSITION), max_size=30))
def test_positions_always_rise_and_stay_within_what_anki_allows(known: list[int | None]) -> None:
    placed = positions(known)
    assert len(placed) == len(known)
    assert all(1 <= position <= LAST_POSITION for position in placed)
    assert all(before < after for before, after in pairwise(placed))


@given(st.lists(st.integers(1, LAST_POSITION), unique=True, max_size=30).map(sorted))
def test_what_stands_in_order_stays(known: list[int]) -> None:
    assert positions(known) == known


def test_what_comes_between_stands_between() -> None:
    assert positions([None, 1000, None, None, 1300, None]) == [500, 1000, 1100, 1200, 1300, 2300]


def test_only_what_moved_gets_another_position() -> None:
    assert positions([4000, 1000, 2000, 3000]) == [500, 1000, 2000, 3000]


def test_where_a_gap_is_used_up_its_neighbours_are_spaced_anew() -> None:
    assert positions([1000, 2000, None, 2001, 3000]) == [1000, 1333, 1667, 2001, 3000]


@pytest.mark.parametrize("place", [0, 1, -1, None])
def test_a_thousand_questions_one_by_one_at_the_same_place(place: int | None) -> None:
    order: list[int] = []
    known: dict[int, int] = {}
    for number in range(1000):
        order.insert(len(order) if place is None else place, number)
        placed = positions([known.get(item) for item in order])
        assert all(before < after for before, after in pairwise(placed))
        known = dict(zip(order, placed, strict=True))


def test_twenty_thousand_questions_fit() -> None:
    placed = positions([None] * 20_000)
    assert all(before < after for before, after in pairwise(placed))
    assert placed[-1] <= LAST_POSITION // 2, "as many again can follow"
