"""Tables in the real Anki: its own text import finds every note that a package brought, and changes none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WriteCorpus
from tests.export.corpora import FILES, Run

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection, ImportCsvRequest

from tests.exporting import take_in
from tests.importing.decks import new_collection
from tests.old_deck import make_old_deck, write_adopted_corpus

TABLES = pytest.mark.parametrize("form", ["csv", "tsv"])


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    """Yield an empty collection."""
    (tmp_path / "learner").mkdir()
    with new_collection(tmp_path / "learner") as collection:
        yield collection


def _import(collection: Collection, table: Path) -> dict[str, int]:
    """Import a table as Anki proposes, and count what its log says."""
    metadata = collection.get_csv_metadata(path=str(table), delimiter=None)
    log = collection.import_csv(ImportCsvRequest(path=str(table), metadata=metadata)).log
    names = (
        *("new", "updated", "duplicate", "conflicting", "first_field_match", "empty_first_field"),
        *("missing_notetype", "missing_deck"),
    )
    return {name: len(getattr(log, name)) for name in names if len(getattr(log, name))}


def _rows(collection: Collection) -> dict[str, Any]:
    """Return notes and cards by GUID, without what Anki dates and numbers by itself."""
    assert collection.db
    decks = {deck.id: deck.name for deck in collection.decks.all_names_and_ids()}
    notes = collection.db.all("SELECT guid, mid, flds, tags FROM notes ORDER BY guid")
    cards = collection.db.all(
        "SELECT guid, ord, did FROM cards JOIN notes ON notes.id = nid ORDER BY guid, ord"
    )
    return {"notes": notes, "cards": [(guid, place, decks[deck]) for guid, place, deck in cards]}


def _order(collection: Collection) -> list[str]:
    """Return GUIDs in the order in which Anki shows new cards."""
    assert collection.db
    rows = collection.db.list("SELECT guid FROM cards JOIN notes ON notes.id = nid ORDER BY due, ord")
    return list(dict.fromkeys(rows))


def _built(write_corpus: WriteCorpus, run: Run, folder: Path, form: str) -> tuple[Path, Path]:
    corpus = write_corpus(FILES)
    assert run("build", corpus, "--output", folder, "--only", "apkg").exit_code == 0
    assert run("export", corpus, "--output", folder, "--format", form).exit_code == 0
    return folder / "demo.apkg", folder / f"demo-{form}" / f"demo.{form}"


@TABLES
def test_a_learner_who_has_the_deck_gets_nothing_new_and_nothing_changed(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, collection: Collection, form: str
) -> None:
    package, table = _built(write_corpus, run, tmp_path, form)
    take_in(collection, package)
    assert collection.db
    before = (
        _rows(collection),
        collection.db.all("SELECT * FROM notes"),
        collection.db.all("SELECT * FROM cards"),
    )
    assert _import(collection, table) == {"duplicate": 6}
    assert before == (
        _rows(collection),
        collection.db.all("SELECT * FROM notes"),
        collection.db.all("SELECT * FROM cards"),
    )


@TABLES
def test_a_collection_with_the_note_types_alone_gets_the_notes_of_the_package(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, collection: Collection, form: str
) -> None:
    package, table = _built(write_corpus, run, tmp_path, form)
    take_in(collection, package)
    brought, order = _rows(collection), _order(collection)
    collection.remove_notes(collection.find_notes(""))
    assert _import(collection, table) == {"new": 6}
    assert _rows(collection) == brought
    assert _order(collection) == order


@TABLES
def test_learners_of_an_old_deck_have_all_adopted_notes_already(
    run: Run, tmp_path: Path, collection: Collection, form: str
) -> None:
    old = make_old_deck(tmp_path / "old")
    folder = write_adopted_corpus(tmp_path / "spanish", old)
    result = run("export", folder, "--output", tmp_path, "--format", form)
    assert result.exit_code == 0, result.output
    assert "note: 1 note has cards in several decks: all go into the deck of the first card" in result.stderr
    take_in(collection, old.packages["anki21b"])
    assert collection.db
    before = collection.db.all("SELECT * FROM notes"), collection.db.all("SELECT * FROM cards")
    tables = sorted((tmp_path / f"spanish-{form}").glob(f"*.{form}"))
    assert [table.stem for table in tables] == ["spanish-gaps", "spanish-vocabulary"]
    assert [_import(collection, table) for table in tables] == [{"duplicate": 1}, {"duplicate": 3}]
    assert before == (collection.db.all("SELECT * FROM notes"), collection.db.all("SELECT * FROM cards"))
    media = {path.name: path.read_bytes() for path in (tmp_path / f"spanish-{form}" / "media").iterdir()}
    assert media == {
        "a b.wav": (folder / "media" / "a-b.wav").read_bytes(),
        "blue.png": (folder / "media" / "blue.png").read_bytes(),
    }
