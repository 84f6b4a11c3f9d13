"""Work that is spread over processes."""

from __future__ import annotations

import os

import pytest

from builder.workers import spread


def _process_of(job: int) -> tuple[int, int]:
    return job, os.getpid()


def _root(job: int) -> float:
    return float(job**0.5 if job >= 0 else int("none"))


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
