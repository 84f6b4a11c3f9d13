"""Five tasks, each a script that starts in an empty folder and does what the README and its pages say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import PROJECT, git
from tests.printing import needs_pango
from tests.programs import EVERYWHERE, program

TASKS = sorted((PROJECT / "tests" / "tasks").glob("*.sh"))
PRINTS = "3-a-table-of-a-teacher.sh"
"""Task that needs Pango."""
PATIENCE = 900
"""Seconds after which a task will not end."""
PAGES = "".join(
    path.read_text(encoding="utf-8") for path in [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]
)
_COMMAND = re.compile(r"\bcardpress (?P<name>[a-z]+)(?P<rest>[^|;&)\n]*)")
_OPTION = re.compile(r"(?<= )--[a-z-]+")


def _path() -> str:
    """Return a PATH of this environment's programs, and of those that every machine has."""
    folders = [Path(sys.executable).parent, *(Path(found).parent for found in EVERYWHERE.values() if found)]
    return os.pathsep.join(dict.fromkeys([*map(str, folders), "/usr/bin", "/bin"]))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with a commit of the files that git has or would add: what a clone of them gets."""
    folder = tmp_path_factory.mktemp("published")
    listed = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((PROJECT / name).read_bytes())
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "-qm", "The repository")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "task",
    [pytest.param(path, marks=[needs_pango] * (path.name == PRINTS)) for path in TASKS],
    ids=lambda path: path.stem,
)
def test_a_task_is_done_from_an_empty_folder(task: Path, repository: Path, tmp_path: Path) -> None:
    if "phone import" in task.read_text(encoding="utf-8") and not find_spec("anki"):
        pytest.skip("the real Anki is not installed (PyPI: anki)")
    for name in ("home", "folder"):
        (tmp_path / name).mkdir()
    environment = {
        "HOME": str(tmp_path / "home"),
        "PATH": _path(),
        "LANG": "C.UTF-8",
        "REPOSITORY": str(repository),
        "PYTHONDONTWRITEBYTECODE": "1",
        # Later than the lock of the shipped corpus, which an author may not have built yet.
        "SOURCE_DATE_EPOCH": "1900000000",
    }
    result = subprocess.run(
        ["sh", str(task)],
        cwd=tmp_path / "folder",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("task", TASKS, ids=lambda path: path.stem)
def test_a_task_is_a_sound_script_for_any_shell(task: Path) -> None:
    assert task.read_text(encoding="utf-8").startswith("#!/bin/sh\n# ")
    checked = subprocess.run([program("shellcheck"), "--shell", "sh", task], capture_output=True, text=True)
    assert checked.stdout == ""


@pytest.mark.parametrize("task", TASKS, ids=lambda path: path.stem)
def test_a_task_uses_what_the_readme_and_its_pages_show(task: Path) -> None:
    text = task.read_text(encoding="utf-8")
    for command in _COMMAND.finditer(re.sub(r"^ *#.*", "", text, flags=re.MULTILINE)):
        name = command["name"]
        assert f"cardpress {name}" in PAGES, name
        for option in _OPTION.findall(command["rest"]):
            shown = rf"cardpress {name}\b[^|;&)\n]* {option}\b|`{option}\b"
            assert re.search(shown, PAGES), f"cardpress {name} {option}"


def test_there_are_five() -> None:
    assert len(TASKS) == 5
