"""What an Anki package holds of a corpus: the notes as learners get them, and reading them back."""

from __future__ import annotations

import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from sys import intern
from typing import Any

from builder.diagnostics import BuildError
from builder.lock import Lock, NoteEntry, Published, TypeEntry
from builder.model import Kind, Question, QuestionOutline

NOT_NEWS = ("Chapter", "Source")
"""Fields that say where a note stands: a chapter's new title or file makes none of its notes news. They
arrive with the next change of the note's own."""
_COLLECTION = "collection.anki2"
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    sqlite3.Error,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    RuntimeError,  # an encrypted member, JSON that is nested too deeply
)
"""What reading something else than a package can raise."""
_LARGEST = 1 << 30
"""Bytes of a collection that are read at most: a small archive may claim to hold any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedNote:
    """A note as a package brings it: all that a learner sees of it."""

    guid: str
    fields: Mapping[str, str]
    """Its fields by name, as HTML; those that are empty may be left out."""
    tags: tuple[str, ...]
    deck: str
    cards: tuple[int, ...]
    """The ordinals of its cards."""

    @property
    def type(self) -> str:
        """The name of its note type, which is part of its identity."""
        return type_of(self.guid)

    @property
    def hash(self) -> str:
        """What tells its versions from each other. Neither its deck nor its place: they never arrive."""
        seen = {name: text for name, text in self.fields.items() if text and name not in NOT_NEWS}
        return digest(json.dumps([seen, sorted(self.tags)], sort_keys=True))

    def published(self) -> Published:
        """Return what the lock keeps of it."""
        return Published(self.guid, self.hash, self.fields["Number"], self.deck)


def type_of(guid: str) -> str:
    """Return the name of the note type of the note of a GUID."""
    return guid.split(":")[1]


@dataclass(frozen=True, slots=True)
class Release:
    """What one build brings to learners: its notes by GUID, in study order, with their identities."""

    notes: Mapping[str, PackedNote]
    lock: Lock

    @property
    def day(self) -> str:
        """The day on which anything of it changed last, as in 2026-11-23."""
        times = (*(self.lock.notes[guid].mod for guid in self.notes), 0)
        return datetime.fromtimestamp(max(times), UTC).date().isoformat()

    def is_of(self, corpus_id: str) -> bool:
        """Tell whether it was made of a corpus."""
        return any(guid.startswith(f"{corpus_id}:") for guid in self.notes)


def guid(corpus_id: str, question: Question | QuestionOutline) -> str:
    """Return a note's identity in Anki: which corpus, which note type, which question.

    Never a hash of the text. The note type is part of it because Anki refuses the whole import where a
    note's type turns from basic to cloze under one GUID (docs/facts/anki.md, section 2); the
    other kinds share the basic note type, so that a question may turn from one to another.
    """
    note_type = "cloze" if question.kind is Kind.CLOZE else "basic"
    # The lock has it as well: one of each is enough.
    return intern(f"{corpus_id}:{note_type}:{question.identity}")


def identity_of(guid: str) -> str:
    """Return the identity of the question that a GUID is of."""
    return guid.split(":", 2)[-1]


def type_hash(
    css: str, fields: Sequence[tuple[str, int]], templates: Sequence[tuple[str, int, str, str]]
) -> str:
    """Return what tells the versions of a note type from each other.

    `fields` are names and ids; `templates` names, ids, and the two sides' HTML.
    """
    return digest(json.dumps([css, fields, templates]))


def digest(text: str) -> str:
    """Return a text's short hash."""
    return sha256(text.encode()).hexdigest()[:16]


def read_package(path: Path) -> Release:
    """Read a package that cardpress made. Raises `BuildError` where it is none."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_COLLECTION) as member:
            collection = member.read(_LARGEST)
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(collection)
            database.execute("PRAGMA trusted_schema = OFF")
            if database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'view'").fetchone() != (0,):
                raise ValueError("a view, which may never end")
            models, decks = map(json.loads, database.execute("SELECT models, decks FROM col").fetchone())
            notes = list(_notes(database, models, decks))
            types = {entry.name: entry for entry in map(_type, models.values())}
    except _DAMAGED as error:
        raise BuildError(f"{str(path)!r} is no Anki package that cardpress made") from error
    entries = {entry.guid: entry for _, entry in notes}
    return Release({note.guid: note for note, _ in notes}, Lock(entries, types))


def _notes(
    database: sqlite3.Connection, models: Mapping[str, Any], decks: Mapping[str, Any]
) -> Iterator[tuple[PackedNote, NoteEntry]]:
    cards: dict[int, list[int]] = {}
    for note_id, ordinal in database.execute("SELECT nid, ord FROM cards ORDER BY nid, ord"):
        cards.setdefault(note_id, []).append(ordinal)
    rows = database.execute(
        "SELECT notes.id, guid, notes.mod, mid, tags, flds, did, due FROM notes JOIN cards ON nid = notes.id"
        " GROUP BY notes.id ORDER BY due, notes.id"
    )
    for id_, guid, mod, model, tags, values, deck, position in rows:
        names = [field["name"] for field in models[str(model)]["flds"]]
        if guid.count(":") != 2:
            raise ValueError(guid)
        note = PackedNote(
            guid=guid,
            fields=dict(zip(names, values.split("\x1f"), strict=True)),
            tags=tuple(tags.split()),
            deck=decks[str(deck)]["name"],
            cards=tuple(cards[id_]),
        )
        yield (
            note,
            NoteEntry(
                guid=guid,
                hash=note.hash,
                mod=mod,
                id=id_,
                position=position,
                number=note.fields["Number"],
                state="live",
                deck=note.deck,
            ),
        )


def _type(model: Mapping[str, Any]) -> TypeEntry:
    fields = [(field["name"], field["id"]) for field in model["flds"]]
    templates = [(side["name"], side["id"], side["qfmt"], side["afmt"]) for side in model["tmpls"]]
    return TypeEntry(
        name=model["name"].rpartition("(")[2].removesuffix(")"),
        hash=type_hash(model["css"], fields, templates),
        mod=model["mod"],
    )
