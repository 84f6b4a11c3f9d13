"""Folders of CrowdAnki become corpora."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builder.importing.formats import format_of
from builder.importing.model import ImportedQuestion, Material, Request, SourceError
from tests.importing.decks import PIXEL

_MODEL = {
    "__type__": "NoteModel",
    "crowdanki_uuid": "u1",
    "name": "Country",
    "type": 0,
    "css": "",
    "flds": [{"name": name} for name in ("Country", "Capital", "Flag", "Back")],
    "tmpls": [
        {"name": "Capital", "qfmt": "{{Country}}", "afmt": "{{FrontSide}}{{Capital}}{{Flag}}"},
        {"name": "Country", "qfmt": "{{#Back}}{{Capital}}{{/Back}}", "afmt": "{{Country}}"},
    ],
}


def _note(*fields: str, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"guid": fields[0], "note_model_uuid": "u1", "fields": list(fields), "tags": list(tags)}


def _folder(path: Path, **changed: Any) -> Path:
    deck = {
        "__type__": "Deck",
        "name": "Geography",
        "note_models": [_MODEL],
        "notes": [_note("France", "Paris", '<img src="fr.png">', "1", tags=("Europe::West",))],
        "children": [
            {"__type__": "Deck", "name": "Geography::Asia", "notes": [_note("Japan", "Tokyo", "", "")]}
        ],
        **changed,
    }
    (path / "media").mkdir()
    (path / "media" / "fr.png").write_bytes(PIXEL)
    (path / "deck.json").write_text(json.dumps(deck))
    return path


def _read(path: Path, deck: str = "") -> Material:
    scratch = path / "scratch"
    scratch.mkdir(exist_ok=True)
    return format_of(path).read(path, Request(scratch=scratch, deck=deck))


def _questions(material: Material) -> list[ImportedQuestion]:
    return [question for chapter in material.chapters for question in chapter.questions]


def test_decks_notes_tags_and_media_are_kept(tmp_path: Path) -> None:
    material = _read(_folder(tmp_path))
    assert [chapter.title for chapter in material.chapters] == ["Geography", "Asia"]
    first, second = _questions(material)
    assert (first.prompt, first.answer, first.tags) == ("France", "Paris", ("Europe::West",))
    assert first.sections == (("Flag", "![](media/fr.png)"),)
    assert material.media["fr.png"].read_bytes() == PIXEL
    assert (first.kind, second.kind) == ("reversed", "")
    assert material.adopted.notes == {}


def test_one_deck_is_taken_alone(tmp_path: Path) -> None:
    (question,) = _questions(_read(_folder(tmp_path), "Geography::Asia"))
    assert question.prompt == "Japan"
    with pytest.raises(SourceError, match="no notes in a deck 'Africa'"):
        _read(tmp_path, "Africa")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"notes": [{"guid": "a", "note_model_uuid": "u2", "fields": []}]}, "note type is missing"),
        ({"notes": [_note("a")]}, "number of fields differs from that of its type"),
        ({"notes": "x"}, "is a damaged deck of CrowdAnki"),
        ({"name": 1}, "is a damaged deck of CrowdAnki"),
        ({"children": [{"name": "x\n"}]}, "is a damaged deck of CrowdAnki"),
        ({"note_models": [{"crowdanki_uuid": "u1"}]}, "is a damaged deck of CrowdAnki"),
    ],
)
def test_what_is_damaged_is_one_sentence(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        _read(_folder(tmp_path, **changed))


def test_a_file_that_is_cut_off_is_one_sentence(tmp_path: Path) -> None:
    _folder(tmp_path)
    text = (tmp_path / "deck.json").read_text()
    (tmp_path / "deck.json").write_text(text[:-9])
    with pytest.raises(SourceError, match="is not JSON"):
        _read(tmp_path)


def test_decks_that_are_nested_without_end_are_refused(tmp_path: Path) -> None:
    deck: dict[str, Any] = {"name": "x"}
    for _ in range(100):
        deck = {"name": "x", "children": [deck]}
    with pytest.raises(SourceError, match="nested too deeply"):
        _read(_folder(tmp_path, children=[deck]))
