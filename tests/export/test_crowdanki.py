"""Folders of CrowdAnki: our own importer finds the same notes in them, and the real Anki the note types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.anki.note_types import FIELDS
from builder.anki.read import read_package
from builder.importing import crowdanki
from tests.conftest import CHAPTER, SETTINGS, WriteCorpus
from tests.export.corpora import FILES, Run, export_demo, read_json


def _decks(deck: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    name = f"{above}{deck['name']}"
    yield name, deck
    for child in deck["children"]:
        yield from _decks(child, f"{name}::")


def _mapping(name: str, kind: str) -> list[str]:
    """Return what the fields of one of our note types become again."""
    parts = {"Prompt": "prompt", "Context": "context", "Answer": "answer", "Details": "details"}
    lines = [f'"{name}" = "{parts.get(name, "nothing")}"' for name, _ in FIELDS]
    return [f'["{name}"]', f'kind = "{kind}"', f'["{name}".parts]', *lines]


def test_our_own_importer_finds_the_notes_of_the_package(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = export_demo(write_corpus, run, tmp_path, "crowdanki")
    assert run("build", tmp_path / "demo", "--output", tmp_path, "--only", "apkg").exit_code == 0
    packed = read_package(tmp_path / "demo.apkg", "demo").notes
    media = {path.name: path for path in (folder / "media").iterdir()}
    found = crowdanki._decks(crowdanki._json(folder / "deck.json"), media)
    assert {note.guid for note in found.notes} == {*packed}
    for note in found.notes:
        type_, ours = found.types[note.type], packed[note.guid]
        fields = dict(zip((field.name for field in type_.fields), note.fields, strict=True))
        assert {name: text for name, text in fields.items() if text} == {
            name: text for name, text in ours.fields.items() if text
        }
        assert (note.tags, {card.deck for card in note.cards}) == (ours.tags, {ours.deck})
        assert tuple(card.ordinal for card in note.cards) == ours.cards
    assert [note.guid for note in found.notes] == [*packed], "in the order of study"


def test_a_corpus_of_an_export_has_the_same_texts(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = export_demo(write_corpus, run, tmp_path, "crowdanki")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("\n".join(_mapping("Demo (basic)", "plain") + _mapping("Demo (cloze)", "cloze")))
    result = run("import", folder, tmp_path / "again", "--map", mapping)
    assert result.exit_code == 0, result.output
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((tmp_path / "again").glob("*.md")))
    for passage in (
        "The **first** number.",
        "The second, `1 + 1`.",
        "{{c1::Madrid}}",
        "=SUM(A1:A2), what is it?",
    ):
        assert passage in text
    assert list((tmp_path / "again" / "media").iterdir())


def test_every_file_that_cards_need_is_there_and_listed(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = export_demo(write_corpus, run, tmp_path, "crowdanki")
    root = read_json(folder / "deck.json")
    listed = {name: {*deck["media_files"]} for name, deck in _decks(root)}
    there = {path.name for path in (folder / "media").iterdir()}
    assert set().union(*listed.values()) == there
    assert [name.partition("-")[0] for name in listed['Demo deck::02 Signs, "quoted"']] == ["blue"]
    fonts = {name for name in there if name.startswith("_")}
    assert listed["Demo deck"] == fonts
    assert fonts
    assert all(name in root["note_models"][0]["css"] for name in fonts)
    assert root["desc"] == "Numbers, and *signs*"


def test_uuids_stay_where_titles_change(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    before = read_json(export_demo(write_corpus, run, tmp_path, "crowdanki") / "deck.json")
    changed = {
        "deck.toml": SETTINGS.replace("Demo deck", "Another deck").replace('"Demo"', '"Another"'),
        "01-first.md": CHAPTER.replace("First chapter", "Another chapter"),
    }
    folder = write_corpus({**FILES, **changed})
    assert run("export", folder, "--format", "crowdanki", "--output", tmp_path).exit_code == 0
    after = read_json(tmp_path / "demo-crowdanki" / "deck.json")
    for name in ("crowdanki_uuid", "deck_config_uuid"):
        assert [deck[name] for _, deck in _decks(before)] == [deck[name] for _, deck in _decks(after)]
    assert [each["crowdanki_uuid"] for each in before["note_models"]] == [
        each["crowdanki_uuid"] for each in after["note_models"]
    ]
    assert [name for name, _ in _decks(after)][:2] == ["Another deck", "Another deck::01 Another chapter"]
    uuids = [deck["crowdanki_uuid"] for _, deck in _decks(after)]
    assert len({*uuids}) == len(uuids)


def test_options_of_decks_have_a_name_and_nothing_that_a_learner_chose(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    root = read_json(export_demo(write_corpus, run, tmp_path, "crowdanki") / "deck.json")
    (options,) = root["deck_configurations"]
    assert options.keys() == {"__type__", "crowdanki_uuid", "name"}
    assert {deck["deck_config_uuid"] for _, deck in _decks(root)} == {options["crowdanki_uuid"]}


def test_anki_keeps_the_note_types_as_they_are_written(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    """Otherwise CrowdAnki would find them changed, and ask each learner what to do, at every import."""
    pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
    from tests.importing.decks import new_collection

    root = read_json(export_demo(write_corpus, run, tmp_path, "crowdanki") / "deck.json")
    with new_collection(tmp_path) as collection:
        for model in root["note_models"]:
            collection.models.add({**collection.models.new(model["name"]), **model})
            collection.models._clear_cache()
            kept = collection.models.by_name(model["name"])
            assert kept
            for part in ("flds", "tmpls"):
                assert json.loads(json.dumps(kept[part])) == model[part]


def test_notes_of_decks_elsewhere_become_part_of_the_root_deck(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
    from tests.old_deck import make_old_deck, write_adopted_corpus

    folder = write_adopted_corpus(tmp_path / "spanish", make_old_deck(tmp_path / "old"))
    (folder / "deck.toml").write_text('id = "spanish"\ntitle = "Spanish"\ndeck = "Languages"\n')
    result = run("export", folder, "--format", "crowdanki", "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert "note: CrowdAnki has one root deck: 'Spanish' became part of 'Languages'" in result.stderr
    decks = dict(_decks(read_json(tmp_path / "spanish-crowdanki" / "deck.json")))
    assert {name: len(deck["notes"]) for name, deck in decks.items()} == {
        "Languages": 0,
        "Languages::Spanish": 4,
    }
