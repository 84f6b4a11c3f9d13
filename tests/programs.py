"""The programs that tests use where they are there: the one place that knows which, and where they come from.

A test gets a program's path from `program`, which skips it where there is none, and names the program and
Debian's package. A test that starts a program which not every machine has, by whatever path, and not by the
one that it got, fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parent.parent
PROGRAMS = {
    "bash": "bash",
    "chromium": "chromium",
    "curl": "curl",
    "fish": "fish",
    "nginx": "nginx-light",
    "node": "nodejs",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
    "qpdf": "qpdf",
    "redis-server": "redis-server",
    "shellcheck": "shellcheck",
    "zsh": "zsh",
}
"""Debian's package of each program."""
EVERYWHERE = {name: shutil.which(name) for name in ("git", "make", "sh")}
"""What `make` needs, too: where `PATH` leads before any test changes it."""
_ALSO = {"chromium": ("google-chrome",), "node": ("nodejs",)}
"""Other names of a program."""


class Asked(str):
    """The path of a program that a test has asked for: it may start it."""

    __slots__ = ()


@cache
def path_of(name: str) -> str | None:
    """Return where a program is, if it is there."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    # Debian keeps servers where only root's PATH leads.
    beside = [f"{folder[:-3]}sbin" for folder in folders if folder.endswith("/bin")]
    path = os.pathsep.join(folders + beside)
    return next(
        (found for one in (name, *_ALSO.get(name, ())) if (found := shutil.which(one, path=path))), None
    )


def program(name: str) -> Asked:
    """Return the path of a program. Where it is missing, the test that asks is skipped."""
    path = path_of(name)
    if path is None:
        pytest.skip(missing(name))
    return Asked(path)


def missing(name: str) -> str:
    """Say that a program is missing, and what to install."""
    return f"{name} is not installed (Debian: {PROGRAMS[name]})"


def needs(name: str) -> pytest.MarkDecorator:
    """Mark a test that is skipped, before anything is made for it, where a program is missing."""
    return pytest.mark.skipif(path_of(name) is None, reason=missing(name))


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse, as an audit hook, what a test starts without having asked for it.

    Raises `AssertionError`.
    """
    __tracebackhide__ = True
    if event != "subprocess.Popen" or not _is_ours():
        return
    executable, command, folder, environment = arguments
    started = executable or command[0]
    if isinstance(started, Asked):
        return
    file = _file_of(os.fsdecode(started), folder, environment)
    if file is None or not (_is_everywhere(file) or _is_of_the_project(file)):
        raise AssertionError(
            f"a test starts {os.fsdecode(started)!r}, which not every machine has: see tests/programs.py"
        )


def _file_of(started: str, folder: Any, environment: Mapping[str, str] | None) -> Path | None:
    """Return the file that the system starts, if there is one: below a folder, or where `PATH` leads."""
    if os.sep in started:
        file = Path(os.fsdecode(folder or "."), started)
        return file.parent.resolve() / file.name if file.exists() else None
    found = shutil.which(started, path=os.pathsep.join(os.get_exec_path(environment)))
    return Path(found).parent.resolve() / started if found else None


def _is_everywhere(file: Path) -> bool:
    """Tell whether a file is one of those that `make` needs, and not another of that name."""
    if file.name not in EVERYWHERE:
        return False
    real = [EVERYWHERE[file.name], shutil.which(file.name), *(["/bin/sh"] if file.name == "sh" else [])]
    return any(file.samefile(path) for path in real if path)


def _is_of_the_project(file: Path) -> bool:
    """Tell whether a file is of the project or of its environment: what packages bring, and this Python."""
    folders = [PROJECT, *([Path(sys.prefix)] if sys.prefix != sys.base_prefix else [])]
    return file.samefile(sys.executable) or any(file.is_relative_to(folder.resolve()) for folder in folders)


def _is_ours() -> bool:
    """Tell whether a program is started by a test or by a block of the corpus, not by a library."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename == subprocess.__file__ and frame.f_back:
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    return path.is_relative_to(PROJECT / "tests") or path.is_relative_to(PROJECT / "content")


if __name__ == "__main__":  # which .ci/newcomer hides
    print(*PROGRAMS, *(other for others in _ALSO.values() for other in others), sep="\n")
