"""The one place where work is spread over processes."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from signal import (
    SIG_BLOCK,
    SIG_DFL,
    SIG_IGN,
    SIG_SETMASK,
    SIG_UNBLOCK,
    SIGHUP,
    SIGINT,
    SIGTERM,
    getsignal,
    pthread_sigmask,
    signal,
)
from typing import TypeVar

from builder.diagnostics import BuildError
from builder.faults import sendable
from builder.runtime.atomic import temporary_folder

_SAFE_PATH = "PYTHONSAFEPATH"
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
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context("fork" if is_light and _is_alone() else "spawn")
    # What a process that is ended leaves behind, nobody else would delete.
    with temporary_folder() as folder:
        with _folder_is_no_library():  # one that looks after the others is started here
            pool = ProcessPoolExecutor(processes, context, _end_quietly, (str(folder),))
        try:
            # Inherited: a new process would show a traceback.
            with _interrupts_wait(), _folder_is_no_library():
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
    """Call a function in another process; what it raises arrives in the one that waits for it."""
    try:
        return function(job)
    except Exception as error:
        fault = sendable(error)
        if fault is error:
            raise
        raise fault from error


def _is_alone() -> bool:
    """Whether this is the process's only thread, those of libraries counted, of which Python does not know.

    A copy would have the locks of others, and not those threads. macOS's own libraries have some.
    """
    try:
        return sys.platform == "linux" and len([*Path("/proc/self/task").iterdir()]) == 1
    except OSError:
        return False


def end_workers() -> None:
    """End all processes that were started here, whatever they do: nobody waits for it."""
    from multiprocessing import active_children

    for process in active_children():
        process.terminate()


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    before = pthread_sigmask(SIG_BLOCK, {SIGINT})
    try:
        yield
    finally:
        pthread_sigmask(SIG_SETMASK, before)


@contextmanager
def _folder_is_no_library() -> Iterator[None]:
    """Start Python without the current folder on its path, which may be a stranger's, with a socket.py."""
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
    """Let Ctrl-C end a process without a traceback: the one that started it says what there is to say."""
    tempfile.tempdir = folder
    for number in (SIGINT, SIGTERM, SIGHUP):  # a copy does what this program does at each
        if getsignal(number) != SIG_IGN:
            signal(number, SIG_DFL)
    pthread_sigmask(SIG_UNBLOCK, {SIGINT})


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no circles meanwhile: that would take a twentieth of the time, and find next to none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
