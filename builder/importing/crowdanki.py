"""Imports CrowdAnki's exports: a folder with a JSON file of decks, notes and note types, and media.

CrowdAnki identifies note types by its own UUIDs, and each learner's collection has other ids for them. So the
notes cannot be adopted: Anki would not match them with those that a learner has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from builder.anki.collection import type_of_json
from builder.anki.decks import StoredDecks
from builder.anki.typed import PackageError, line, mapping, sequence, text
from builder.identity.adopted import AdoptedCard, AdoptedNote, AdoptedType
from builder.importing.anki_notes import material_of
from builder.importing.model import Format, Material, Request, SourceError
from builder.importing.note_types import ordinals
from builder.runtime.regular_files import IMAGE_LIMIT, RefusedFile, files_below, read_regular

_LARGEST = 48_000_000
_MOST_SIGNS = 1_500_000
"""Maximum brackets, commas and colons of the JSON file: Python needs 100 bytes for each."""
_MOST_NOTES = 200_000
_MOST_PARTS = 5_000
_DEEPEST = 20
_HEAD = 1 << 16
_MARKS = (b'"note_model_uuid"', b'"crowdanki_uuid"', b'"note_models"')


def _explains(path: Path) -> float:
    return 0.0 if _json_file(path) is None else 1.0


def _json_file(path: Path) -> Path | None:
    """Return the JSON file of decks: the path itself, or the one in a folder."""
    files = [path] if path.suffix.lower() == ".json" else []
    try:
        if path.is_dir():
            named = [path / "deck.json", path / f"{path.resolve().name}.json"]
            files = [*named, *sorted(path.glob("*.json"))[:20]]
        for file in files:
            if file.is_file():
                with file.open("rb") as opened:
                    head = opened.read(_HEAD)
                if b'"__type__"' in head and any(mark in head for mark in _MARKS):
                    return file
    except OSError:
        return None
    return None


def _read(path: Path, request: Request) -> Material:
    file = _json_file(path)
    if file is None:
        raise SourceError("is not a CrowdAnki deck")
    try:
        root = _json(file)
        media = {each.name: each for each in files_below(file.parent / "media") if each.is_file()}
        stored = _decks(root, media)
        if request.deck:
            stored = replace(stored, notes=tuple(each for each in stored.notes if _is_in(each, request.deck)))
            if not stored.notes:
                raise SourceError(f"has no notes in a deck {request.deck!r}")
        return material_of(stored, request, path.stem)
    except RefusedFile as error:
        raise SourceError(f"{error.reason}: {error.hint}") from error
    except PackageError as error:
        message = str(error).replace("is a damaged Anki package", "is a damaged deck of CrowdAnki")
        raise SourceError(message) from error


def _is_in(note: AdoptedNote, deck: str) -> bool:
    return any(f"{card.deck}::".startswith(f"{deck}::") for card in note.cards)


def _json(file: Path) -> dict[str, Any]:
    data = read_regular(file, file.parent, _LARGEST)
    if sum(map(data.count, b"{[,:")) > _MOST_SIGNS:
        raise PackageError("is too large for one corpus: export one of its decks alone")
    try:
        return mapping(json.loads(data), "its JSON")
    except (ValueError, RecursionError) as error:
        raise PackageError("is not JSON: export the deck again") from error


def _decks(root: Mapping[str, Any], media: Mapping[str, Path]) -> StoredDecks:
    types: dict[str, AdoptedType] = {}
    notes: list[AdoptedNote] = []
    for name, deck in _with_subdecks(root, "", 0):
        for model in sequence(deck.get("note_models", []), "note_models", longest=_MOST_PARTS):
            uuid = text(mapping(model, "a note type").get("crowdanki_uuid"), "a note type's UUID")
            types.setdefault(uuid, type_of_json(len(types) + 1, _with_places(model)))
        for note in sequence(deck.get("notes", []), "notes", longest=_MOST_NOTES):
            notes.append(_note(mapping(note, "a note"), types, name, len(notes) + 1))

    def extract(targets: Mapping[str, Path]) -> None:
        for name, target in targets.items():
            data = read_regular(media[name], media[name].parent, IMAGE_LIMIT)
            target.write_bytes(data)

    return StoredDecks(
        notes=tuple(notes),
        types={each.id: each for each in types.values()},
        is_adoptable=False,
        media=frozenset(media),
        extract=extract,
    )


def _with_places(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note type whose fields and templates have numbers, which newer exports leave out."""
    found = dict(model)
    for name in ("flds", "tmpls"):
        items = sequence(model.get(name), name, longest=_MOST_PARTS)
        found[name] = [
            {"ord": number, **item} if isinstance(item, dict) else item for number, item in enumerate(items)
        ]
    return found


def _with_subdecks(
    deck: Mapping[str, Any], above: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a deck and its subdecks, each with its full name."""
    if depth > _DEEPEST:
        raise PackageError("has decks that are nested too deeply")
    own = line(deck.get("name"), "a deck's name")
    name = own if not above or own.startswith(f"{above}::") else f"{above}::{own}"
    yield name, deck
    for child in sequence(deck.get("children", []), "children", longest=_MOST_PARTS):
        yield from _with_subdecks(mapping(child, "a deck"), name, depth + 1)


def _note(note: Mapping[str, Any], types: Mapping[str, AdoptedType], deck: str, id_: int) -> AdoptedNote:
    type_ = types.get(text(note.get("note_model_uuid"), "a note's type"))
    if type_ is None:
        raise PackageError("has a note whose note type is missing: export the deck again")
    fields = tuple(
        text(each, "a note's text") for each in sequence(note.get("fields"), "fields", longest=_MOST_PARTS)
    )
    if len(fields) != len(type_.fields):
        raise PackageError(
            "has a note whose number of fields differs from that of its type: export the deck again"
        )
    return AdoptedNote(
        question="",
        guid=line(note.get("guid"), "a note's GUID"),
        type=type_.id,
        mod=0,
        id=id_,
        fields=fields,
        tags=tuple(
            line(each, "a tag") for each in sequence(note.get("tags", []), "tags", longest=_MOST_PARTS)
        ),
        cards=tuple(AdoptedCard(ordinal=each, deck=deck) for each in ordinals(type_, fields) or (0,)),
    )


FORMAT = Format(name="a folder of CrowdAnki", explains=_explains, read=_read)
