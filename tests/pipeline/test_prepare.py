"""What a build brings is worked out first, and told from what writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.design.styles import read_styles
from builder.diagnostics import BuildError
from builder.identity.lockfile import stored_lock
from builder.pipeline.compile import compile_corpus
from builder.pipeline.prepare import Prepared, prepare
from builder.pipeline.publish import publish
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import CHAPTER, WriteCorpus
from tests.printing import needs_pango

NOW = 1_790_000_000


def _prepared(folder: Path, *, is_published: bool = False, is_locked: bool = False) -> Prepared:
    corpus = compile_corpus(folder, Cache(folder.parent / "cache", LIMIT))
    lock, _ = stored_lock(folder)
    return prepare(corpus, lock, read_styles(), now=NOW, is_published=is_published, is_locked=is_locked)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_preparing_numbers_the_questions_and_writes_nothing(write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    before = _files(folder)
    prepared = _prepared(folder, is_published=True)
    assert sorted(prepared.numbers.values()) == ["1.1", "1.2", "1.2a"]
    assert len(prepared.release.notes) == len(prepared.release.lock.notes) == 3
    assert prepared.changes == "3 new, none published before"
    assert _files(folder) == before


def test_what_was_prepared_is_what_is_published(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus()
    prepared = _prepared(folder, is_published=True)
    package, lock = publish([prepared], ["apkg"], tmp_path)
    assert (package.path.name, package.contents) == ("demo.apkg", "3 notes, 3 cards")
    assert lock.contents == "3 new, none published before; commit it"
    assert stored_lock(folder)[0] == prepared.release.lock
    assert _prepared(folder, is_published=True).changes == ""


@needs_pango
def test_what_learners_do_not_get_leaves_the_lock_alone(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus()
    (made,) = publish([_prepared(folder)], ["calibration"], tmp_path)
    assert made.path.name == "demo-calibration.pdf"
    assert not (folder / "deck.lock").exists()


def test_a_package_is_published_only_with_its_lock(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    prepared = _prepared(write_corpus())
    with pytest.raises(ValueError, match="prepared to be published"):
        publish([prepared], ["apkg"], tmp_path)


def test_a_locked_corpus_is_not_prepared_where_its_lock_would_change(write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    with pytest.raises(BuildError, match=r"would change \(3 new, none published before\)"):
        _prepared(folder, is_locked=True)


def test_a_lock_that_another_build_changed_meanwhile_is_not_overwritten(
    write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus()
    early = _prepared(folder, is_published=True)
    (folder / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd"))
    publish([_prepared(folder, is_published=True)], ["apkg"], tmp_path)
    before = _files(folder), (tmp_path / "demo.apkg").read_bytes()
    with pytest.raises(BuildError, match="was changed by another build meanwhile"):
        publish([early], ["apkg"], tmp_path)
    assert (_files(folder), (tmp_path / "demo.apkg").read_bytes()) == before
