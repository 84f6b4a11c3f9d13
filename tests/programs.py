"""The programs that tests use where they are there: the one place that knows which, and where they come from.

A test gets a program's path from `program`, which skips it where there is none, and names the program and
Debian's package. A test that starts a program which not every machine has, and did not ask, fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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
    "zsh": "zsh",
}
"""Debian's package of each program."""
EVERYWHERE = frozenset({"git", "make", "sh"})
"""What `make` needs, too, by name."""
_ALSO = {"chromium": ("google-chrome",), "node": ("nodejs",)}
"""Other names of a program."""


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


def program(name: str) -> str:
    """Return the path of a program. Where it is missing, the test that asks is skipped."""
    path = path_of(name)
    if path is None:
        pytest.skip(missing(name))
    return path


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
    started = os.fsdecode(arguments[0] or arguments[1][0])
    asked = {path_of(name) for name in PROGRAMS}
    inside = (sys.prefix, sys.base_prefix, str(PROJECT))
    if started in asked or Path(started).name in EVERYWHERE or started.startswith(inside):
        return
    raise AssertionError(f"a test starts {started!r}, which not every machine has: see tests/programs.py")


def _is_ours() -> bool:
    """Tell whether a program is started by a test or by a block of the corpus, not by a library."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename == subprocess.__file__ and frame.f_back:
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    return path.is_relative_to(PROJECT / "tests") or path.is_relative_to(PROJECT / "content")


if __name__ == "__main__":  # which .ci/newcomer hides
    print(*PROGRAMS, *(other for others in _ALSO.values() for other in others), sep="\n")
