"""Signals that end programs. The only module that knows which of them a system has."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from signal import SIGINT, SIGTERM, Signals
from subprocess import Popen
from typing import Any

if sys.platform == "win32":
    ENDING: tuple[Signals, ...] = (SIGTERM,)
else:
    from signal import SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK, SIGHUP, SIGKILL, pthread_sigmask

    ENDING = (SIGTERM, SIGHUP)
"""Signals that end a program, besides Ctrl-C: a request to end, and a terminal that is closed."""


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block, in processes that are started there, too."""
    if sys.platform == "win32":
        yield
    else:
        before = pthread_sigmask(SIG_BLOCK, {SIGINT})
        try:
            yield
        finally:
            pthread_sigmask(SIG_SETMASK, before)


def interrupts_come() -> None:
    """Let Ctrl-C reach a process that was started while it waited."""
    if sys.platform != "win32":
        pthread_sigmask(SIG_UNBLOCK, {SIGINT})


def end_group(process: Popen[Any], *, at_once: bool = False) -> None:
    """End a process that was started in its own session, together with the processes that it started.

    Without `at_once`, they may clean up first. Windows has no such groups: only the process itself is ended.
    """
    with suppress(OSError):  # it has just ended
        if sys.platform == "win32":
            process.kill() if at_once else process.terminate()
        else:
            os.killpg(process.pid, SIGKILL if at_once else SIGTERM)
