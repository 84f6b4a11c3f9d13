"""What a build remembers through git: reverts, lost locks, clocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.corpus.files import read_source
from builder.identity.lock import NoteEntry, read_lock
from tests.conftest import CHAPTER, WriteCorpus, git

Run = Callable[..., Result]
NOW = 1_790_000_000
DAY = 24 * 60 * 60


@pytest.fixture
def corpus(write_corpus: WriteCorpus) -> Path:
    """Return a corpus in a repository of its own."""
    folder = write_corpus()
    git(folder, "init", "--quiet")
    return folder


@pytest.fixture
def build_at(
    run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    def build_at(now: int, *options: str) -> Result:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(now))
        return run("build", corpus, "--output", tmp_path / "out", "--only", "apkg", *options)

    return build_at


def _commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")


def _entry(folder: Path, name: str = "one") -> NoteEntry:
    return read_lock(read_source(folder / "deck.lock")[0])[0].notes[f"demo:basic:{name}"]


def test_a_reverted_change_is_news_for_those_who_have_it(
    corpus: Path, build_at: Callable[..., Result]
) -> None:
    build_at(NOW)
    _commit(corpus)
    first = _entry(corpus)
    (corpus / "01-first.md").write_text(CHAPTER.replace("**first** number", "**1st** number"))
    build_at(NOW + 100)
    _commit(corpus)
    changed = _entry(corpus)
    git(corpus, "revert", "--no-edit", "HEAD")
    assert _entry(corpus) == first, "git has taken the lock back, too"
    build_at(NOW + 200)
    assert _entry(corpus).hash == first.hash
    assert _entry(corpus).mod > changed.mod > first.mod


def test_a_lost_lock_comes_back_from_history_and_nothing_changes(
    corpus: Path, build_at: Callable[..., Result]
) -> None:
    build_at(NOW)
    _commit(corpus)
    before = (corpus / "deck.lock").read_bytes()
    (corpus / "deck.lock").unlink()
    build_at(NOW + 100)
    assert (corpus / "deck.lock").read_bytes() == before


def test_a_line_that_a_merge_lost_comes_back(corpus: Path, build_at: Callable[..., Result]) -> None:
    build_at(NOW)
    _commit(corpus)
    before = _entry(corpus)
    lines = (corpus / "deck.lock").read_text().splitlines(keepends=True)
    (corpus / "deck.lock").write_text("".join(line for line in lines if "basic:one" not in line))
    build_at(NOW + 100)
    assert _entry(corpus) == before


def test_a_side_branch_that_a_merge_passed_over_is_remembered(
    corpus: Path, build_at: Callable[..., Result]
) -> None:
    build_at(NOW)
    _commit(corpus)
    first = _entry(corpus)
    git(corpus, "checkout", "--quiet", "-b", "side")
    (corpus / "01-first.md").write_text(CHAPTER.replace("**first** number", "**1st** number"))
    build_at(NOW + 100)
    _commit(corpus)
    git(corpus, "checkout", "--quiet", "-")
    git(corpus, "merge", "--quiet", "--strategy=ours", "--no-edit", "side")
    assert _entry(corpus) == first
    build_at(NOW + 200)
    assert _entry(corpus).mod > NOW + 100


def test_a_date_in_the_future_that_was_taken_back_is_forgotten(
    corpus: Path, build_at: Callable[..., Result]
) -> None:
    build_at(NOW)
    _commit(corpus)
    (corpus / "01-first.md").write_text(CHAPTER.replace("**first** number", "**1st** number"))
    build_at(NOW + 1000 * DAY)
    _commit(corpus)
    git(corpus, "checkout", "HEAD~1", "--", "deck.lock")
    assert build_at(NOW + 200).exit_code == 0
    assert _entry(corpus).mod == NOW + 200


def test_a_former_id_that_was_never_published_is_named(corpus: Path, build_at: Callable[..., Result]) -> None:
    build_at(NOW)
    (corpus / "01-first.md").write_text(CHAPTER.replace("{#one", '{#uno was="on"'))
    result = build_at(NOW + 100)
    assert result.exit_code == 1
    assert "no question was ever published as 'on' [unknown-former-id]" in result.stderr


def test_a_former_id_that_only_git_remembers_is_known(corpus: Path, build_at: Callable[..., Result]) -> None:
    """As after a revert of the commit that brought the lock, but not the chapter."""
    build_at(NOW)
    _commit(corpus)
    first = _entry(corpus)
    lines = (corpus / "deck.lock").read_text().splitlines(keepends=True)
    (corpus / "deck.lock").write_text("".join(line for line in lines if "basic:one" not in line))
    (corpus / "01-first.md").write_text(CHAPTER.replace("{#one", '{#uno was="one"'))
    assert build_at(NOW + 100).exit_code == 0
    assert _entry(corpus).id == first.id


def test_without_git_a_lost_lock_comes_back_from_the_package_of_the_last_build(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus()
    run("build", folder, "--output", tmp_path / "out", "--only", "apkg")
    before = (folder / "deck.lock").read_bytes()
    (folder / "deck.lock").unlink()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW + 100))
    result = run("build", folder, "--output", tmp_path / "out", "--only", "apkg")
    assert "deck.lock: 3 remembered from earlier builds; commit it" in result.output
    assert (folder / "deck.lock").read_bytes() == before


def test_a_damaged_package_in_the_place_of_the_new_one_does_not_matter(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "demo.apkg").write_bytes(b"PK\3\4 no more")
    result = run("build", write_corpus(), "--output", tmp_path / "out", "--only", "apkg")
    assert "3 new, none published before" in result.output


def test_a_locked_build_refuses_a_lock_that_forgot_what_git_remembers(
    corpus: Path, build_at: Callable[..., Result]
) -> None:
    build_at(NOW)
    _commit(corpus)
    (corpus / "01-first.md").write_text(CHAPTER.replace("**first** number", "**1st** number"))
    build_at(NOW + 100)
    _commit(corpus)
    git(corpus, "revert", "--no-edit", "HEAD")
    result = build_at(NOW + 200, "--locked")
    assert result.exit_code == 1
    assert "would change (1 remembered from earlier builds, 1 changed)" in result.stderr


def test_a_shallow_clone_is_named_because_it_forgot_the_past(
    corpus: Path, build_at: Callable[..., Result], run: Run, tmp_path: Path
) -> None:
    build_at(NOW)
    _commit(corpus)
    (corpus / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd"))
    build_at(NOW + 100)
    _commit(corpus)
    shallow = tmp_path / "shallow" / "demo"
    git(corpus, "clone", "--quiet", "--depth=1", f"file://{corpus}", str(shallow))
    result = run("plan", shallow)
    assert result.exit_code == 0
    assert "deck.lock:1:1: warning: git has only the latest part" in result.stderr
    assert run("check", shallow).stderr == "", "what the files tell is the same in every clone"
    git(shallow, "fetch", "--quiet", "--unshallow")
    assert run("plan", shallow).stderr == ""


def test_a_question_that_comes_between_takes_no_number_from_the_others(
    corpus: Path, build_at: Callable[..., Result], run: Run, tmp_path: Path
) -> None:
    build_at(NOW)
    one, two = _entry(corpus), _entry(corpus, "two")
    (corpus / "01-first.md").write_text(
        CHAPTER.replace("## What is two", "## What is zero? {#zero}\n\nNothing.\n\n## What is two")
    )
    assert "deck.lock: 1 new; commit it" in build_at(NOW + 100).output
    assert (_entry(corpus), _entry(corpus, "two")) == (one, two)
    assert _entry(corpus, "zero").number == "1.3"
    assert one.position < _entry(corpus, "zero").position < two.position

    result = build_at(NOW + 200, "--renumber")
    assert "deck.lock: 2 changed, 1 new" not in result.output
    assert "deck.lock: 3 changed; commit it" in result.output
    assert [_entry(corpus, name).number for name in ("one", "zero", "two", "half-of-two")] == [
        "1.1",
        "1.2",
        "1.3",
        "1.3a",
    ]


def test_only_with_the_deck_can_questions_be_renumbered(
    corpus: Path, run: Run, build_at: Callable[..., Result]
) -> None:
    result = run("build", corpus, "--only", "studysheet", "--renumber")
    assert result.exit_code == 2
    assert "--renumber needs the deck" in result.stderr


def test_a_build_in_a_hook_of_git_remembers_as_any_other(
    corpus: Path, build_at: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    build_at(NOW)
    (corpus / ".gitattributes").write_text("*.lock -diff\n")
    _commit(corpus)
    before = (corpus / "deck.lock").read_bytes()
    (corpus / "deck.lock").unlink()
    monkeypatch.setenv("GIT_DIR", ".git")
    build_at(NOW + 100)
    assert (corpus / "deck.lock").read_bytes() == before


def test_a_former_id_of_another_kind_is_known(corpus: Path, build_at: Callable[..., Result]) -> None:
    build_at(NOW)
    text = CHAPTER.replace("{#one", '{#uno was="one" .cloze').replace("**first**", "{{c1::first}}")
    (corpus / "01-first.md").write_text(text)
    assert build_at(NOW + 100).exit_code == 0


def test_a_build_outside_of_a_repository_works(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    result = run("build", write_corpus(name="demo"), "--output", tmp_path / "out", "--only", "apkg")
    assert result.exit_code == 0


def test_a_locked_build_refuses_to_change_the_lock_and_says_what_would(
    corpus: Path, build_at: Callable[..., Result], tmp_path: Path
) -> None:
    build_at(NOW)
    before = (corpus / "deck.lock").read_bytes(), (tmp_path / "out" / "demo.apkg").read_bytes()
    assert build_at(NOW + 5, "--locked").exit_code == 0
    (corpus / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd"))
    result = build_at(NOW + 10, "--locked")
    assert result.exit_code == 1
    assert "would change (1 changed): build without --locked" in result.stderr
    assert ((corpus / "deck.lock").read_bytes(), (tmp_path / "out" / "demo.apkg").read_bytes()) == before


def test_a_locked_build_does_not_look_at_the_clock(
    corpus: Path, build_at: Callable[..., Result], tmp_path: Path
) -> None:
    build_at(NOW)
    first = (tmp_path / "out" / "demo.apkg").read_bytes()
    assert build_at(NOW - 100 * DAY, "--locked").exit_code == 0
    assert (tmp_path / "out" / "demo.apkg").read_bytes() == first


def test_a_clock_that_is_days_behind_the_lock_is_named_and_nothing_is_written(
    corpus: Path, build_at: Callable[..., Result]
) -> None:
    build_at(NOW)
    before = (corpus / "deck.lock").read_bytes()
    (corpus / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd"))
    result = build_at(NOW - 3 * DAY)
    assert result.exit_code == 1
    assert "has a change dated 21 September 2026, but the clock says 18 September 2026" in result.stderr
    assert (corpus / "deck.lock").read_bytes() == before


def test_a_clock_that_is_hours_behind_the_lock_does_no_harm(
    corpus: Path, build_at: Callable[..., Result]
) -> None:
    build_at(NOW)
    (corpus / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd"))
    assert build_at(NOW - 3600).exit_code == 0
    assert _entry(corpus, "two").mod == NOW + 1
