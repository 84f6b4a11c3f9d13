"""What `cardpress watch` says in the terminal, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import Result

from tests.conftest import CHAPTER, PROJECT, WriteCorpus
from tests.running import TIMEOUT, free_port

Run = Callable[..., Result]


@contextmanager
def _watching(*arguments: object, temporary: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a terminal's place; end it, however the test goes."""
    command = [sys.executable, "-m", "builder", "watch", *map(str, arguments)]
    pipe, errors = subprocess.PIPE, subprocess.STDOUT
    environment = {**os.environ, **({"TMPDIR": str(temporary)} if temporary else {})}
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=pipe, stderr=errors, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=TIMEOUT)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().rstrip("\n")


def test_it_says_where_then_a_line_a_save_and_what_is_wrong(write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    chapter = folder / "01-first.md"
    with _watching(folder) as process:
        assert re.fullmatch(r"3 cards, [\d,]+ ms", _line(process))
        address = re.fullmatch(r"(http://127\.0\.0\.1:\d+/) shows them; Ctrl-C ends it", _line(process))
        assert address
        assert urlopen(address[1]).status == 200
        (folder / "4913").touch()  # as Vim does before it saves
        (folder / "01-first.md~").write_text(CHAPTER)
        (folder / "4913").unlink()
        chapter.write_text(CHAPTER.replace("`1 + 1`", "2"))
        assert re.fullmatch(r"01-first\.md: 1 card changed, \d+ ms", _line(process))
        chapter.write_text(CHAPTER.replace("`1 + 1`", "2").replace("{#two .mid}", "{.mid}"))
        assert _line(process) == f"{chapter}:9:1: error: 'What is two?' has no id [missing-id]"
        assert "add one" in _line(process)
        assert re.fullmatch(r"01-first\.md: no card changed, \d+ ms, 1 error", _line(process))
        chapter.write_text(CHAPTER)
        assert re.fullmatch(r"01-first\.md: 1 card changed, \d+ ms", _line(process))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_and_leaves_nothing(
    write_corpus: WriteCorpus, tmp_path: Path, how: signal.Signals
) -> None:
    folder, temporary = write_corpus(), tmp_path / "temporary"
    temporary.mkdir()
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with _watching(folder, temporary=temporary) as process:
        _line(process)
        _line(process)
        assert any(temporary.iterdir())
        process.send_signal(how)
        rest, _ = process.communicate(timeout=TIMEOUT)
        assert (rest.strip(), process.returncode) == ("", 0)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == files
    assert not any(temporary.iterdir())


def test_a_port_that_is_taken_is_named(run: Run, write_corpus: WriteCorpus) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        result = run("watch", write_corpus(), "--port", port)
    assert result.exit_code == 1
    assert f"port {port} cannot be used" in result.stderr


@pytest.mark.parametrize("editor", ["editor:{file}", "editor:{", "editor:{path:d}"])
def test_an_editor_s_address_names_what_is_known(run: Run, write_corpus: WriteCorpus, editor: str) -> None:
    result = run("watch", write_corpus(), "--editor", editor)
    assert result.exit_code == 2
    assert "{path}, {line} and {column}" in result.stderr
