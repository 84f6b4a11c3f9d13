"""Times whole processes: what each takes of the processor, of the clock and of memory."""

from __future__ import annotations

import os
import subprocess
import sys
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


_LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, used.ru_utime, used.ru_stime, wall, used.ru_maxrss)
"""
"""Runs a command and prints what it took. In a process of its own: the system counts the memory of the one
that starts another as the other's too, and that of tests is large."""


def timed(command: Sequence[str | Path], folder: Path) -> Run:
    """Run a command in a folder, quietly. Raises `RuntimeError` where it fails."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(PROJECT)}
    # As on anybody's machine, modules are compiled once: a measurement would be of that compiler.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    launch = (sys.executable, "-I", "-S", "-c", _LAUNCHER, *map(str, command))
    told = subprocess.run(launch, cwd=folder, env=environment, capture_output=True, text=True)
    status, *taken = map(float, told.stdout.split())
    if status:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{told.stderr}")
    user, system, wall, memory = taken
    # On Linux in kilobytes, on macOS in bytes.
    return Run(user, system, wall, memory / (1e6 if sys.platform == "darwin" else 1e3))


def medians(runs: Sequence[Run]) -> Run:
    """Return the medians of several runs."""
    columns = zip(*((run.user, run.system, run.wall, run.memory) for run in runs), strict=True)
    return Run(*(median(column) for column in columns))
