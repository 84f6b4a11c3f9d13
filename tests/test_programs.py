"""What a test may start: what every machine has, and what it asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.conftest import PROJECT
from tests.programs import EVERYWHERE, PROGRAMS, program

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a program that succeeds, in a folder of its own."""

    def write(name: str) -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def optional(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a program that not every machine has: where `PATH` leads, and below the current folder."""
    path = write("qpdf")
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    programs.path_of.cache_clear()
    return path


@pytest.fixture(autouse=True)
def _look_again() -> Iterator[None]:
    yield
    programs.path_of.cache_clear()


@pytest.mark.parametrize(
    "started", ["qpdf", "bin/qpdf", "./bin/qpdf", "bin/../bin/qpdf", "{}", "no-such-program"]
)
def test_what_was_not_asked_for_is_refused_by_whatever_name(optional: Path, started: str) -> None:
    name = started.format(optional)
    with pytest.raises(AssertionError) as refused:
        subprocess.run([name, "--version"])
    assert f"a test starts {name!r}, which not every machine has" in str(refused.value)


def test_what_another_test_asked_for_is_refused_all_the_same(optional: Path) -> None:
    assert program("qpdf") == str(optional)
    with pytest.raises(AssertionError, match="a test starts"):
        subprocess.run([str(optional)])


def test_what_was_asked_for_is_started(optional: Path) -> None:
    assert subprocess.run([program("qpdf"), "--version"]).returncode == 0
    assert subprocess.run("exit 3", shell=True, executable=program("qpdf")).returncode == 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_that_is_here_is_refused_until_it_is_asked_for(name: str) -> None:
    path = str(program(name))
    with pytest.raises(AssertionError, match="a test starts"):
        subprocess.Popen([path.encode()])


@pytest.mark.parametrize("name", EVERYWHERE)
def test_another_program_of_a_name_that_is_everywhere_is_refused(write: Write, name: str) -> None:
    path = write(name)
    for started, folder in ((str(path), None), (f"./{name}", path.parent)):
        with pytest.raises(AssertionError, match="a test starts"):
            subprocess.run([started], cwd=folder)
    with pytest.raises(AssertionError, match="a test starts"):
        subprocess.run([name], env={"PATH": str(path.parent)})


@pytest.mark.parametrize("name", ["git", "make", "sh", "/bin/sh"])
def test_what_is_everywhere_is_started_by_its_name_and_by_its_path(name: str, tmp_path: Path) -> None:
    path = shutil.which(name)
    assert path
    for started in (name, path):
        assert subprocess.run([started, "--version"], cwd=tmp_path, capture_output=True).args[0] == started
    link = tmp_path / Path(name).name  # as in .ci/newcomer, where PATH leads to links
    link.symlink_to(path)
    subprocess.run([link, "--version"], capture_output=True)
    assert subprocess.run("exit 3", shell=True).returncode == 3


def test_python_and_what_packages_bring_are_started() -> None:
    assert subprocess.run([sys.executable, "-c", ""]).returncode == 0
    pytest_ = Path(sys.executable).parent / "pytest"
    assert subprocess.run([pytest_, "--version"], capture_output=True).returncode == 0
    relative = os.path.relpath(pytest_, PROJECT)
    assert subprocess.run([relative, "--version"], cwd=PROJECT, capture_output=True).returncode == 0
