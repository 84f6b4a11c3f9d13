"""The release of this version: a tag publishes what `make` makes, and the wheel, in the changelog's words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from builder import __version__
from tests.conftest import FLASK, PROJECT
from tests.programs import program

WORKFLOW = yaml.safe_load((PROJECT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
COMPARE, NOTES, DECKS, WHEEL, ATTACH = (
    step["run"] for step in WORKFLOW["jobs"]["release"]["steps"] if "run" in step
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return what a step finds: the changelog, and the version."""
    (tmp_path / "builder").mkdir()
    for name in ("CHANGELOG.md", "builder/__init__.py"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def _run(folder: Path, step: str, tag: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does, for a tag."""
    return subprocess.run(
        [program("bash"), "-e", "-o", "pipefail", "-c", step],
        cwd=folder,
        env={
            **os.environ,
            "GITHUB_REF_NAME": tag,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
    )


def test_the_tag_must_be_the_version(folder: Path) -> None:
    assert _run(folder, COMPARE, f"v{__version__}").returncode == 0
    result = _run(folder, COMPARE, "v0.0.1")
    assert result.returncode == 1
    assert f"has {__version__}" in result.stderr


def test_its_notes_are_the_words_of_the_changelog(folder: Path) -> None:
    assert _run(folder, NOTES, f"v{__version__}").returncode == 0
    notes = (folder / "notes.md").read_text(encoding="utf-8")
    assert "### For learners" in notes
    assert "## [" not in notes
    assert "has nothing about v0.0.1" in _run(folder, NOTES, "v0.0.1").stderr


def test_it_has_everything_that_is_made() -> None:
    assert DECKS == "make LOCKED=1"
    assert WHEEL == "make wheel"
    patterns = re.findall(r"\S+/\*\.\S+", ATTACH)
    assert patterns == ["dist/*.apkg", "dist/*.pdf", ".cache/wheel/*.whl", ".cache/wheel/*.tar.gz"]
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert "benchmarks.wheel --into .cache/wheel" in makefile


def test_the_changelog_and_the_corpus_have_the_version() -> None:
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\S+)\](?: - \d{4}-\d\d-\d\d)?$", changelog, re.MULTILINE)
    assert versions[:2] == ["Unreleased", __version__]
    settings = tomllib.loads((FLASK / "deck.toml").read_text(encoding="utf-8"))
    assert settings["version"] == __version__
