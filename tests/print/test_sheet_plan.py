"""What is on a cheat-sheet, and where: pure functions over heights."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from builder.print.layout.fit import GAP, MOST_GAP, Item, Variant, fit, spread
from builder.print.layout.sheet import BAR, COLUMNS, Placed, Plan, Question, Table, plan

UNITS = 60

variants = st.lists(st.integers(2, UNITS - BAR - GAP), min_size=1, max_size=3, unique=True).map(
    lambda heights: tuple(Variant(height, (1 - height / max(heights)) ** 1.5) for height in sorted(heights))
)
questions = st.lists(
    st.builds(Question, st.integers(1, 5), st.integers(1, 4), variants), min_size=1, max_size=25
).map(lambda found: sorted(found, key=lambda question: question.chapter))
tables = st.lists(
    st.builds(
        Table, st.integers(2, UNITS + 5), st.integers(1, 3), st.frozensets(st.integers(0, 24), max_size=2)
    ),
    max_size=6,
)


def _height(placed: Placed, asked: list[Question], given: list[Table]) -> int:
    match placed.what:
        case "bar":
            return BAR
        case "table":
            return given[placed.index].height
    return asked[placed.index].variants[placed.pick].height


@settings(deadline=None)
@given(questions, tables, st.integers(0, 3))
def test_any_heights_are_placed_in_order_without_overlap(
    asked: list[Question], given: list[Table], limit: int
) -> None:
    planned = plan(asked, given, UNITS, limit)
    _assert_sound(planned, asked, given)
    assert len(planned.rooms) * COLUMNS == len(planned.columns)
    if limit:
        assert len(planned.rooms) <= limit
    else:
        assert len(planned.questions) == len(asked)


def _assert_sound(planned: Plan, asked: list[Question], given: list[Table]) -> None:
    for number, column in enumerate(planned.columns):
        for above, below in pairwise(column):
            gap = below.top - above.top - _height(above, asked, given)
            assert (gap == GAP) if above.what == "bar" else (GAP <= gap <= MOST_GAP)
        ends = [each.top + _height(each, asked, given) for each in column]
        assert max(ends, default=0) <= planned.rooms[number // COLUMNS]
    shown = [each for column in planned.columns for each in column]
    in_prose = [each.index for each in shown if each.what == "question"]
    assert in_prose == sorted({*in_prose})
    in_tables = [each.index for each in shown if each.what == "table"]
    assert sorted(in_tables) == sorted(planned.tables)
    answered = {id_ for table in planned.tables for id_ in given[table].answers if id_ < len(asked)}
    assert {*in_prose} | answered == planned.questions
    assert not answered.intersection(in_prose), "what a table answers is not said twice"
    chapters = [asked[n].chapter for n in in_prose]
    firsts = [n for n, (a, b) in zip(in_prose, pairwise([0, *chapters]), strict=True) if a != b]
    assert [each.index for each in shown if each.what == "bar"] == firsts


@settings(deadline=None)
@given(questions)
def test_of_what_is_left_out_nothing_has_a_rank_above_what_is_shown(asked: list[Question]) -> None:
    planned = plan(asked, [], UNITS, 1)
    out = [question.rank for n, question in enumerate(asked) if n not in planned.questions]
    shown = [asked[n].rank for n in planned.questions]
    assert not out or not shown or min(out) >= max(shown)


small = st.lists(
    st.builds(
        lambda heights, is_dear: Item([Variant(h, (9 - h) / 9) for h in heights], is_dear),
        st.lists(st.integers(1, 8), min_size=1, max_size=3, unique=True),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)
@given(small, st.lists(st.integers(4, 14), min_size=1, max_size=3))
def test_no_other_ends_and_variants_cost_less(items: list[Item], rooms: list[int]) -> None:
    found = fit(items, rooms)
    costs = [
        cost
        for ends in product(range(len(items) + 1), repeat=len(rooms) - 1)
        if list(ends) == sorted(ends)
        for picks in product(*(range(len(item.variants)) for item in items))
        if (cost := _cost(items, rooms, [0, *ends, len(items)], picks)) is not None
    ]
    if found is None:
        assert costs == []
    else:
        picks = tuple(pick for column in found for pick in column.picks)
        ends = [0, *(column.items.stop for column in found)]
        cost = _cost(items, rooms, ends, picks)
        assert cost is not None
        assert cost <= min(costs) + 1e-9


def _cost(items: list[Item], rooms: list[int], ends: list[int], picks: tuple[int, ...]) -> float | None:
    """Return what a way costs, said another time; nothing where a column overflows."""
    cost = sum(item.variants[pick].loss for item, pick in zip(items, picks, strict=True))
    for room, (start, end) in zip(rooms, pairwise(ends), strict=True):
        taken = sum(
            items[n].variants[picks[n]].height + (items[n].gap if n > start else 0) for n in range(start, end)
        )
        if taken > room:
            return None
        in_gaps = min(room - taken, max(end - start - 1, 0))
        cost += 0.15 * in_gaps + 1.5 * (room - taken - in_gaps)
    return cost


@given(small, st.integers(0, 30))
def test_space_goes_above_what_begins_something_first_and_never_makes_a_hole(
    items: list[Item], spare: int
) -> None:
    gaps = spread(spare, items)
    assert gaps[0] == 0
    assert max(gaps) <= MOST_GAP
    added = sum(gaps) - sum(item.gap for item in items[1:])
    assert added == min(spare, sum(MOST_GAP - item.gap for item in items[1:]))


def test_a_sheet_ends_whose_tables_share_no_column() -> None:
    answers = frozenset({0})
    given = [
        Table(38, 1),
        Table(56, 2, answers),
        Table(53, 1, answers),
        Table(50, 2, answers),
    ]
    planned = plan([Question(1, 1, (Variant(2, 0),))], given, UNITS)
    assert planned.tables == {0, 1, 2, 3}
    assert planned.questions == {0}
