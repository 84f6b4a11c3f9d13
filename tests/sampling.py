"""Which cases of slow tests are run: all of them, or as many of each test as `CASES` says.

A run on a second machine is about that machine; every case of a long table was tried on the first.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pytest

CASES = int(os.environ.get("CASES", 0))
"""Maximum cases of a slow test; 0 means all."""


def left_out(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Return the cases of slow tests that are not run; those that are come from all over their table."""
    tables: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("slow"):
            tables[item.nodeid.partition("[")[0]].append(item)
    return {item for table in tables.values() for item in set(table) - set(sample(table))}


def sample(table: Sequence[pytest.Item]) -> Sequence[pytest.Item]:
    """Return at most `CASES` of a table, evenly spaced."""
    if not 0 < CASES < len(table):
        return table
    return [table[place * len(table) // CASES] for place in range(CASES)]
