"""Times whole processes: what each takes of the processor, of the clock and of memory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took, with all that it started."""

    user: float
    """Seconds of the processor in its own code."""
    system: float
    wall: float
    memory: float
    """The most that one process of it had, in megabytes."""


def timed(command: Sequence[str | Path], folder: Path) -> Run:
    """Run a command in a folder, quietly. Raises `RuntimeError` where it fails."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(PROJECT)}
    # As on anybody's machine, modules are compiled once: a measurement would be of that compiler.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    pid = os.fork()
    if not pid:
        os.chdir(folder)
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(quiet, descriptor)
        os.execve(str(command[0]), [str(word) for word in command], environment)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(map(str, command))} failed: status {status}")
    wall = time.perf_counter() - start
    # On Linux in kilobytes, on macOS in bytes.
    memory = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return Run(used.ru_utime, used.ru_stime, wall, memory)


def medians(runs: Sequence[Run]) -> Run:
    """Return the medians of several runs."""
    columns = zip(*((run.user, run.system, run.wall, run.memory) for run in runs), strict=True)
    return Run(*(median(column) for column in columns))
