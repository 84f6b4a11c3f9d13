"""Fills columns: where each one ends, chosen for the whole sheet and not first come.

CSS columns leave half of a column white above a block that may not be broken, and part questions that
could stay whole (facts on print, section 2). Pure functions over heights; units are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

_COLUMN_COST = 0.25
"""What a further column costs, so that space is not bought by the column."""
_BREAK_COST, _AMID_COST = 0.01, 0.03
"""What it costs to break within a question, and amid a statement of code: as much as a column of which a
tenth, or a sixth, stays white."""

_MOST_WHITE = 0.5
"""How much of a column may stay white where more fits."""
_STEPS = 12
"""In how many steps the last page's columns are made taller until all fits."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of the sheet that is never broken."""

    height: float
    is_start: bool
    """Whether it begins a question; a column had better end before it."""
    is_amid: bool = False
    """Whether it goes on amid a statement of code; a column had better not."""


class DoesNotFit(Exception):  # noqa: N818  (not an error of anybody's: the caller cuts finer)
    """An atom, `index`, is taller than any column that it could stand in."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def fill(atoms: Sequence[Atom], height: Callable[[int], float]) -> list[range]:
    """Return the atoms of each column. `height` tells a column's, by its number from 0.

    The best of all ways, by the squares of what stays white; what is under the last column is free.
    Raises `DoesNotFit`.
    """
    # Of the ways to each end: the cheapest one's cost, and where its last column starts, column by column.
    costs: dict[int, float] = {0: 0.0}
    starts: list[dict[int, int]] = []
    best, last = inf, 0
    while costs and atoms:
        following: dict[int, float] = {}
        starts.append({})
        for start, cost in costs.items():
            for end, white in _ways(atoms, start, height(len(starts) - 1)):
                is_last = end == len(atoms)
                total = cost + _COLUMN_COST + (0 if is_last else white**2 + _break_cost(atoms[end]))
                if total < following.get(end, inf):
                    following[end], starts[-1][end] = total, start
        if not following and best == inf:
            raise DoesNotFit(max(costs))
        whole = following.pop(len(atoms), inf)
        if whole < best:
            best, last = whole, len(starts)
        costs = following
    return _columns(starts[:last], len(atoms))


def _break_cost(atom: Atom) -> float:
    if atom.is_start:
        return 0
    return _AMID_COST if atom.is_amid else _BREAK_COST


def _columns(starts: Sequence[Mapping[int, int]], end: int) -> list[range]:
    """Follow the columns back from the last one's end."""
    columns: list[range] = []
    for start in reversed(starts):
        columns.append(range(start[end], end))
        end = start[end]
    return columns[::-1]


def _ways(atoms: Sequence[Atom], start: int, height: float) -> list[tuple[int, float]]:
    """List where a column that begins at `start` may end, and the part of it that stays white then.

    One of which most stays white is no way, unless nothing more fits or nothing is left.
    """
    ways: list[tuple[int, float]] = []
    filled = 0.0
    for end in range(start + 1, len(atoms) + 1):
        filled += atoms[end - 1].height
        if filled > height:
            break
        if len(ways) == 1 and ways[0][1] > _MOST_WHITE:
            ways.clear()
        ways.append((end, 1 - filled / height))
    return ways


def balance(
    atoms: Sequence[Atom], columns: Sequence[range], height: Callable[[int], float], per_page: int
) -> list[range]:
    """Spread what is on the last page over its columns; returns the new columns."""
    first = (len(columns) - 1) // per_page * per_page
    if first < 0:
        return []
    start, full = columns[first].start, height(first)
    even = sum(atom.height for atom in atoms[start:]) / per_page
    for step in range(1, _STEPS):
        lower = even + (full - even) * step / _STEPS
        try:
            last = fill(atoms[start:], partial(_same, lower))
        except DoesNotFit:
            continue
        if len(last) <= per_page:
            moved = [range(column.start + start, column.stop + start) for column in last]
            return [*columns[:first], *moved]
    return list(columns)


def _same(height: float, column: int) -> float:
    return height


def gaps(atoms: Sequence[Atom], columns: Sequence[range], per_page: int, most: float) -> list[float]:
    """Return what to add above each question but a column's first, so that a page's columns end alike.

    At most `most`, for each column. A page's lowest column stays as it is.
    """
    filled = [sum(atoms[index].height for index in column) for column in columns]
    added: list[float] = []
    for number, column in enumerate(columns):
        first = number // per_page * per_page
        white = max(filled[first : first + per_page]) - filled[number]
        starts = sum(atoms[index].is_start for index in column if index != column.start)
        added.append(min(white / starts, most) if starts else 0.0)
    return added
