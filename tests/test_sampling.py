"""`make test CASES=8` runs every test; of slow ones it tries some cases, from all over their tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

_FILE = "tests/markdown/test_growth.py"


def _collected(*options: str, **variables: str) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        _FILE,
        *options,
    ]
    environment = {name: value for name, value in os.environ.items() if name != "CASES"} | variables
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if "::" in line]


@pytest.mark.slow
def test_each_slow_test_has_as_many_cases_as_wanted_and_each_fast_one_has_all() -> None:
    every, slow = _collected(), _collected("-m", "slow")
    some = _collected(CASES="3")
    assert set(every) - set(slow) < set(some) < set(every)
    of_each = Counter(name.partition("[")[0] for name in slow)
    left = Counter(name.partition("[")[0] for name in some if name in set(slow))
    assert left == {name: min(count, 3) for name, count in of_each.items()}
    assert max(of_each.values()) > 100, "or there is no long table in it any more"


@pytest.mark.slow
def test_the_cases_are_from_all_over_a_table_and_the_same_each_time() -> None:
    every, some = _collected("-m", "slow"), _collected("-m", "slow", CASES="4")
    table = [name for name in every if name.startswith(every[0].partition("[")[0])]
    places = [table.index(name) for name in some if name in table]
    assert places == [place * len(table) // 4 for place in range(4)]
    assert _collected("-m", "slow", CASES="4") == some
