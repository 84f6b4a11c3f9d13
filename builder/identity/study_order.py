"""Study order: positions of notes among Anki's new cards, with gaps for later notes.

Anki takes a card's position only when it first imports the card (docs/facts/anki.md, section 8). So a
published position stays as long as the order of the corpus allows. Added and moved notes get one between
their neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

LAST_POSITION = 1_000_000
"""Largest position: Anki repairs due numbers above it (docs/facts/anki.md, section 8)."""
_WIDEST_GAP = 1000
_ROOM_AGAIN = 8
"""Positions per note when a stretch gets new spacing; enough that this is rarely needed."""


def positions(known: Sequence[int | None]) -> list[int]:
    """Return positions of notes in study order, strictly increasing; `known` are their published positions.

    As many as possible stay the same. Where a gap is full, the positions around it get new spacing.
    """
    kept = [-1, *_longest_increasing(known), len(known)]

    def at(index: int) -> int:
        place = known[index] if 0 <= index < len(known) else None
        return place if place is not None else 0 if index < 0 else LAST_POSITION + 1

    gap = min(_WIDEST_GAP, LAST_POSITION // (2 * len(known) or 1))
    placed = [0] * len(known)
    i = 0
    widened = False
    while i + 1 < len(kept):
        before, after = kept[i], kept[i + 1]
        low, high, new = at(before), at(after), after - before - 1
        if new and high - low <= new * (_ROOM_AGAIN if widened else 1) and len(kept) > 2:
            # Also move the neighbour beyond which there is more room.
            room_before = low - at(kept[i - 1]) if i else -1
            room_after = at(kept[i + 2]) - high if i + 2 < len(kept) else -1
            if room_before > room_after:
                i -= 1
            del kept[i + 1]
            widened = True
            continue
        if after == len(known) and low + gap * new <= LAST_POSITION:
            high = low + gap * (new + 1)
        for step in range(1, new + 1):
            placed[before + step] = low + (high - low) * step // (new + 1)
        if after < len(known):
            placed[after] = high
        i += 1
        widened = False
    return placed


def _longest_increasing(known: Sequence[int | None]) -> list[int]:
    """Return the indices of a longest strictly increasing subsequence."""
    ends: list[int] = []  # smallest last value of an increasing subsequence of each length
    indices: list[int] = []
    previous: dict[int, int] = {}
    for index, value in enumerate(known):
        if value is None:
            continue
        length = bisect_left(ends, value)
        ends[length : length + 1] = [value]
        indices[length : length + 1] = [index]
        previous[index] = indices[length - 1] if length else -1
    chain: list[int] = []
    index = indices[-1] if indices else -1
    while index >= 0:
        chain.append(index)
        index = previous[index]
    return chain[::-1]
