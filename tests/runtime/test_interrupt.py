"""Ctrl-C, at any moment of a build, on a terminal: nothing is half-written, and nothing goes on."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from select import select

import pytest

from builder.runtime.atomic import replacing, replacing_together
from tests.conftest import LOOK, PROJECT
from tests.printing import needs_pango
from tests.running import PATIENCE


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


def _read(terminal: int, *, until: str) -> str:
    """Read what is shown until a text is, or all is over."""
    shown = ""
    while until not in shown and (more := _read_more(terminal, shown)):
        shown += more
    return shown


def _read_to_the_end(terminal: int) -> str:
    """Read what is shown until no process has the terminal any more: all of them have ended."""
    shown = ""
    while more := _read_more(terminal, shown):
        shown += more
    return shown


def _read_more(terminal: int, shown: str) -> str:
    assert select([terminal], [], [], PATIENCE)[0], f"something goes on, and shows nothing more: {shown}"
    try:
        return os.read(terminal, 10_000).decode(errors="replace")
    except OSError:  # how Linux says that this is the end
        return ""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Build a corpus once; then edit it."""
    folder = tmp_path / "project"
    shutil.copytree(LOOK, folder / "look")
    for number in range(2, 10):  # enough to be interrupted in the middle
        text = "".join(
            f"## Why is it {number}.{n}? {{#q-{number}-{n}}}\n\n"
            + ("A word and `code` " * 10 + "end. ") * 3
            + "\n\n"
            for n in range(10)
        )
        (folder / "look" / f"{number:02}-more.md").write_text(f"# More {number}\n\n{text}")
    command = [sys.executable, "-m", "builder", "build", "look", "--only", "apkg"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "SOURCE_DATE_EPOCH": "1790000000"}
    subprocess.run(command, cwd=folder, env=environment, check=True)
    (folder / "dist" / "look-studysheet.pdf").write_text("the one of yesterday")
    shutil.rmtree(folder / ".cache")
    with (folder / "look" / "02-more.md").open("a") as chapter:
        chapter.write("## What is new? {#new}\n\nThis.\n")
    return folder


ENDED_BY_CTRL_C = (130, -signal.SIGINT)
"""To a shell, both are 130. Python itself ends so where Ctrl-C came in a text that `exec` runs."""
STAGES = (
    "rendering",
    "5/9",
    "9/9",
    "setting cheatsheet",
    "setting studysheet",
    "setting handbook",
    "setting flashcards",
)
"""What a terminal shows of a build, one after the other."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A build that was interrupted."""

    status: int
    shown: str
    is_as_before: bool


def _interrupted(
    project: Path, stage: str, interrupt: Callable[[subprocess.Popen[bytes], int], object]
) -> Interrupted:
    """Interrupt a build at a stage; again, where it was over before."""
    for number in range(50):
        folder = Path(shutil.copytree(project, project.with_name(f"project-{number}")))
        before = _files(folder / "dist"), _files(folder / "look")
        with _on_a_terminal("build", "look", folder=folder) as (process, terminal):
            assert stage in (begun := _read(terminal, until=stage)), begun
            interrupt(process, terminal)
            shown = _read_to_the_end(terminal)
            status = process.wait(PATIENCE)
        if status:
            is_as_before = (_files(folder / "dist"), _files(folder / "look")) == before
            return Interrupted(status, shown, is_as_before)
    raise AssertionError(f"after {stage!r}, a build is always over too soon: give it more to do")


@pytest.mark.slow
@needs_pango
@pytest.mark.parametrize("stage", STAGES)
def test_ctrl_c_leaves_everything_as_it_was(project: Path, stage: str) -> None:
    build = _interrupted(project, stage, lambda process, terminal: os.write(terminal, b"\x03"))
    assert build.status in ENDED_BY_CTRL_C, build.shown
    assert "Traceback" not in build.shown
    assert "stopped" in build.shown
    assert build.is_as_before


@pytest.mark.slow
@needs_pango
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_of_the_one_process_ends_all_of_them(project: Path, number: signal.Signals) -> None:
    """As a supervisor sends it, or a window that is closed: the processes that it started hear nothing."""
    build = _interrupted(project, "setting studysheet", lambda process, terminal: process.send_signal(number))
    assert build.status in ENDED_BY_CTRL_C, build.shown
    assert "Traceback" not in build.shown
    assert build.is_as_before


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
