"""Speed does not fall back: ratios to the plain way to a deck, never times, for those are the machine's."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.deck import Measured, measure, table
from benchmarks.runs import PROJECT

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


def test_help_loads_none_of_the_large_libraries() -> None:
    code = (
        "import sys; from builder.cli import main;"
        " main(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    help_, _, loaded = result.stdout.rstrip().rpartition("\n")
    assert "Usage:" in help_
    large = {"markdown_it", "pygments", "genanki", "weasyprint", "PIL", "lxml", "fontTools", "ziamath"}
    assert not large & {name.partition(".")[0] for name in loaded.split()}
