"""Speed does not fall back: ratios to the plain way to a deck, never times, for those are the machine's."""

from __future__ import annotations

import sys
from statistics import median

import pytest

from benchmarks.deck import Measured, measure, table
from benchmarks.runs import PROJECT, timed

LIMITS = {"cold": 0.95, "one edit": 0.26, "nothing changed": 0.13, "check, cold": 0.65, "check, warm": 0.1}
"""Above what docs/performance.md has, by what a busy machine adds."""


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure(1000, rounds=2)


@pytest.mark.slow
@pytest.mark.parametrize("case", LIMITS)
def test_the_processor_is_busy_for_a_part_of_what_the_plain_way_takes(case: str, measured: Measured) -> None:
    assert measured.ratio(case) <= LIMITS[case]


@pytest.mark.slow
def test_memory_and_package_stay_small(measured: Measured) -> None:
    assert max(run.memory for case in LIMITS for run in measured.runs[case]) <= 64
    assert measured.package / measured.questions <= 1000  # bytes: 1 MB per 1,000 questions


@pytest.mark.slow
def test_the_result_is_told_as_a_table(measured: Measured) -> None:
    lines = table([measured], 0.06).splitlines()
    assert [line for line in lines if line.startswith("| 1,000 | one edit |")]
    assert "- `cardpress --help`: 60 ms of CPU more than a bare interpreter." in lines


@pytest.mark.slow
def test_help_needs_little_more_than_click() -> None:
    """With markdown-it, Pygments and genanki it would be nearly three times as much as click alone."""
    rounds = [(user(HELP), user(CLICK)) for _ in range(7)]
    assert median(ours / click for ours, click in rounds) <= 2.5


HELP = (sys.executable, "-m", "builder", "--help")
CLICK = (sys.executable, "-c", "import click; click.Command('cardpress').main(['--help'])")


def user(command: tuple[str, ...]) -> float:
    run = timed(command, PROJECT)
    return run.user + run.system
