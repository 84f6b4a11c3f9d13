"""What the corpus's invisible blocks use beside Flask: Redis, servers, fresh interpreters."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

TIMEOUT = 60
"""Seconds after which anything here has gone wrong."""


@cache
def redis_url() -> str:
    """Return the address of a real Redis, which starts empty and ends with the tests.

    Where none is installed, what asks for it is skipped.
    """
    server = shutil.which("redis-server")
    if not server:
        if os.environ.get("CI"):
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed (Debian: redis-server)")
    port = free_port()
    folder = TemporaryDirectory()
    process = subprocess.Popen(
        [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder.name],
        stdout=subprocess.DEVNULL,
    )
    atexit.register(folder.cleanup)
    atexit.register(process.wait, TIMEOUT)
    atexit.register(process.terminate)
    _await_connection(port)
    return f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    """Return a port of the loopback address on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run(files: Mapping[str, str], *command: str, **environment: str) -> str:
    """Run a command in a folder with these files; return what it printed, errors too.

    `python`, and any program of a package, is that of this environment; of FLASK_ variables it knows only
    those given here. Raises AssertionError, with the output, where the command fails.
    """
    with TemporaryDirectory() as folder:
        _write(Path(folder), files)
        result = subprocess.run(
            _command(command),
            cwd=folder,
            env=_environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
        )
    assert result.returncode == 0, result.stdout
    return result.stdout


@contextmanager
def serving(files: Mapping[str, str], *arguments: str, **environment: str) -> Iterator[str]:
    """Serve with Gunicorn from a folder with these files, on a port of its own; yield the address."""
    port = free_port()
    with TemporaryDirectory() as folder:
        _write(Path(folder), files)
        log = Path(folder) / "gunicorn.log"
        command = ("gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}", *arguments)
        with log.open("w") as output:
            process = subprocess.Popen(
                _command(command),
                cwd=folder,
                env=_environment(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            # The socket listens before a worker has booted.
            _await(lambda: bool(re.search("Booting worker", log.read_text())), log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(TIMEOUT)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _command(command: tuple[str, ...]) -> list[str]:
    program, *arguments = command
    if program == "python":
        return [sys.executable, *arguments]
    return [str(Path(sys.executable).parent / program), *arguments]


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "PYTEST_"))
    }
    return {**inherited, "PYTHONUNBUFFERED": "1", **given}


def _await_connection(port: int) -> None:
    def answers() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    _await(answers, None)


def _await(is_so: Callable[[], bool], log: Path | None) -> None:
    end = time.monotonic() + TIMEOUT
    while not is_so():
        assert time.monotonic() < end, log.read_text() if log else "nothing answers"
        time.sleep(0.02)
