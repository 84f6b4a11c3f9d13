"""Fills columns: where each one ends, chosen for the whole sheet and not first come.

CSS columns leave half of a column white above a block that may not be broken, and part questions that
could stay whole (facts on print, section 2). Pure functions over heights; units are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

_COLUMN_COST = 0.25
"""What a further column costs, so that space is not bought by the column."""
_BREAK_COST, _AMID_COST = 0.01, 0.03
"""What it costs to break within a question, and amid a statement of code: as much as a column of which a
tenth, or a sixth, stays white."""

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
    ends: dict[int, tuple[float, tuple[range, ...]]] = {0: (0.0, ())}
    best: tuple[float, tuple[range, ...]] = (inf, ())
    column = 0
    while ends and atoms:
        following: dict[int, tuple[float, tuple[range, ...]]] = {}
        for start, (cost, columns) in ends.items():
            for end, white in _ways(atoms, start, height(column)):
                is_last = end == len(atoms)
                total = cost + _COLUMN_COST + (0 if is_last else white**2 + _break_cost(atoms[end]))
                way = (total, (*columns, range(start, end)))
                if is_last:
                    best = min(best, way, key=lambda way: way[0])
                elif total < following.get(end, (inf,))[0]:
                    following[end] = way
        if not following and best[0] == inf:
            raise DoesNotFit(max(ends))
        ends = following
        column += 1
    return list(best[1])


def _break_cost(atom: Atom) -> float:
    if atom.is_start:
        return 0
    return _AMID_COST if atom.is_amid else _BREAK_COST


def _ways(atoms: Sequence[Atom], start: int, height: float) -> list[tuple[int, float]]:
    """List where a column that begins at `start` may end, and the part of it that stays white then."""
    ways: list[tuple[int, float]] = []
    filled = 0.0
    for end in range(start + 1, len(atoms) + 1):
        filled += atoms[end - 1].height
        if filled > height:
            break
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
