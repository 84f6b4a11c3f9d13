"""Fits texts of several lengths into columns: spare room is used for longer answers.

Each item has variants of increasing length. The ends of columns and the variants are chosen for all items at
once: by dynamic programming over the ends, with a knapsack for each column. These are pure functions; heights
are whole units of a baseline grid.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf

GAP, DEAR_GAP, MOST_GAP = 1, 2, 3
"""Units above an item, and above one that begins something; and the maximum, to make a column end where it
should."""
_SPARE_COST, _WHITE_COST = 0.15, 1.5
"""Costs of a unit in gaps, and of a white one at the end of a column; losing half of an answer costs about a
third of 1."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to set an item."""

    height: int
    loss: float
    """Loss: how much it leaves out, 0 if nothing."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A column: its items, their variants, and its unfilled units."""

    items: range
    picks: tuple[int, ...]
    spare: int


@dataclass(frozen=True, slots=True)
class Item:
    """Something to place, in one of its variants."""

    variants: Sequence[Variant]
    is_dear: bool = False
    """True if extra space goes above it: it begins a chapter, or is a table."""

    @property
    def gap(self) -> int:
        """Units above it, unless it is the first in its column."""
        return DEAR_GAP if self.is_dear else GAP


Items = Sequence[Item]


def feasible(items: Items, rooms: Sequence[int]) -> bool:
    """Tell whether items fit columns, in order, each in its shortest variant."""
    return _columns_needed(items, rooms, longest=False) <= len(rooms)


def fills_less(items: Items, rooms: Sequence[int]) -> bool:
    """Tell whether items fit columns even in their longest variants, so that some columns stay empty."""
    return _columns_needed(items, rooms, longest=True) <= len(rooms)


def _columns_needed(items: Items, rooms: Sequence[int], *, longest: bool) -> int:
    """Return the number of columns that are needed; one more than there are if these are not enough."""
    column, used = 0, 0
    for item in items:
        heights = [variant.height for variant in item.variants]
        height = max(heights) if longest else min(heights)
        while column < len(rooms) and used + (item.gap if used else 0) + height > rooms[column]:
            column, used = column + 1, 0
        if column == len(rooms):
            return column + 1
        used += (item.gap if used else 0) + height
    return column + 1 if used else column


def fit(items: Items, rooms: Sequence[int]) -> list[Filled] | None:
    """Choose the ends of columns and the items' variants; return None if they do not fit."""
    costs = _column_costs(items, {*rooms})
    # Least cost of each number of items in the columns so far, and the start of the last column.
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for room in rooms:
        reached: dict[int, tuple[float, int]] = {}
        for start, (before, _) in best[-1].items():
            for end, cost in costs[room][start]:
                if before + cost < reached.get(end, (inf, 0))[0]:
                    reached[end] = before + cost, start
        best.append(reached)
    if len(items) not in best[-1]:
        return None
    filled: list[Filled] = []
    end = len(items)
    for number in range(len(rooms), 0, -1):
        start = best[number][end][1]
        filled.append(_filled(items, range(start, end), rooms[number - 1]))
        end = start
    return filled[::-1]


def _column_costs(items: Items, rooms: Collection[int]) -> dict[int, list[list[tuple[int, float]]]]:
    """Return, for each room and each start, where a column may end, with the costs."""
    costs: dict[int, list[list[tuple[int, float]]]] = {room: [] for room in rooms}
    for start in range(len(items) + 1):
        for room in rooms:
            # An empty column costs much, but is always possible.
            costs[room].append([(start, _spare_cost(room, 0))])
        losses: dict[int, float] = {0: 0.0}
        for end in range(start, len(items)):
            gap = items[end].gap if end > start else 0
            losses = _with(losses, items[end].variants, max(rooms), gap)
            if not losses:
                break
            for room in rooms:
                fitting = [
                    loss + _spare_cost(room - used, end - start)
                    for used, loss in losses.items()
                    if used <= room
                ]
                if fitting:
                    costs[room][start].append((end + 1, min(fitting)))
    return costs


def _with(losses: dict[int, float], variants: Sequence[Variant], room: int, gap: int) -> dict[int, float]:
    """Return the least loss by units used, after adding an item."""
    found: dict[int, float] = {}
    for used, loss in losses.items():
        for variant in variants:
            height, total = used + gap + variant.height, loss + variant.loss
            if height <= room and total < found.get(height, inf):
                found[height] = total
    return found


def _spare_cost(spare: int, gaps: int) -> float:
    taken = min(spare, gaps)
    return _SPARE_COST * taken + _WHITE_COST * (spare - taken)


def _filled(items: Items, column: range, room: int) -> Filled:
    """Choose the variants for the items of a column."""
    ways: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for index in column:
        found: dict[int, tuple[float, tuple[int, ...]]] = {}
        gap = items[index].gap if index > column.start else 0
        for used, (loss, picks) in ways.items():
            for pick, variant in enumerate(items[index].variants):
                height, total = used + gap + variant.height, loss + variant.loss
                if height <= room and total < found.get(height, (inf, ()))[0]:
                    found[height] = total, (*picks, pick)
        ways = found
    gaps = len(column) - 1
    used = min(ways, key=lambda used: ways[used][0] + _spare_cost(room - used, gaps))
    return Filled(column, ways[used][1], room - used)


def spread(spare: int, items: Items) -> list[int]:
    """Return the units above each item of a column; spare units go above dear items first."""
    gaps = [item.gap if number else 0 for number, item in enumerate(items)]
    for _ in range(MOST_GAP):
        for is_dear in (True, False):
            for number, item in enumerate(items):
                if number and spare and item.is_dear is is_dear and gaps[number] < MOST_GAP:
                    gaps[number] += 1
                    spare -= 1
    return gaps


def shortest_room(items: Items, full: Sequence[int], columns: int, most: int) -> int:
    """Return the least height of the last `columns`, after full ones, for items in their longest variants."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        if fills_less(items, [*full, *[middle] * columns]):
            high = middle
        else:
            low = middle + 1
    return low
