"""A `cardpress watch` as an author runs it, for tests that look at its page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import PROJECT
from tests.running import PATIENCE, free_port


@contextmanager
def watching_corpus(folder: Path, port: int = 0, *, program: Path | None = None) -> Iterator[str]:
    """Watch a corpus with the command as an author runs it; yield the address."""
    start = [str(program)] if program else ["-m", "builder"]
    process = subprocess.Popen(
        [sys.executable, *start, "watch", str(folder), "--port", str(port or free_port())],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    try:
        for line in process.stdout:
            if line.startswith("http://"):
                break
        yield line.partition(" ")[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
