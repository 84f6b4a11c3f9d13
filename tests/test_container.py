"""The container: what it is built from is there, and it writes as the owner of the folder."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.programs import program

AS_OWNER = PROJECT / "container" / "as-owner"
NOBODY = 65534


def _ran_in(folder: Path) -> tuple[int, int, str]:
    """Return the user and the group of a file that a command writes there, and its home folder."""
    told = subprocess.run(
        [AS_OWNER, "/bin/sh", "-c", 'touch made && touch "$HOME/made" && echo $HOME'],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    status = (folder / "made").stat()
    return status.st_uid, status.st_gid, told.stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_as_root_it_writes_as_the_owner_of_the_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    os.chown(tmp_path, NOBODY, NOBODY)
    assert _ran_in(tmp_path)[:2] == (NOBODY, NOBODY)


def test_where_it_is_the_owner_it_stays_who_it_is(tmp_path: Path) -> None:
    user, _, home = _ran_in(tmp_path)
    assert user == os.geteuid()
    assert home != os.environ.get("HOME")


def test_a_command_that_fails_has_its_status(tmp_path: Path) -> None:
    assert subprocess.run([AS_OWNER, "/bin/sh", "-c", "exit 7"], cwd=tmp_path).returncode == 7


def test_its_script_is_sound() -> None:
    checked = subprocess.run([program("shellcheck"), AS_OWNER], capture_output=True, text=True)
    assert checked.stdout == ""


def test_what_it_is_built_from_is_sent_along() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = settings["project"]
    needed = {*wheel["packages"], *wheel["force-include"], *project["license-files"], project["readme"]}
    needed |= {"pyproject.toml"}
    needed |= set(re.findall(r"/tmp/cardpress/([\w.-]+)", (PROJECT / "Containerfile").read_text()))
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert needed <= sent
    assert all((PROJECT / name).exists() for name in sent)
    assert any(fnmatch(".venv", line) for line in ignored if not line.startswith(("!", "#")))
