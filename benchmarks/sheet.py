"""Compares the cheat-sheet of the shipped corpus with the plain way to one, whole processes in turn.

`python -m benchmarks.sheet [ROUNDS]` prints the medians of the processor's time, and their ratio.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from subprocess import run
from tempfile import TemporaryDirectory

CORPUS = Path(__file__).parent.parent / "content" / "flask"


def processor_time(*command: str) -> float:
    """Run a command and return the user time that it and its children took, in seconds."""
    before = getrusage(RUSAGE_CHILDREN).ru_utime
    run(
        [sys.executable, *command], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    return getrusage(RUSAGE_CHILDREN).ru_utime - before


def compare(rounds: int) -> tuple[float, float]:
    """Return the medians of the plain way's time and of ours."""
    plain, ours = [], []
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(CORPUS, folder / "flask")
        for _ in range(rounds):
            plain.append(
                processor_time("-m", "benchmarks.plain_sheet", str(CORPUS), str(folder / "plain.pdf"))
            )
            ours.append(
                processor_time(
                    *("-m", "builder", "cheatsheet", str(folder / "flask"), "--output", str(folder))
                )
            )
    return median(plain), median(ours)


if __name__ == "__main__":
    plain, ours = compare(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    print(f"plain: {plain:.1f} s, cardpress: {ours:.1f} s, ratio {ours / plain:.2f}")
