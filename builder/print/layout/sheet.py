"""Plans the cheat-sheet: chooses its questions and tables, and their places in units of its grid.

The last column of a page has tables; questions fill the room that they leave. If not everything fits, even in
the shortest variants, the lowest rank is left out first. These are pure functions; `fit` fills the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from math import ceil
from typing import Literal

from builder.print.layout.fit import (
    DEAR_GAP,
    GAP,
    MOST_GAP,
    Filled,
    Item,
    Variant,
    feasible,
    fills_less,
    fit,
    shortest_room,
    spread,
)

COLUMNS = 4
"""Columns of a page."""
BAR = 2
"""Units of a chapter's bar; a gap is below it."""
_LEAST_ROOM = 18
"""Minimum units above tables that are used for questions: room for two, or for a chapter's first."""
_SHORTEST, _UNEVEN_COST = 0.7, 0.1
"""Least height of columns that are not full, as a share of their height with the longest variants; and the
cost of each unit by which their ends differ (losing half of an answer costs about a third of 1)."""
_TRIED = 10
"""Maximum tables to try together for one column."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that may be on the sheet."""

    chapter: int
    rank: int
    """Questions of a higher rank are left out first."""
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that may be on the sheet."""

    height: int
    rank: int
    answers: frozenset[int] = frozenset()
    """Indices of the questions that it answers."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Something in a column: a chapter's bar, a question or a table, by its index, and its top."""

    what: Literal["bar", "question", "table"]
    index: int
    top: int
    pick: int = 0
    """Index of its variant, if it is a question."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned sheet."""

    columns: Sequence[Sequence[Placed]]
    """`COLUMNS` for each page."""
    rooms: Sequence[int]
    """Units of the columns, by page."""
    questions: frozenset[int]
    tables: frozenset[int]
    """What is on it, by index."""


@dataclass(frozen=True, slots=True)
class _Item(Item):
    """A question, with the chapter's bar if it is the first of its chapter; or a table."""

    what: Literal["question", "table"] = "question"
    index: int = 0

    @property
    def has_bar(self) -> bool:
        return self.is_dear and self.what == "question"


def plan(questions: Sequence[Question], tables: Sequence[Table], units: int, limit: int = 0) -> Plan:
    """Plan a sheet with columns of some units, on at most `limit` pages; if that is 0, on as many as needed.

    Questions without a variant are left out. Each variant must fit a column, below a bar.
    """
    able = [n for n, table in enumerate(tables) if table.height <= units]
    asked = {n for n, question in enumerate(questions) if question.variants}
    wanted = sorted(asked | {n for n, each in enumerate(questions) if _is_answered(n, tables, able)})
    pages = limit or _pages_needed(questions, tables, wanted, able, units)
    for number in range(1, pages + 1):
        flowing = [*_items(questions, wanted, tables, able), *_table_items(tables, able)]
        if fills_less(flowing, [units] * (COLUMNS * number)):
            return _flow(flowing, wanted, able, units, number)
    rails = _rails(tables, able, units, pages)
    shown = [n for rail in rails for n in rail]
    return _railed(questions, tables, wanted, rails, shown, units, asked)


def _shortest(question: Question) -> int:
    """Return the height of a question's shortest variant."""
    return min((variant.height for variant in question.variants), default=0)


def _is_answered(question: int, tables: Sequence[Table], shown: Collection[int]) -> bool:
    return any(question in tables[n].answers for n in shown)


def _items(
    questions: Sequence[Question],
    wanted: Sequence[int],
    tables: Sequence[Table],
    shown: Collection[int],
) -> list[_Item]:
    """Return the questions that no table answers, in order; a chapter's first one has the bar."""
    items: list[_Item] = []
    chapter: int | None = None
    for n in wanted:
        if _is_answered(n, tables, shown):
            continue
        question = questions[n]
        has_bar = question.chapter != chapter
        chapter = question.chapter
        above = BAR + GAP if has_bar else 0
        variants = [Variant(above + variant.height, variant.loss) for variant in question.variants]
        items.append(_Item(variants, has_bar, "question", n))
    return items


