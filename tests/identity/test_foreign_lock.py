"""A lock that belongs to another corpus: named, with a way out, and never taken over."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.identity.lockfile import recall, stored_lock
from tests.conftest import SETTINGS, WriteCorpus, git
from tests.reading import read_corpus

Run = Callable[..., Result]
OTHER = SETTINGS.replace('"demo"', '"other"')
LATER = 1_890_000_000


@pytest.fixture
def copied(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> Path:
    """Return a copy of the folder of a corpus that was built, with another id."""
    folder = write_corpus()
    assert run("build", folder, "--only", "apkg", "--output", tmp_path / "dist").exit_code == 0
    copy = Path(shutil.copytree(folder, tmp_path / "other"))
    (copy / "deck.toml").write_text(OTHER)
    return copy


def _build(run: Run, folder: Path) -> Result:
    return run("build", folder, "--only", "apkg", "--output", folder.parent / "out")


def test_a_lock_of_another_id_is_an_error_with_both_ways_out(run: Run, copied: Path) -> None:
    before = (copied / "deck.lock").read_bytes()
    for result in (run("check", copied), _build(run, copied)):
        assert result.exit_code == 1
        first, hint, *_ = result.stderr.splitlines()
        assert first.endswith(
            "deck.lock:1:1: error: this lock belongs to the corpus 'demo', but deck.toml has the id 'other'"
            " [foreign-lock]"
        )
        assert "write id = 'demo' again" in hint
        assert "delete deck.lock" in hint
    assert (copied / "deck.lock").read_bytes() == before
    assert not (copied.parent / "out").exists()


def test_with_the_old_id_it_is_right_again(run: Run, copied: Path) -> None:
    (copied / "deck.toml").write_text(SETTINGS)
    assert "[foreign-lock]" not in run("check", copied).stderr


def test_without_the_lock_a_new_corpus_begins(run: Run, copied: Path) -> None:
    (copied / "deck.lock").unlink()
    assert _build(run, copied).exit_code == 0
    assert "demo:" not in (copied / "deck.lock").read_text()


def test_what_git_remembers_of_the_other_corpus_stays_there(run: Run, copied: Path) -> None:
    git(copied, "init", "--quiet", "--template=")
    git(copied, "add", "--all")
    git(copied, "commit", "--quiet", "--message", "The copy")
    (copied / "deck.lock").unlink()
    assert _build(run, copied).exit_code == 0
    assert "demo:" not in (copied / "deck.lock").read_text()
    assert _build(run, copied).exit_code == 0
    corpus, _ = read_corpus(copied)
    known = recall(corpus.outline(), stored_lock(copied)[0], LATER)
    assert {guid.partition(":")[0] for guid in known.notes} == {"other"}


def test_a_lock_with_notes_of_two_corpora_names_the_lines_that_are_too_many(run: Run, copied: Path) -> None:
    foreign = (copied / "deck.lock").read_text()
    (copied / "deck.lock").unlink()
    _build(run, copied)
    own = (copied / "deck.lock").read_text()
    (copied / "deck.lock").write_text(own + foreign)
    result = run("check", copied)
    assert "the corpus is 'other', but this lock has notes of 'demo' too (3) [foreign-lock]" in result.stderr
    assert "delete the lines that begin with: note demo:" in result.stderr
    lines = (copied / "deck.lock").read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("note demo:")]
    (copied / "deck.lock").write_text("".join(kept))
    assert "[foreign-lock]" not in run("check", copied).stderr
    assert _build(run, copied).exit_code == 0
