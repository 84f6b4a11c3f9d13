"""Work that is spread over processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from builder.runtime.workers import spread
from tests.conftest import PROJECT


def _process_of(job: int) -> tuple[int, int]:
    return job, os.getpid()


def _root(job: int) -> float:
    return float(job**0.5 if job >= 0 else int("none"))


KNOWN: list[int] = []
"""What copies of a process know, and processes of their own do not."""


def _knows(job: int) -> bool:
    return job in KNOWN


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes copies")
@pytest.mark.parametrize(
    ("before", "is_copied"), [("", True), ("start_new_thread(Event().wait, ());", False)]
)
def test_a_process_with_threads_of_a_library_is_not_copied(before: str, is_copied: bool) -> None:
    code = (
        "from _thread import start_new_thread; from threading import Event;"
        " from builder.runtime.workers import spread;"
        f"from tests.runtime.test_workers import KNOWN, _knows; KNOWN.extend(range(4)); {before}"
        "print(set(spread(_knows, range(4), processes=2, is_light=True)))"
    )
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert shown.strip() == str({is_copied})


@pytest.mark.parametrize("is_light", [False, True])
def test_results_come_in_the_order_of_the_jobs_from_several_processes(is_light: bool) -> None:
    found = list(spread(_process_of, range(20), processes=2, is_light=is_light))
    assert [job for job, _ in found] == list(range(20))
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.parametrize(("jobs", "processes"), [(range(1), 2), (range(5), 1), (range(0), 2)])
def test_what_one_process_can_do_needs_no_other(jobs: range, processes: int) -> None:
    found = list(spread(_process_of, jobs, processes=processes))
    assert found == [(job, os.getpid()) for job in jobs]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_job_raises_is_raised_when_its_turn_comes(processes: int) -> None:
    results = spread(_root, [4, -1, 9], processes=processes)
    assert next(results) == 2
    with pytest.raises(ValueError, match="none"):
        next(results)
