"""Writes a folder of CrowdAnki 0.9: deck.json with decks, note types and notes, beside a folder of media.

CrowdAnki identifies decks, note types and options by UUIDs. Here, they are derived from permanent names, so
that a later export updates the import of an earlier one. The export has only the name of the deck options:
other values would replace the learner's choices at each import.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from builder.anki.adopted_notes import names_in
from builder.anki.release import PackedNote
from builder.exporting.model import ExportFile, Source, Written, fields_of, remarks_on_decks
from builder.text import count

FILE = "deck.json"
_NAMESPACE = UUID("6f1d2c5a-9b0e-5c47-8a4f-3e7d90b2c618")
"""Frozen: with another one, every learner would get each deck and note type again."""
_DEEPEST = 18
"""Maximum levels of subdecks; what is deeper keeps its name, with `::` in it."""
_NOT_SHARED = ("id", "mod", "usn", "did")
"""Properties of a note type that differ in every collection."""
_FIELD = {"plainText": False, "tag": None, "preventDeletion": False}
_TEMPLATE = {"bqfmt": "", "bafmt": "", "bfont": "", "bsize": 0, "did": None}
"""Properties that Anki adds: without them, CrowdAnki would treat the note type as changed each time."""


@dataclass(slots=True)
class _Deck:
    """A deck of the tree, with its notes and subdecks."""

    name: str
    uuid: str
    notes: list[PackedNote] = field(default_factory=list)
    children: dict[str, _Deck] = field(default_factory=dict)


def write(source: Source) -> Written:
    """Write the decks of a corpus as one file."""
    root, outside = _tree(source)
    rest = set(source.media)
    for deck in _all(root):
        rest -= _media(deck, source)
    decks = {
        **_json(root, source),
        "media_files": sorted(_media(root, source) | rest),
        "desc": source.description,
        "deck_configurations": [
            {
                "__type__": "DeckConfig",
                "crowdanki_uuid": _uuid(source, "options"),
                "name": source.settings.title,
            }
        ],
        "note_models": [_note_type(key, source) for key in sorted(source.types)],
    }
    text = json.dumps(decks, ensure_ascii=False, indent=4, sort_keys=True)
    number = sum(len(deck.notes) for deck in _all(root))
    contents = f"{count(number, 'note')} in {count(sum(1 for _ in _all(root)), 'deck')}"
    remarks = (*_remarks(outside, root.name), *remarks_on_decks(source))
    return Written((ExportFile(FILE, f"{text}\n".encode(), contents),), remarks)


def _remarks(outside: Iterable[str], root: str) -> Iterable[str]:
    names = sorted({*outside})
    if names:
        more = f" and {count(len(names) - 1, 'other deck')}" if len(names) > 1 else ""
        yield f"CrowdAnki has one root deck: {names[0]!r}{more} became part of {root!r}"


def _uuid(source: Source, what: str) -> str:
    return str(uuid5(_NAMESPACE, f"{source.settings.id}:{what}"))


def _tree(source: Source) -> tuple[_Deck, list[str]]:
    """Return the decks as a tree, and the names of those that are not below the root deck."""
    root = _Deck(source.settings.deck, _uuid(source, "deck"))
    files = Counter(chapter.outline.slug for chapter in source.chapters)
    slugs = {chapter.deck: chapter.outline.slug for chapter in source.chapters}
    outside: list[str] = []
    for note, _ in source.notes():
        name, deck = note.deck, root
        below = f"{root.name}::"
        if name != root.name and not name.startswith(below):
            outside.append(name)
        path = [] if name == root.name else name.removeprefix(below).split("::", _DEEPEST)
        for depth, part in enumerate(path, 1):
            if part not in deck.children:
                # The file's name decides, so that a chapter with a new title or number keeps its deck.
                word = slugs.get(name, "") if depth == len(path) else ""
                what = f"chapter:{word}" if files[word] == 1 else f"deck:{'::'.join(path[:depth])}"
                deck.children[part] = _Deck(part, _uuid(source, what))
            deck = deck.children[part]
        deck.notes.append(note)
    return root, outside


def _all(deck: _Deck) -> Iterable[_Deck]:
    yield deck
    for child in deck.children.values():
        yield from _all(child)


def _media(deck: _Deck, source: Source) -> set[str]:
    shown = (name for note in deck.notes for html in note.fields.values() for name in names_in(html))
    return {name for name in shown if name in source.media}


def _json(deck: _Deck, source: Source) -> dict[str, Any]:
    return {
        "__type__": "Deck",
        "name": deck.name,
        "crowdanki_uuid": deck.uuid,
        "deck_config_uuid": _uuid(source, "options"),
        "desc": "",
        "dyn": 0,
        "media_files": sorted(_media(deck, source)),
        "notes": [_note(note, source) for note in deck.notes],
        "children": [_json(deck.children[name], source) for name in sorted(deck.children)],
    }


def _note(note: PackedNote, source: Source) -> dict[str, Any]:
    return {
        "__type__": "Note",
        "guid": note.guid,
        "note_model_uuid": _uuid(source, f"note type:{note.type}"),
        "fields": fields_of(note, source.types[note.type]),
        "tags": list(note.tags),
    }


def _note_type(key: str, source: Source) -> dict[str, Any]:
    from builder.anki.write import model_json  # imported here, because genanki takes a while

    model = model_json(source.types[key], 0, 0)
    return {
        **{name: value for name, value in model.items() if name not in _NOT_SHARED},
        "__type__": "NoteModel",
        "crowdanki_uuid": _uuid(source, f"note type:{key}"),
        "flds": [_whole(_FIELD, each) for each in model["flds"]],
        "tmpls": [_whole(_TEMPLATE, each) for each in model["tmpls"]],
    }


def _whole(otherwise: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {**otherwise, **given}
