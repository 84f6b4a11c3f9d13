"""What a learner exports from the real Anki, in both of its formats, read as Anki itself reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.diagnostics import BuildError
from tests.conftest import CHAPTER, SETTINGS, WriteCorpus

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection
from anki.decks import DeckId

from tests.exporting import exported, take_in

pytestmark = pytest.mark.slow

Run = Callable[..., Result]
FORMATS = pytest.mark.parametrize("is_legacy", [False, True], ids=["newest", "older"])
SCHEDULING = pytest.mark.parametrize("has_scheduling", [False, True], ids=["new", "studied"])


@pytest.fixture
def built(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> Path:
    """Return the folder of a corpus, beside the package that was built of it."""
    folder = write_corpus()
    assert run("build", folder, "--output", tmp_path, "--only", "apkg").exit_code == 0
    return folder


def _study(collection: Collection) -> None:
    for card_id in collection.find_cards("")[:7]:
        card = collection.get_card(card_id)
        card.start_timer()
        collection.sched.answerCard(card, 4)


def _filter(collection: Collection) -> None:
    deck_id = collection.decks.new_filtered("For now")
    deck = collection.decks.get(deck_id)
    assert deck
    deck["terms"] = [["is:new", 3, 0]]
    collection.decks.save(deck)
    collection.sched.rebuild_filtered_deck(deck_id)


def _write_own_note(collection: Collection) -> None:
    note_type = collection.models.by_name("Basic")
    assert note_type
    note = collection.new_note(note_type)
    note["Front"], note["Back"] = "My own\x1b[31m", "question"
    collection.add_note(note, DeckId(collection.decks.add_normal_deck_with_name("Private").id))


def _known_to(collection: Collection) -> dict[str, dict[str, Any]]:
    """Return what the backend knows of each note of ours."""
    known = {}
    for note_id in collection.find_notes("tag:flask"):
        note = collection.get_note(note_id)
        cards = sorted(note.cards(), key=lambda card: card.ord)
        known[note.guid] = {
            "id": note.id,
            "mod": note.mod,
            "fields": {name: text for name, text in note.items() if text},
            "tags": sorted(tag for tag in note.tags if tag.startswith("flask::")),
            "deck": collection.decks.name(cards[0].odid or cards[0].did),
            "cards": [card.ord for card in cards],
        }
    return known


@FORMATS
@SCHEDULING
def test_an_export_is_read_as_anki_reads_it(
    is_legacy: bool, has_scheduling: bool, flask_release: Path, tmp_path: Path
) -> None:
    known: dict[str, dict[str, Any]] = {}

    def live(collection: Collection) -> None:
        _study(collection)
        if has_scheduling:  # without it, Anki exports a filtered deck as a deck
            _filter(collection)
        _write_own_note(collection)
        collection.tags.bulk_add(collection.find_notes("deck:*Testing*"), "mine marked")
        known.update(_known_to(collection))

    path = exported(
        flask_release / "flask.apkg",
        tmp_path / "mine.apkg",
        is_legacy=is_legacy,
        has_scheduling=has_scheduling,
        live=live,
    )
    release, ours = read_package(path, "flask"), read_package(flask_release / "flask.apkg", "flask")
    assert len(known) > 900
    assert release.is_exported
    assert {
        guid: {
            "id": release.lock.notes[guid].id,
            "mod": release.lock.notes[guid].mod,
            "fields": {name: text for name, text in note.fields.items() if text},
            "tags": sorted(note.tags),
            "deck": note.deck,
            "cards": [*note.cards],
        }
        for guid, note in release.notes.items()
    } == known
    assert [*release.notes] == [*ours.notes], "in study order, studied or not"
    assert {guid: entry.hash for guid, entry in release.lock.notes.items()} == {
        guid: entry.hash for guid, entry in ours.lock.notes.items()
    }
    assert {guid: entry.position for guid, entry in release.lock.notes.items()} == {
        guid: entry.position for guid, entry in ours.lock.notes.items()
    }
    assert release.lock.types == ours.lock.types


@FORMATS
@SCHEDULING
def test_a_lost_lock_is_recovered_from_what_a_learner_exported(
    is_legacy: bool, has_scheduling: bool, built: Path, run: Run, tmp_path: Path
) -> None:
    lock = (built / "deck.lock").read_text()
    path = exported(
        tmp_path / "demo.apkg",
        tmp_path / "mine.apkg",
        is_legacy=is_legacy,
        has_scheduling=has_scheduling,
        live=_study,
    )
    (built / "deck.lock").unlink()
    path.rename(tmp_path / "demo.apkg")
    result = run("build", built, "--output", tmp_path, "--only", "apkg")
    assert "unreadable-package" not in result.stderr
    assert (built / "deck.lock").read_text() == lock


@FORMATS
def test_a_plan_for_a_learner_tells_their_edits_from_ours(
    is_legacy: bool, built: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def live(collection: Collection) -> None:
        (note_id,) = collection.find_notes("ID:one")
        note = collection.get_note(note_id)
        note["Answer"] = "What I say."
        collection.update_note(note)
        collection.tags.bulk_add(collection.find_notes("ID:two"), "leech mine")
        _write_own_note(collection)

    path = exported(tmp_path / "demo.apkg", tmp_path / "mine.apkg", is_legacy=is_legacy, live=live)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1999000000")
    (built / "01-first.md").write_text(CHAPTER.replace("One.\n", "It is one.\n"))
    (plan,) = json.loads(run("plan", built, "--against", path, "--format", "json").output)
    assert [line["id"] for line in plan["edited"]] == ["one"]
    assert [change["note"]["id"] for change in plan["changed"]] == ["half-of-two"]
    assert (plan["untouched"], plan["risks"], plan["retired"], plan["added"]) == (1, [], [], [])


@FORMATS
def test_cards_that_changed_since_an_export_are_printed(
    is_legacy: bool, built: Path, run: Run, tmp_path: Path
) -> None:
    path = exported(tmp_path / "demo.apkg", tmp_path / "mine.apkg", is_legacy=is_legacy)
    (built / "01-first.md").write_text(CHAPTER.replace("One.\n", "It is one.\n"))
    result = run("flashcards", built, "--output", tmp_path, "--changed-since", path)
    assert "1 card on 1 sheet" in result.stdout


@FORMATS
def test_what_a_learner_renames_and_adds_is_read_all_the_same(
    is_legacy: bool, built: Path, tmp_path: Path
) -> None:
    def live(collection: Collection) -> None:
        deck = collection.decks.by_name("Demo deck")
        assert deck
        collection.decks.rename(deck, "Zahlen \N{PERSON WITH FOLDED HANDS}\N{ZERO WIDTH JOINER} ½")
        note_type = collection.models.by_name("Demo (basic)")
        assert note_type
        note_type["name"] = "Mine"
        collection.models.rename_field(note_type, note_type["flds"][0], "Frage")
        collection.models.add_field(note_type, collection.models.new_field("Prompt"))
        collection.models.update_dict(note_type)

    path = exported(tmp_path / "demo.apkg", tmp_path / "mine.apkg", is_legacy=is_legacy, live=live)
    theirs, ours = read_package(path, "demo"), read_package(tmp_path / "demo.apkg", "demo")
    assert {note.deck.partition("::")[0] for note in theirs.notes.values()} == {
        "Zahlen \N{PERSON WITH FOLDED HANDS}\N{ZERO WIDTH JOINER} ½"
    }
    assert [note.fields for note in theirs.notes.values()] == [note.fields for note in ours.notes.values()]
    assert {*theirs.lock.types} == {"basic"}


@FORMATS
def test_a_note_that_a_learner_gave_another_type_is_named(
    is_legacy: bool, built: Path, tmp_path: Path
) -> None:
    def live(collection: Collection) -> None:
        (note_id,) = collection.find_notes("ID:one")
        ours, basic = collection.models.by_name("Demo (basic)"), collection.models.by_name("Basic")
        assert ours
        assert basic
        info = collection.models.change_notetype_info(old_notetype_id=ours["id"], new_notetype_id=basic["id"])
        request = info.input
        request.note_ids.append(note_id)
        collection.models.change_notetype_of_notes(request)

    path = exported(tmp_path / "demo.apkg", tmp_path / "mine.apkg", is_legacy=is_legacy, live=live)
    with pytest.raises(BuildError, match="has the note 'demo:basic:one' without the fields of cardpress"):
        read_package(path, "demo")


def test_two_corpora_in_one_export_are_each_compared_with_their_own(
    built: Path, write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    settings = SETTINGS.replace('"demo"', '"other"').replace("Demo", "Other")
    other = write_corpus({"deck.toml": settings}, name="other")
    run("build", other, "--output", tmp_path, "--only", "apkg")
    first = exported(tmp_path / "demo.apkg", tmp_path / "first.apkg")
    both = exported(
        first, tmp_path / "both.apkg", live=lambda collection: take_in(collection, tmp_path / "other.apkg")
    )
    plans = json.loads(run("plan", built, other, "--against", both, "--format", "json").output)
    assert [plan["corpus"] for plan in plans] == ["demo", "other"]
    assert [(plan["untouched"], plan["retired"], plan["added"]) for plan in plans] == [(3, [], [])] * 2
