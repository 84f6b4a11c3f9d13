"""Worker processes: the only module that spreads work over processes."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from signal import SIG_DFL, SIG_IGN, SIGINT, getsignal, signal
from typing import TypeVar

from builder.diagnostics import BuildError
from builder.faults import sendable
from builder.runtime.atomic import temporary_folder
from builder.runtime.signals import ENDING, interrupts_come, interrupts_wait

_SAFE_PATH = "PYTHONSAFEPATH"
_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


def cores() -> int:
    """Return how many processes can run at once: the cores that this process may use, not the machine's."""
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
    """Call a function with each job, several at a time, and yield the results, in the jobs' order.

    If one process is enough, this process does the work. Otherwise, the function must belong to a module, and
    jobs and results must be picklable. A job's exception is raised in its turn. Light work, without libraries
    that start threads, is done in forked copies of this process where that is safe: they import nothing
    again.
    """
    processes = min(processes or cores(), len(jobs))
    if processes < 2:
        yield from map(function, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context("fork" if is_light and _is_alone() else "spawn")
    # A process that is ended does not delete its temporary files.
    with temporary_folder() as folder:
        with _folder_is_no_library():  # starts a process that watches over the others
            pool = ProcessPoolExecutor(processes, context, _end_quietly, (str(folder),))
        try:
            # New processes inherit this; otherwise, they would show a traceback.
            with interrupts_wait(), _folder_is_no_library():
                results = pool.map(partial(_call, function), jobs)
            yield from results
        except KeyboardInterrupt:
            end_workers()
            raise
        except BrokenProcessPool as error:
            raise BuildError(
                "the system ended a process that cardpress had started, perhaps because memory ran out: close"
                " other programs, and run the command again"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _call(function: Callable[[_Job], _Result], job: _Job) -> _Result:
    """Call a function in another process; its exception arrives in the process that waits for it."""
    try:
        return function(job)
    except Exception as error:
        fault = sendable(error)
        if fault is error:
            raise
        raise fault from error


def _is_alone() -> bool:
    """Return whether this is the process's only thread, counting threads of libraries, unknown to Python.

    A copy would have the locks of the other threads, but not the threads. macOS's own libraries have some.
    """
    try:
        return sys.platform == "linux" and len([*Path("/proc/self/task").iterdir()]) == 1
    except OSError:
        return False


def end_workers() -> None:
    """End all processes that were started here, whatever they do."""
    from multiprocessing import active_children

    for process in active_children():
        process.terminate()


@contextmanager
def _folder_is_no_library() -> Iterator[None]:
    """Start Python without the current folder on its path: it may be a stranger's, with a socket.py."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def _end_quietly(folder: str) -> None:
    """Let Ctrl-C end a process without a traceback: the process that started it prints a message."""
    tempfile.tempdir = folder
    for number in (SIGINT, *ENDING):  # a copy has this program's handlers
        if getsignal(number) != SIG_IGN:
            signal(number, SIG_DFL)
    interrupts_come()


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause Python's cyclic garbage collector: it would take a twentieth of the time and find almost none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
