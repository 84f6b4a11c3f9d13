"""What invisible blocks use beside Flask: Redis, servers, fresh interpreters; and how tests wait."""

from __future__ import annotations

import atexit
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.programs import program

PATIENCE = 600
"""Seconds after which what a test waits for will not come. Far above what a busy machine takes."""


def until(is_so: Callable[[], object], told: Callable[[], object] = lambda: "it never came to be") -> None:
    """Wait for what must come to be.

    Raises AssertionError, with what is told, where it does not.
    """
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, told()
        time.sleep(0.02)


@cache
def redis_url() -> str:
    """Return the address of a real Redis, which starts empty and ends with the tests.

    Where none is installed, what asks for it is skipped.
    """
    server = program("redis-server")
    folder = TemporaryDirectory()
    log = Path(folder.name) / "redis.log"
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder.name],
            stdout=output,
        )
    atexit.register(folder.cleanup)
    atexit.register(process.wait, PATIENCE)
    atexit.register(process.terminate)
    _await(lambda: _is_answered(port, b"PING\r\n", b"+PONG"), process, log)
    return f"redis://127.0.0.1:{port}/0"


def _is_answered(port: int, request: bytes, answer: bytes) -> bool:
    with socket.socket() as client:
        if client.connect_ex(("127.0.0.1", port)):
            return False
        client.sendall(request)
        return client.recv(100).startswith(answer)


def is_listening(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback address."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port of the loopback address on which nothing listens.

    It is none of those that systems give to whoever asks for any port: nobody takes it meanwhile.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


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
            timeout=PATIENCE,
        )
    assert result.returncode == 0, result.stdout
    return result.stdout


@contextmanager
def serving(files: Mapping[str, str], *arguments: str, **environment: str) -> Iterator[str]:
    """Serve with Gunicorn from a folder with these files, on a port of its own; yield the address.

    A worker that a busy machine keeps waiting is not killed for that.
    """
    with TemporaryDirectory() as folder:
        _write(Path(folder), files)
        log = Path(folder) / "gunicorn.log"
        ours = ("--no-control-socket", "--bind", "127.0.0.1:0", "--timeout", str(PATIENCE))
        with log.open("w") as output:
            process = subprocess.Popen(
                _command(("gunicorn", *ours, *arguments)),
                cwd=folder,
                env=_environment(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            # The socket listens before a worker has booted.
            _await(lambda: "Booting worker" in log.read_text(), process, log)
            address = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", log.read_text())
            assert address, log.read_text()
            yield address[1]
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _command(command: tuple[str, ...]) -> list[str]:
    name, *arguments = command
    if name == "python":
        return [sys.executable, *arguments]
    return [str(Path(sys.executable).parent / name), *arguments]


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "PYTEST_"))
    }
    return {**inherited, "PYTHONUNBUFFERED": "1", **given}


def _await(is_so: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for what a server does, as long as it lives."""

    def is_so_or_ended() -> bool:
        assert process.poll() is None, f"the server has ended: {log.read_text()}"
        return is_so()

    until(is_so_or_ended, log.read_text)