def _table_items(tables: Sequence[Table], shown: Sequence[int]) -> list[_Item]:
    return [_Item([Variant(tables[n].height, 0)], True, "table", n) for n in shown]


def _pages_needed(
    questions: Sequence[Question],
    tables: Sequence[Table],
    wanted: Sequence[int],
    able: Sequence[int],
    units: int,
) -> int:
    """Return the least number of pages for everything in its shortest variants."""
    in_prose = [n for n in wanted if not _is_answered(n, tables, able)]
    least = sum(_shortest(questions[n]) for n in in_prose)
    for pages in count(max(least // (COLUMNS * units), 1)):
        rails = _rails(tables, able, units, pages)
        shown = [n for rail in rails for n in rail]
        items = _items(questions, wanted, tables, shown)
        if len(shown) == len(able) and feasible(items, _rooms(tables, rails, units)):
            return pages
    raise AssertionError  # `count` does not end


def _rails(tables: Sequence[Table], able: Sequence[int], units: int, pages: int) -> list[list[int]]:
    """Return the tables of each page's last column: as many as fit, by rank."""
    ranked = sorted(able, key=lambda n: (tables[n].rank, n))
    rails = _shared(tables, ranked, units, pages)
    if rails is not None:
        return rails
    rails = [[] for _ in range(pages)]
    for n in ranked:
        shared = _shared(tables, [*(each for rail in rails for each in rail), n], units, pages)
        rails = shared or rails
    # The best distribution may leave out a table although there is room: then each takes the first room.
    return max(rails, _first_rooms(tables, ranked, units, pages), key=lambda each: sum(map(len, each)))


def _first_rooms(tables: Sequence[Table], ranked: Sequence[int], units: int, pages: int) -> list[list[int]]:
    rails: list[list[int]] = [[] for _ in range(pages)]
    for n in ranked:
        room = next((rail for rail in rails if _taken(tables, [*rail, n]) <= units), None)
        if room is not None:
            room.append(n)
    return [sorted(rail) for rail in rails]


def _shared(tables: Sequence[Table], left: Sequence[int], units: int, pages: int) -> list[list[int]] | None:
    """Distribute tables over pages, so that each column is full, or leaves room for questions."""
    rails: list[list[int]] = []
    for page in range(pages):
        ways = [way for way in _ways(left[:_TRIED]) if _taken(tables, way) <= units]
        if page == pages - 1:
            ways = [way for way in ways if len(way) == len(left)]
        elif page == pages - 2:
            ways = [way for way in ways if _taken(tables, [n for n in left if n not in way]) <= units]
        if not ways:
            return None
        rail = min(ways, key=lambda way: _unsuited(tables, way, left, units, is_last=page >= pages - 2))
        rails.append(sorted(rail))
        left = [n for n in left if n not in rail]
    return rails


def _ways(left: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return (way for size in range(len(left) + 1) for way in combinations(left, size))


def _unsuited(
    tables: Sequence[Table], rail: Sequence[int], left: Sequence[int], units: int, *, is_last: bool
) -> tuple[int, int]:
    """Return the white units of a column on this page, and on the next one if it gets all other tables."""
    rest = [n for n in left if n not in rail]
    white = _white(tables, rail, units) + (_white(tables, rest, units) if is_last else 0)
    return white, units - _taken(tables, rail)


def _white(tables: Sequence[Table], rail: Sequence[int], units: int) -> int:
    """Return the units of a column that neither tables, gaps nor questions use."""
    spare = units - _taken(tables, rail)
    if spare - DEAR_GAP >= _LEAST_ROOM or not rail:
        return 0
    return max(spare - (MOST_GAP - DEAR_GAP) * (len(rail) - 1), 0)


def _taken(tables: Sequence[Table], rail: Sequence[int]) -> int:
    return sum(tables[n].height for n in rail) + DEAR_GAP * max(len(rail) - 1, 0)


def _rooms(tables: Sequence[Table], rails: Sequence[Sequence[int]], units: int) -> list[int]:
    """Return the rooms for questions in all columns; in the last one of a page, it ends above the tables."""
    rooms: list[int] = []
    for rail in rails:
        above = units - _taken(tables, rail) - DEAR_GAP if rail else units
        rooms += [units] * (COLUMNS - 1) + ([above] if above >= _LEAST_ROOM else [])
    return rooms


def _railed(
    questions: Sequence[Question],
    tables: Sequence[Table],
    wanted: Sequence[int],
    rails: Sequence[Sequence[int]],
    shown: Sequence[int],
    units: int,
    asked: Collection[int],
) -> Plan:
    """Plan full columns of questions, with tables in the last one of each page."""
    kept = [n for n in wanted if n in asked or _is_answered(n, tables, shown)]
    rooms = _rooms(tables, rails, units)
    # Within a rank, the tallest first, so that the fewest are left out.
    worst = sorted(kept, key=lambda n: (questions[n].rank, _shortest(questions[n]), n))
    worst = [n for n in worst if not _is_answered(n, tables, shown)]
    surplus = sum(_shortest(questions[n]) for n in worst) - sum(rooms)
    while surplus > 0 or not feasible(items := _items(questions, kept, tables, shown), rooms):
        surplus -= _shortest(questions[worst[-1]])
        kept.remove(worst.pop())
    filled = iter(fit(items, rooms) or ())
    columns: list[list[Placed]] = []
    for rail in rails:
        below = _table_items(tables, rail)
        above = units - _taken(tables, rail) - DEAR_GAP if rail else units
        columns += (_column(items, next(filled), [], units) for _ in range(COLUMNS - 1))
        last = next(filled) if above >= _LEAST_ROOM else Filled(range(0), (), units)
        columns.append(_column(items, last, below, units))
    return Plan(columns, [units] * len(rails), frozenset(kept), frozenset(shown))


def _flow(
    items: Sequence[_Item], wanted: Sequence[int], shown: Sequence[int], units: int, pages: int
) -> Plan:
    """Plan less than full pages: the columns of the last page are shortened to end at one height."""
    full = [units] * (COLUMNS * (pages - 1))
    longest = shortest_room(items, full, COLUMNS, units)
    ways = [
        (_UNEVEN_COST * _unevenness(items, found[-COLUMNS:], room) + _loss(items, found), room, found)
        for room in range(longest, ceil(longest * _SHORTEST) - 1, -1)
        if (found := fit(items, [*full, *[room] * COLUMNS]))
    ]
    _, room, filled = min(ways, key=lambda way: way[0])
    rooms = [*full, *[room] * COLUMNS]
    # If there are more columns than blocks, the first columns are filled.
    filled.sort(key=lambda column: not column.items)
    columns = [_column(items, column, [], height) for column, height in zip(filled, rooms, strict=True)]
    return Plan(columns, rooms[::COLUMNS], frozenset(wanted), frozenset(shown))


def _unevenness(items: Sequence[_Item], columns: Sequence[Filled], room: int) -> int:
    """Return by how many units the ends of columns differ; empty columns do not count."""
    ends = [
        room - max(column.spare - sum(MOST_GAP - items[n].gap for n in column.items[1:]), 0)
        for column in columns
        if column.items
    ]
    return max(ends, default=0) - min(ends, default=0)


def _loss(items: Sequence[_Item], columns: Sequence[Filled]) -> float:
    picked = ((n, pick) for column in columns for n, pick in zip(column.items, column.picks, strict=True))
    return sum(items[n].variants[pick].loss for n, pick in picked)


def _column(items: Sequence[_Item], filled: Filled, below: Sequence[_Item], room: int) -> list[Placed]:
    """Place the items of a column, with larger gaps if a little space makes it end at its foot."""
    stack = [(items[n], pick) for n, pick in zip(filled.items, filled.picks, strict=True)]
    stack += [(item, 0) for item in below]
    shown = [item for item, _ in stack]
    heights = [item.variants[pick].height for item, pick in stack]
    spare = room - sum(heights) - sum(item.gap for item in shown[1:])
    placed: list[Placed] = []
    top = 0
    for (item, pick), height, gap in zip(stack, heights, spread(max(spare, 0), shown), strict=True):
        top += gap
        if item.has_bar:
            placed.append(Placed("bar", item.index, top))
        placed.append(Placed(item.what, item.index, top + (BAR + GAP if item.has_bar else 0), pick))
        top += height
    return placed
