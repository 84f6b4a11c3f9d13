"""The workflows that authors copy: sound, and their steps do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROJECT, git
from tests.printing import needs_pango
from tests.programs import program

WORKFLOWS = sorted((PROJECT / "docs" / "workflows").glob("*.yml"))
ELSEWHERE = ("pip install", "apt-get", "gh release")
"""What is not for a test to run: it installs and publishes."""


def _steps(path: Path) -> list[dict[str, Any]]:
    (job,) = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    return list(job["steps"])


def _commands(path: Path) -> list[str]:
    found = [step["run"] for step in _steps(path) if "run" in step]
    return [command for command in found if not any(word in command for word in ELSEWHERE)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return an author's repository: a corpus that was built, committed and released once."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    _run(folder, "cardpress new mine && cardpress build --only apkg && rm -r dist")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "A corpus")
    git(folder, "tag", "v1.0")
    return folder


def _run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does: in a bash that ends with the first command that fails."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [program("bash"), "-e", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_one_with_the_history_and_no_more_rights_than_it_needs(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    (checkout,) = (step for step in _steps(path) if "checkout" in step.get("uses", ""))
    assert checkout["with"]["fetch-depth"] == 0
    wanted = "write" if any("gh release" in step.get("run", "") for step in _steps(path)) else "read"
    assert workflow["permissions"] == {"contents": wanted}
    assert "CARDPRESS" in workflow["env"]
    for command in (step["run"] for step in _steps(path) if "run" in step):
        result = subprocess.run([program("bash"), "-n"], input=command, text=True, capture_output=True)
        assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[needs_pango] * (path.name == "release.yml")) for path in WORKFLOWS],
    ids=lambda path: path.name,
)
def test_the_steps_of_a_workflow_pass_on_a_corpus_that_is_right(repository: Path, path: Path) -> None:
    for command in _commands(path):
        result = _run(repository, command)
        assert result.returncode == 0, result.stderr
    if path.name == "release.yml":
        made = sorted(file.name for file in (repository / "dist").glob("[!.]*"))
        parts = ("-cheatsheet.pdf", "-flashcards.pdf", "-handbook.pdf", "-studysheet.pdf", ".apkg")
        assert made == [f"mine{part}" for part in parts]
        assert "mine" in (repository / "notes.md").read_text()


@pytest.mark.slow
def test_the_notes_of_a_release_say_what_is_new_since_the_last(repository: Path) -> None:
    chapter = repository / "mine" / "01-first-chapter.md"
    chapter.write_text(chapter.read_text() + "\n## What is new? {#new}\n\nThis.\n")
    _run(repository, "cardpress build --only apkg")
    git(repository, "commit", "-qam", "More")
    (notes,) = (command for command in _commands(WORKFLOWS[1]) if "notes.md" in command)
    assert _run(repository, notes).returncode == 0
    text = (repository / "notes.md").read_text()
    assert "mine: for a learner who has v1.0" in text
    assert "What is new?" in text


@pytest.mark.slow
def test_a_mistake_fails_the_check(repository: Path) -> None:
    chapter = repository / "mine" / "01-first-chapter.md"
    chapter.write_text(chapter.read_text() + "\n## No id?\n\nNone.\n")
    command, *_ = _commands(WORKFLOWS[0])
    result = _run(repository, command)
    assert result.returncode == 1
    assert "No id?" in result.stdout + result.stderr


@pytest.mark.slow
def test_a_lock_that_was_not_committed_fails_the_check(repository: Path) -> None:
    chapter = repository / "mine" / "01-first-chapter.md"
    chapter.write_text(chapter.read_text() + "\n## What is new? {#new}\n\nThis.\n")
    _, build, _ = _commands(WORKFLOWS[0])
    result = _run(repository, build)
    assert result.returncode == 1
    assert "build without --locked, and commit it" in result.stderr


def test_this_repository_does_the_same_for_its_own_corpora() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert "make LOCKED=1" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    (deck,) = (line for line in makefile.splitlines() if "cardpress build" in line and "PLAIN" in line)
    assert deck.endswith("$(if $(LOCKED),--locked)")
