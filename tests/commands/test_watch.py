"""What `cardpress watch` says in the terminal, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import click
import pytest
from click.testing import Result

from builder.commands.watch import _token
from builder.corpus.model import Question
from builder.preview.watcher import saves
from tests.conftest import CHAPTER, PROJECT, WriteCorpus
from tests.running import PATIENCE, free_port

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the user's settings: one of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


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
            process.communicate(timeout=PATIENCE)


def _save(path: Path, text: str) -> None:
    """Save at once: a file that is written in place is empty for a moment, which may be noticed."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().rstrip("\n")


def test_it_says_where_then_a_line_a_save_and_what_is_wrong(write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    chapter = folder / "01-first.md"
    with _watching(folder) as process:
        assert re.fullmatch(r"3 cards, [\d,]+ ms", _line(process))
        address = re.fullmatch(
            r"(http://127\.0\.0\.1:\d+/[\w-]{22}/) shows them; Ctrl-C ends it", _line(process)
        )
        assert address
        assert urlopen(address[1]).status == 200
        (folder / "4913").touch()  # as Vim does before it saves
        (folder / "01-first.md~").write_text(CHAPTER)
        (folder / "4913").unlink()
        _save(chapter, CHAPTER.replace("`1 + 1`", "2"))
        # The folder's name, where the save came before the watch had begun.
        assert re.fullmatch(r"(01-first\.md|demo): 1 card changed, \d+ ms", _line(process))
        _save(chapter, CHAPTER.replace("`1 + 1`", "2").replace("{#two .mid}", "{.mid}"))
        assert _line(process) == f"{chapter}:9:1: error: 'What is two?' has no id [missing-id]"
        assert "add a permanent id" in _line(process)
        assert re.fullmatch(r"(01-first\.md|demo): no card changed, \d+ ms, 1 error", _line(process))
        _save(chapter, CHAPTER)
        assert re.fullmatch(r"(01-first\.md|demo): 1 card changed, \d+ ms", _line(process))


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
        rest, _ = process.communicate(timeout=PATIENCE)
        assert (rest.strip(), process.returncode) == ("", 0)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == files
    assert not any(temporary.iterdir())


def test_a_save_before_the_watch_has_begun_is_not_missed(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus()

    def begun_late(folders: Iterable[Path]) -> Iterator[set[Path]]:
        _save(folder / "01-first.md", CHAPTER.replace("`1 + 1`", "2"))
        changed = next(saves(folders))
        assert changed == set()
        yield changed
        raise KeyboardInterrupt

    monkeypatch.setattr("builder.preview.watcher.saves", begun_late)
    assert "demo: 1 card changed" in run("watch", folder).output


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


def test_the_token_stays_and_only_its_user_can_read_it(config: Path) -> None:
    token, path = _token(), config / "cardpress" / "preview-token"
    assert re.fullmatch(r"[\w-]{22}", token)
    assert _token() == token == path.read_text()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("spoilt", ["readable", "a link", "short", "no text", "empty"])
def test_a_token_that_others_may_know_is_replaced(config: Path, tmp_path: Path, spoilt: str) -> None:
    token, path = _token(), config / "cardpress" / "preview-token"
    match spoilt:
        case "readable":
            path.chmod(0o640)
        case "a link":
            path.rename(tmp_path / "elsewhere")
            path.symlink_to(tmp_path / "elsewhere")
        case "short" | "empty":
            path.write_text("a" if spoilt == "short" else "")
        case _:
            path.write_bytes(b"\xff" * 22)
    new = _token()
    assert new != token
    assert _token() == new
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.is_symlink()


def test_where_it_cannot_be_kept_a_token_is_good_for_this_time(config: Path) -> None:
    config.write_text("a file, not a folder")
    assert _token() != _token()


def test_a_browser_is_started_with_an_address_that_others_cannot_use(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[str] = []
    monkeypatch.setattr(click, "launch", launched.append)
    monkeypatch.setattr("builder.preview.watcher.saves", lambda folders: iter(()))
    result = run("watch", write_corpus(), "--open")
    assert result.exit_code == 0
    (address,) = launched
    assert "/open/" in address
    assert _token() not in address
    assert _token() in result.stdout


def test_a_fault_at_a_save_is_told_and_the_watch_goes_on(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from builder.anki import render

    folder, usual = write_corpus(), render.cards_of
    chapter = folder / "01-first.md"

    def broken(question: Question) -> tuple[int, ...]:
        raise LookupError("it broke")

    def saves(folders: object) -> Iterator[set[Path]]:
        chapter.write_text(CHAPTER.replace("second", "2nd"))
        monkeypatch.setattr(render, "cards_of", broken)
        yield {chapter}
        monkeypatch.setattr(render, "cards_of", usual)
        yield {folder / "deck.toml"}

    monkeypatch.setattr("builder.preview.watcher.saves", saves)
    result = run("watch", folder)
    assert result.exit_code == 0
    assert result.stderr == (
        f"Error: {chapter}:9, question 'two': this is a fault of cardpress (LookupError: it broke);"
        " please report it with this command line, the output of --verbose and what cardpress doctor prints\n"
    )
    assert "deck.toml: 1 card changed" in result.stdout
