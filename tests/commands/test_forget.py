"""`cardpress forget`: what nobody ever got need not be kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import CHAPTER, WriteCorpus, git

Run = Callable[..., Result]


@pytest.fixture
def built(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> Path:
    """Return a corpus that was built with a question that has gone since; nothing of it is committed."""
    folder = write_corpus({"01-first.md": CHAPTER.replace("{#one", "{#uno")})
    assert run("build", folder, "--only", "apkg", "--output", tmp_path / "out").exit_code == 0
    (folder / "01-first.md").write_text(CHAPTER)
    return folder


def test_what_no_commit_has_is_forgotten(run: Run, built: Path, tmp_path: Path) -> None:
    assert "'uno' is gone" in run("check", built).stderr
    result = run("forget", "uno", "--corpus", built, typed="y\n")
    assert result.exit_code == 0
    assert "never in a package that you gave away?" in result.output
    assert result.output.endswith("deck.lock: 1 note forgotten ('uno')\n")
    assert run("check", built).stderr == ""
    (tmp_path / "out" / "demo.apkg").unlink()
    run("build", built, "--only", "apkg", "--output", tmp_path / "out")
    assert " one " in (built / "deck.lock").read_text()
    assert "uno" not in (built / "deck.lock").read_text()


def test_whoever_is_not_sure_forgets_nothing(run: Run, built: Path) -> None:
    before = (built / "deck.lock").read_text()
    assert run("forget", "uno", "--corpus", built, typed="n\n").exit_code != 0
    assert (built / "deck.lock").read_text() == before
    assert run("forget", "uno", "--corpus", built, "--yes").exit_code == 0


def test_what_a_commit_ever_had_is_kept(run: Run, built: Path) -> None:
    git(built, "init", "--quiet", "--template=")
    git(built, "add", "--all")
    git(built, "commit", "--quiet", "--message", "First")
    result = run("forget", "uno", "--corpus", built, "--yes")
    assert result.exit_code == 1
    assert 'add retired = ["uno"] under [accepted] in deck.toml instead' in result.stderr
    assert " uno " in (built / "deck.lock").read_text()


def test_what_is_in_the_corpus_or_unknown_is_not_forgotten(run: Run, built: Path) -> None:
    for name, reason in (
        ("two", "is in the corpus: delete it there first"),
        ("tow", "has no question 'tow'"),
    ):
        result = run("forget", name, "--corpus", built, "--yes")
        assert result.exit_code == 2
        assert reason in result.stderr
