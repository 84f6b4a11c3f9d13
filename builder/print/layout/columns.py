"""Fills columns: chooses where each one ends, for the whole sheet at once.

CSS columns leave half of a column white above an unbreakable block, and break questions that could stay whole
(docs/facts/weasyprint.md, section 2). These are pure functions over heights, in the caller's units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

_COLUMN_COST = 0.25
"""Cost of another column, so that space is not bought with columns."""
_BREAK_COST, _AMID_COST = 0.01, 0.05
"""Costs of a break within a question, and within a statement of code: as much as leaving a tenth, or two
tenths, of a column white."""

_LEAST_LAST, _SHORT_COST = 0.3, 4
"""Desired minimum share of the last column that is filled, and the cost factor for the square of the rest."""
_CARRIED_COST = 1.0
"""Cost of a break that carries over too little: as much as leaving a whole column white."""
_MOST_WHITE = 0.5
"""Maximum share of a column that may stay white if more fits."""
_STEPS = 12
"""Number of steps, small at first, in which the last page's columns are made taller until everything fits."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of the sheet that is never broken."""

    height: float
    is_start: bool
    """True if it begins a question: ending a column before it costs nothing."""
    is_amid: bool = False
    """True if it continues a statement of code: ending a column before it costs more."""
    is_little: bool = False
    """True if the rest of its question is too little to be carried over to another column."""


class DoesNotFit(Exception):  # noqa: N818  (control flow: the caller cuts finer)
    """An atom, by its `index`, is taller than any column that it could be in."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def fill(atoms: Sequence[Atom], height: float, first: Sequence[float] = ()) -> list[range]:
    """Return the atoms of each column. Columns are `height` tall, except the `first` ones.

    The result has the least sum of squares of white space; space below the last column is free, unless
    that is nearly empty.
    Raises `DoesNotFit`.
    """
    # Of the columns before an end, only the number of `first` columns matters for the rest.
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
"""Index of the atom after a column, and the number of `first` columns above it."""
_Way = tuple[float, int, _End | None]
"""Cost of the columns up to an end, their number, and the start of the last one."""
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
    return (_AMID_COST if atom.is_amid else _BREAK_COST) + (_CARRIED_COST if atom.is_little else 0)


def _ways(atoms: Sequence[Atom], start: int, height: float) -> list[tuple[int, float]]:
    """Return where a column that begins at `start` may end, each with the share of it that stays white.

    An end that leaves most of it white is left out, unless nothing more fits or nothing is left.
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
    """Spread the atoms of the last page over its columns, at most `height` tall; return the new columns."""
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
    """Return the space to add above questions so that a page's columns end at the same height.

    There is one value for each column, for all its questions but the first; `most` is the maximum, as a share
    of `height`. A page's longest column stays as it is. A column that would need more is not stretched at
    all, because gaps would not hide that it is short.
    """
    filled = [sum(atoms[index].height for index in column) for column in columns]
    added: list[float] = []
    for number, column in enumerate(columns):
        first = number // per_page * per_page
        white = max(filled[first : first + per_page]) - filled[number]
        starts = sum(atoms[index].is_start for index in column if index != column.start)
        added.append(white / starts if starts and white / starts <= most * height else 0.0)
    return added
