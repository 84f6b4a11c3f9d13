"""Ordinary notes, as people write them who never heard of cardpress: a screen of advice, then a deck."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.read import read_package
from tests.conftest import PROJECT

Run = Callable[..., Result]
NOTES = PROJECT / "tests" / "notes"
SCREEN = 24
"""Lines of a terminal."""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return Path(shutil.copytree(NOTES, tmp_path / "notes"))


def test_what_is_said_of_them_fits_a_screen(run: Run, notes: Path) -> None:
    result = run("check", notes)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) <= SCREEN
    assert "cardpress check --fix fixes" in result.stderr.splitlines()[-1]
    assert ": error: " not in result.stderr, "all that is wrong fixes itself"
    assert len(run("check", notes, "--verbose").stderr.splitlines()) > 3 * SCREEN


def test_they_are_fixed_into_a_corpus_that_builds(run: Run, notes: Path, tmp_path: Path) -> None:
    fixed = run("check", notes, "--fix")
    assert fixed.exit_code == 0, fixed.stderr
    built = run("build", notes, "--only", "apkg", "--output", tmp_path)
    assert built.exit_code == 0, built.output
    made = read_package(tmp_path / "study-notes.apkg", "study-notes").notes
    texts = [note.fields["Prompt"] for note in made.values()]
    assert len(texts) == 16
    assert "What is the difference between TCP and UDP?" in texts
    # What has no answer yet.
    assert "What is NAT?" not in texts


def test_fixed_once_they_stay_as_they_are(run: Run, notes: Path) -> None:
    run("check", notes, "--fix")
    before = {path.name: path.read_bytes() for path in notes.glob("*.md")}
    assert "fixed: " not in run("check", notes, "--fix").stderr
    assert {path.name: path.read_bytes() for path in notes.glob("*.md")} == before


def test_no_word_is_lost(run: Run, notes: Path) -> None:
    """What stands between tags and marks is there after, in its order but for what was moved."""
    before = {path.name: _words(path.read_text(encoding="utf-8")) for path in notes.glob("*.md")}
    run("check", notes, "--fix")
    for name, words in before.items():
        after = _words((notes / name).read_text(encoding="utf-8"))
        assert words - after == set(), name


def _words(text: str) -> set[str]:
    plain = unescape(re.sub(r"</?(?:h1|p|img|a|details|summary|b|div|code)\b[^<>]*>", " ", text))
    # Without the numbers of items, which become the marks of headings.
    plain = re.sub(r"^ *\d+\.", "", plain, flags=re.MULTILINE)
    return set(re.findall(r"\w+", plain)) - {"Pitfalls"}
