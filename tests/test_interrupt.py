"""Ctrl-C, at any moment of a build, on a terminal: nothing is half-written, and nothing goes on."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builder.atomic import replacing, replacing_together
from tests.conftest import LOOK, PROJECT

TIMEOUT = 120


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def _on_a_terminal(*command: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run cardpress as a terminal does, whose Ctrl-C interrupts all of its processes."""
    terminal, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "builder", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "SOURCE_DATE_EPOCH": "1790000100"},
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
        preexec_fn=lambda: os.tcsetpgrp(0, os.getpgrp()) if _take_terminal() else None,
    )
    os.close(child)
    try:
        yield process, terminal
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _take_terminal() -> bool:
    import fcntl
    import termios

    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever nohup, which may run the tests, told them
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    return True


def _read(terminal: int, *, until: str = "", seconds: float = TIMEOUT) -> str:
    """Read what is shown until a text is, or the program ends, or for some time."""
    shown, end = "", time.monotonic() + seconds
    os.set_blocking(terminal, False)
    while time.monotonic() < end and not (until and until in shown):
        try:
            found = os.read(terminal, 10_000).decode(errors="replace")
        except BlockingIOError:
            time.sleep(0.01)
            continue
        except OSError:
            break
        if not found:
            break
        shown += found
    return shown


def _family(process: subprocess.Popen[bytes], *, seconds: float) -> list[str]:
    """Return the commands of all other processes of its session that are still there after some time."""
    end = time.monotonic() + seconds
    while True:
        listed = subprocess.run(["ps", "-eo", "sid=,pid=,stat=,args="], capture_output=True, text=True)
        found = [line.split(None, 3) for line in listed.stdout.splitlines()]
        left = [args for sid, pid, stat, args in found if sid == str(process.pid) != pid and stat[0] != "Z"]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Build a corpus once; then edit it."""
    shutil.copytree(LOOK, tmp_path / "look")
    for number in range(2, 10):  # enough to be interrupted in the middle
        text = "".join(
            f"## Why is it {number}.{n}? {{#q-{number}-{n}}}\n\n" + "A word, and `code`. " * 30 + "\n\n"
            for n in range(10)
        )
        (tmp_path / "look" / f"{number:02}-more.md").write_text(f"# More {number}\n\n{text}")
    command = [sys.executable, "-m", "builder", "build", "look", "--only", "apkg"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "SOURCE_DATE_EPOCH": "1790000000"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    (tmp_path / "dist" / "look-cheatsheet.pdf").write_text("the one of yesterday")
    shutil.rmtree(tmp_path / ".cache")
    with (tmp_path / "look" / "02-more.md").open("a") as chapter:
        chapter.write("## What is new? {#new}\n\nThis.\n")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "seconds"),
    [("rendering", 0), ("5/9", 0), ("9/9", 0), ("9/9", 0.3), ("9/9", 0.6), ("9/9", 1), ("9/9", 1.5)],
)
def test_ctrl_c_leaves_everything_as_it_was(project: Path, stage: str, seconds: float) -> None:
    before = _files(project / "dist"), _files(project / "look")
    with _on_a_terminal("build", "look", folder=project) as (process, terminal):
        _read(terminal, until=stage)
        time.sleep(seconds)
        assert process.poll() is None, f"a build takes less than {seconds} s: give it more to do"
        os.write(terminal, b"\x03")
        shown = _read(terminal)
        assert process.wait(TIMEOUT) == 130, shown
        assert "Traceback" not in shown
        assert "stopped" in shown
        assert _family(process, seconds=5) == []
    assert (_files(project / "dist"), _files(project / "look")) == before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_of_the_one_process_ends_all_of_them(project: Path, number: signal.Signals) -> None:
    """As a supervisor sends it, or a window that is closed: the processes that it started hear nothing."""
    before = _files(project / "dist")
    with _on_a_terminal("build", "look", folder=project) as (process, terminal):
        _read(terminal, until="9/9")
        time.sleep(0.5)
        process.send_signal(number)
        shown = _read(terminal)
        assert process.wait(TIMEOUT) == 130, shown
        assert "Traceback" not in shown
        assert _family(process, seconds=5) == []
    assert _files(project / "dist") == before


def test_files_that_belong_together_are_replaced_all_or_none(tmp_path: Path) -> None:
    """Ctrl-C between two of them waits until the last."""
    interrupted = False
    try:
        with replacing_together() as replacements:
            for name in ("a", "b"):
                replacements.enter_context(replacing(tmp_path / name)).write_text("new")
                # Left in reverse: this comes after b is replaced, and before a is.
                replacements.callback(signal.raise_signal, signal.SIGINT)
    except KeyboardInterrupt:
        interrupted = True
    assert interrupted
    assert _files(tmp_path) == {"a": b"new", "b": b"new"}


def test_what_ctrl_c_stops_before_that_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def interrupted() -> None:
        with replacing_together() as replacements:
            replacements.enter_context(replacing(tmp_path / "a")).write_text("new")
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert _files(tmp_path) == {"a": b"old"}


def test_what_a_killed_build_left_is_deleted_by_a_later_one(tmp_path: Path) -> None:
    with replacing(tmp_path / "deck [1].apkg") as temporary:
        left = temporary.with_name(temporary.name[:-8] + "aaaaaaaa")
        recent = temporary.with_name(temporary.name[:-8] + "bbbbbbbb")
        others = [tmp_path / ".deck [1].apkg.swp", tmp_path / ".deck 1.apkg.unfinished-cccccccc"]
    for path in (left, recent, *others):
        path.write_text("half")
    for path in (left, *others):
        os.utime(path, (0, 0))
    with replacing(tmp_path / "deck [1].apkg"):
        assert not left.exists()
    assert all(path.exists() for path in (recent, *others))
