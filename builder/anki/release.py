"""What an Anki package holds of a corpus: the notes as learners get them."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from builder.identity.lock import Lock
from builder.identity.update import Published

NOT_NEWS = ("Chapter", "Source")
"""Fields that say where a note stands: a chapter's new title or file makes none of its notes news. They
arrive with the next change of the note's own."""


_SHOWN = re.compile(r'<img\b[^<>]*?\bsrc="([^"]*)"')
"""The name of a picture, in a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedNote:
    """A note as a package brings it: all that a learner sees of it."""

    guid: str
    type: str
    """The name of its note type."""
    question: str
    """The first id that its question was published under."""
    fields: Mapping[str, str]
    """Its fields by name, as HTML; those that are empty may be left out."""
    tags: tuple[str, ...]
    """Those of its corpus: a learner's own, and Anki's, are not part of it."""
    deck: str
    cards: tuple[int, ...]
    """The ordinals of its cards."""
    own_tags: tuple[str, ...] = ()
    """A learner's own tags, where it comes from their collection."""

    @property
    def hash(self) -> str:
        """What tells its versions from each other. Neither its deck nor its place: they never arrive."""
        seen = {name: text for name, text in self.fields.items() if text and name not in NOT_NEWS}
        return digest(json.dumps([seen, sorted(self.tags)], sort_keys=True))

    def published(self) -> Published:
        """Return what the lock keeps of it."""
        return Published(
            guid=self.guid,
            type=self.type,
            question=self.question,
            hash=self.hash,
            number=self.fields["Number"],
            deck=self.deck,
            cards=self.cards,
        )


class StoredNotes(Mapping[str, PackedNote]):
    """Notes by GUID that are loaded when they are asked for."""

    @property
    @abstractmethod
    def published(self) -> Mapping[str, Published]:
        """What is published of each, by GUID; nothing is loaded to tell."""


class _Part(StoredNotes):
    """Some of the notes of a release."""

    def __init__(self, notes: StoredNotes, guids: AbstractSet[str]) -> None:
        self._notes = notes
        self._guids = tuple(guid for guid in notes if guid in guids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._guids)

    def __len__(self) -> int:
        return len(self._guids)

    def __getitem__(self, guid: str) -> PackedNote:
        return self._notes[guid]

    @property
    def published(self) -> Mapping[str, Published]:
        """What is published of each, by GUID."""
        return {guid: self._notes.published[guid] for guid in self._guids}


@dataclass(frozen=True, slots=True)
class Release:
    """What one build brings to learners: its notes by GUID, in study order, with their identities."""

    notes: Mapping[str, PackedNote]
    lock: Lock
    is_exported: bool = False
    """Whether it is what a learner has made of one: Anki exported it from their collection."""

    @property
    def heads(self) -> Mapping[str, PackedNote | Published]:
        """The notes by GUID, without their texts where these are not loaded yet."""
        return self.notes.published if isinstance(self.notes, StoredNotes) else self.notes

    def part(self, guids: AbstractSet[str]) -> Release:
        """Return some of its notes, with the identities of all: what is left out is not gone."""
        if isinstance(self.notes, StoredNotes):
            return Release(_Part(self.notes, guids), self.lock)
        return Release({guid: note for guid, note in self.notes.items() if guid in guids}, self.lock)

    def pictures(self, media: Mapping[str, Path]) -> dict[str, Path]:
        """Return the files of the pictures that its notes show, of those that all notes show, by name."""
        shown = {
            name
            for note in self.notes.values()
            for text in note.fields.values()
            for name in _SHOWN.findall(text)
        }
        return {name: path for name, path in media.items() if name in shown}

    @property
    def day(self) -> str:
        """The day on which anything of it changed last, as in 2026-11-23."""
        times = (*(self.lock.notes[guid].mod for guid in self.notes), 0)
        return datetime.fromtimestamp(max(times), UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a note type, and how Anki's editor and search treat it."""

    name: str
    id: int | None
    """None in packages that are older than field ids."""
    is_collapsed: bool = False
    """Whether the editor shows its name alone until it is opened."""
    is_unsearched: bool = False
    """Whether a search without a field's name passes it over."""
    description: str = ""
    """What the editor shows in it while it is empty."""


def type_hash(
    css: str,
    fields: Sequence[Field],
    templates: Sequence[tuple[str, int | None, str, str]],
) -> str:
    """Return what tells the versions of a note type from each other.

    `templates` are names, ids, and the two sides' HTML.
    """
    return digest(json.dumps([css, list(map(astuple, fields)), templates]))


def digest(text: str) -> str:
    """Return a text's short hash."""
    return sha256(text.encode()).hexdigest()[:16]
