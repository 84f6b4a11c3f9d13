"""What a build brings is worked out first, and told from what writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.design.styles import read_styles
from builder.diagnostics import BuildError
from builder.identity.lockfile import stored_lock
from builder.pipeline.compile import compile_corpus
from builder.pipeline.prepare import Prepared, prepare
from builder.pipeline.publish import publish
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import CHAPTER, WriteCorpus
from tests.printing import needs_pango

Run = Callable[..., Result]
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
    package, lock = publish([prepared], lambda corpus: ["apkg"], tmp_path)
    assert (package.path.name, package.contents) == ("demo.apkg", "3 notes, 3 cards")
    assert lock.contents == "3 new, none published before; commit it"
    assert stored_lock(folder)[0] == prepared.release.lock
    assert _prepared(folder, is_published=True).changes == ""


@needs_pango
def test_what_learners_do_not_get_leaves_the_lock_alone(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus()
    (made,) = publish([_prepared(folder)], lambda corpus: ["calibration"], tmp_path)
    assert made.path.name == "demo-calibration.pdf"
    assert not (folder / "deck.lock").exists()


def test_a_package_is_published_only_with_its_lock(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    prepared = _prepared(write_corpus())
    with pytest.raises(ValueError, match="prepared to be published"):
        publish([prepared], lambda corpus: ["apkg"], tmp_path)


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
    publish([_prepared(folder, is_published=True)], lambda corpus: ["apkg"], tmp_path)
    before = _files(folder), (tmp_path / "demo.apkg").read_bytes()
    with pytest.raises(BuildError, match="was changed by another build in the meantime"):
        publish([early], lambda corpus: ["apkg"], tmp_path)
    assert (_files(folder), (tmp_path / "demo.apkg").read_bytes()) == before


def test_a_lock_of_the_first_version_is_brought_over_and_updates_nobody(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus()
    build = ("build", folder, "--only", "apkg", "--output", tmp_path / "out")
    run(*build)
    package, lock = (tmp_path / "out" / "demo.apkg").read_bytes(), (folder / "deck.lock").read_text()
    (folder / "deck.lock").write_text(_first_version(lock))
    assert run("check", folder).stderr == ""
    result = run(*build, "--locked")
    assert result.exit_code == 1
    assert "deck.lock' would change (nothing that learners see)" in result.stderr
    run(*build)
    assert (tmp_path / "out" / "demo.apkg").read_bytes() == package
    assert (folder / "deck.lock").read_text() == lock


def _first_version(lock: str) -> str:
    lines = ["# The identity of every note ever published. Written by `cardpress build`; commit it."]
    for line in lock.splitlines()[1:]:
        match line.split(" ", 11):
            case ["note", guid, _, _, *columns, _, deck]:
                lines.append(" ".join(("note", guid, *columns, deck)))
            case ["type", *_]:
                lines.append(line)
    return "\n".join(lines) + "\n"


def test_the_marks_of_a_merge_are_taken_out_by_a_build(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus()
    build = ("build", folder, "--only", "apkg", "--output", tmp_path / "out")
    run(*build)
    lock = (folder / "deck.lock").read_text()
    (folder / "deck.lock").write_text(f"<<<<<<< HEAD\n{lock}=======\n{lock}>>>>>>> side\n")
    assert "[unmerged-lock]" in run("check", folder).stderr
    assert run(*build, "--locked").exit_code == 1
    assert run(*build).exit_code == 0
    assert (folder / "deck.lock").read_text() == lock
