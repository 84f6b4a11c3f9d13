"""The one place where work is spread over processes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


def cores() -> int:
    """Return how many processes can run at once: what this one may use, not what the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    function: Callable[[_Job], _Result],
    jobs: Sequence[_Job],
    *,
    processes: int | None = None,
    is_light: bool = False,
) -> Iterator[_Result]:
    """Call a function with each job, several at a time, and yield what it returns, in the jobs' order.

    In this process where one would do. Otherwise the function is one of a module, and jobs and results can
    be pickled. What is raised for a job is raised when its turn comes. Light work, which no library with
    threads of its own has a part in, is done by copies of this process where that is safe: they need not
    import anything again.
    """
    processes = min(processes or cores(), len(jobs))
    if processes < 2:
        yield from map(function, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A copy would have other threads' locks, and not those threads; macOS's own libraries have some.
    can_copy = is_light and sys.platform == "linux" and threading.active_count() == 1
    context = get_context("fork" if can_copy else "spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_end_quietly)
    try:
        yield from pool.map(function, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _end_quietly() -> None:
    """Let Ctrl-C end a process without a traceback: the one that started it says what there is to say."""
    from signal import SIG_DFL, SIGINT, signal

    signal(SIGINT, SIG_DFL)
