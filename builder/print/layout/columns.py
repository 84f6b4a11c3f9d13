"""Fills columns: where each one ends, chosen for the whole sheet and not first come.

CSS columns leave half of a column white above a block that may not be broken, and part questions that
could stay whole (docs/facts/weasyprint.md, section 2). Pure functions over heights; units are the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

_COLUMN_COST = 0.25
"""What a further column costs, so that space is not bought by the column."""
_BREAK_COST, _AMID_COST = 0.01, 0.05
"""What it costs to break within a question, and amid a statement of code: as much as a column of which a
tenth, or two, stays white."""

_LEAST_LAST, _SHORT_COST = 0.3, 4
"""How full the last column had better be, and what the square of what it lacks costs, times this."""
_LITTLE_GAP, _APART = 0.03, 0.07
"""How far questions may be moved apart in any case, and how far columns may end apart, in heights of one."""
_MOST_WHITE = 0.5
"""How much of a column may stay white where more fits."""
_STEPS = 12
"""In how many steps, the first ones small, the last page's columns are made taller until all fits."""


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


def fill(atoms: Sequence[Atom], height: float, first: Sequence[float] = ()) -> list[range]:
    """Return the atoms of each column. Columns are `height` tall, but for the first ones.

    The best of all ways, by the squares of what stays white; what is under the last column is free, unless
    that is nearly empty.
    Raises `DoesNotFit`.
    """
    # What is above an end matters to what is below it only by how many of the first columns it has.
    best: dict[_End, _Way] = {(0, 0): (0.0, 0, None)}
    heights = [*first, height]
    for start in range(len(atoms)):
        for column, its_height in enumerate(heights):
            if (way := best.get((start, column))) is None:
                continue
            cost, columns, _ = way
            following = min(column + 1, len(first))
            for end, white in _ways(atoms, start, its_height):
                total = cost + _COLUMN_COST
                if end == len(atoms):
                    total += _SHORT_COST * max(0, _LEAST_LAST - 1 + white) ** 2
                else:
                    total += white**2 + _break_cost(atoms[end])
                if (total, columns + 1) < best.get((end, following), _NO_WAY)[:2]:
                    best[end, following] = total, columns + 1, (start, column)
    ends = [(len(atoms), column) for column in range(len(heights)) if (len(atoms), column) in best]
    if not ends:
        raise DoesNotFit(max(start for start, _ in best))
    return _columns(best, min(ends, key=lambda end: best[end][:2]))


_End = tuple[int, int]
"""Where a column ends, and how many of the first columns are above it."""
_Way = tuple[float, int, _End | None]
"""What a way to an end costs, how many columns it has, and where its last one starts."""
_NO_WAY: _Way = (inf, 0, None)


def _columns(best: Mapping[_End, _Way], end: _End) -> list[range]:
    """Follow the columns back from the last one's end."""
    columns: list[range] = []
    while (start := best[end][2]) is not None:
        columns.append(range(start[0], end[0]))
        end = start
    return columns[::-1]


def _break_cost(atom: Atom) -> float:
    if atom.is_start:
        return 0
    return _AMID_COST if atom.is_amid else _BREAK_COST


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


def balance(atoms: Sequence[Atom], columns: Sequence[range], height: float, per_page: int) -> list[range]:
    """Spread what is on the last page over its columns, at most `height` tall; returns the new columns."""
    first = (len(columns) - 1) // per_page * per_page
    if first < 0:
        return []
    start = columns[first].start
    even = sum(atom.height for atom in atoms[start:]) / per_page
    for step in range(_STEPS):
        lower = even + (height - even) * (step / _STEPS) ** 2
        try:
            last = fill(atoms[start:], lower)
        except DoesNotFit:
            continue
        if len(last) <= per_page:
            moved = [range(column.start + start, column.stop + start) for column in last]
            return [*columns[:first], *moved]
    return list(columns)


def gaps(
    atoms: Sequence[Atom], columns: Sequence[range], per_page: int, height: float, most: float
) -> list[float]:
    """Return what to add above each question but a column's first, so that a page's columns end alike.

    For each column, in parts of whose height `most` is; a page's lowest stays as it is. They end at one
    height where a little is enough for that; where it is not, just so much is added that they end less than
    a tenth apart: a ragged foot is better than a hole.
    """
    filled = [sum(atoms[index].height for index in column) for column in columns]
    added: list[float] = []
    for number, column in enumerate(columns):
        first = number // per_page * per_page
        white = max(filled[first : first + per_page]) - filled[number]
        starts = sum(atoms[index].is_start for index in column if index != column.start)
        needed = max((white - _APART * height) / starts, _LITTLE_GAP * height) if starts else 0.0
        added.append(min(white / starts, needed, most * height) if starts else 0.0)
    return added
