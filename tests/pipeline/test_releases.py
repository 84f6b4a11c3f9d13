"""What a corpus brought as of an earlier commit, and what is loaded to compare it with what it brings now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from builder.anki import fields
from builder.anki.plan import compare
from builder.anki.release import PackedNote, Release
from builder.corpus.files import LOCK_FILE
from builder.design.styles import read_styles
from builder.identity.lockfile import stored_lock
from builder.pipeline.compile import compile_corpus
from builder.pipeline.prepare import prepare
from builder.pipeline.releases import release_at
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import CHAPTER, WriteCorpus, git

NOW = 1_790_000_000
QUESTIONS = 7
OTHERS = {
    f"0{n}-chapter.md": f"# Chapter {n}\n\n## What is {n}? {{#q-{n}}}\n\nIt is {n}.\n" for n in range(2, 6)
}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", LIMIT)


@pytest.fixture
def folder(write_corpus: WriteCorpus, cache: Cache) -> Path:
    """Write a corpus of five chapters and its lock, and commit them."""
    folder = write_corpus(dict(OTHERS))
    (folder / LOCK_FILE).write_text(str(_now(folder, cache).lock), encoding="utf-8")
    git(folder, "init", "--quiet", "--template=")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=First")
    return folder


def _now(folder: Path, cache: Cache) -> Release:
    return prepare(compile_corpus(folder, cache), stored_lock(folder)[0], read_styles(), now=NOW).release


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the decks whose notes are loaded."""
    found: list[str] = []

    def noting(data: bytes, deck: str, numbers: Mapping[str, str]) -> Iterator[PackedNote]:
        found.append(deck)
        return fields.load_notes(data, deck, numbers)

    monkeypatch.setattr("builder.pipeline.compile.load_notes", noting)
    return found


def test_of_a_commit_that_is_as_the_corpus_is_now_nothing_is_read_or_loaded(
    folder: Path, cache: Cache, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.corpus.reader.read_chapters", None)
    with release_at(folder, "HEAD", cache) as old:
        plan = compare(old, _now(folder, cache))
    assert plan.untouched == QUESTIONS
    assert loaded == []


def test_only_chapters_of_which_something_is_told_are_loaded(
    folder: Path, cache: Cache, loaded: list[str]
) -> None:
    chapter = folder / "03-chapter.md"
    chapter.write_text(chapter.read_text(encoding="utf-8").replace("It is 3.", "It is three."), "utf-8")
    with release_at(folder, "HEAD", cache) as old:
        new = _now(folder, cache)
        assert len(old.heads) == len(new.heads) == QUESTIONS
        loaded.clear()
        plan = compare(old, new)
        assert [(change.note.id, change.parts) for change in plan.changed] == [("q-3", ("answer",))]
    assert loaded == ["Demo deck::03 Chapter 3", "Demo deck::03 Chapter 3"], "before and after"


def test_an_earlier_commit_brings_what_it_brought_though_the_cache_forgets(
    folder: Path, cache: Cache
) -> None:
    then = dict(_now(folder, cache).notes)
    (folder / "01-first.md").write_text(CHAPTER.replace("first", "other"), encoding="utf-8")
    with release_at(folder, "HEAD", cache) as old:
        for path in cache.folder.glob("??/*"):
            path.unlink()
        assert dict(old.notes) == then != dict(_now(folder, cache).notes)


def test_without_a_cache_it_is_the_same(folder: Path, cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "no folder").write_bytes(b"")
    with release_at(folder, "HEAD", Cache(tmp_path / "no folder", LIMIT)) as old:
        assert dict(old.notes) == dict(_now(folder, cache).notes)


def test_what_is_told_of_notes_is_so_whether_they_are_loaded_or_not(folder: Path, cache: Cache) -> None:
    release = _now(folder, cache)
    assert {guid: note.published() for guid, note in release.notes.items()} == release.heads
