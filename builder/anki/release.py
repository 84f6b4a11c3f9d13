"""Contents of an Anki package: a corpus's notes as learners get them."""

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
"""Fields with the place of a note. A chapter's new title or file name does not count as a change of notes:
these fields reach learners with the next change of the note itself."""


_SHOWN = re.compile(r'(?:<img\b[^<>]*?\bsrc="|\[sound:)([^"\]]*)')
"""The name of an image or a sound, in a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Facts about a note of an existing deck that a learner does not see.

    Its note type lacks cardpress's fields, from which reports take a note's id, number and prompt.
    """

    id: str
    """Id of its question."""
    number: str
    prompt: str
    """Prompt of its question, as HTML."""
    prompt_fields: frozenset[str]
    """Names of the fields with the prompt."""
    mod: int
    """Time of its last change in that deck if it has not changed since; otherwise 0."""
    note_id: int
    decks: Mapping[int, str]
    """Names of its cards' decks, by ordinal."""
    card_ids: Mapping[int, int]
    """Ids of its cards in that deck, by ordinal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedNote:
    """A note in a package: everything that a learner sees of it."""

    guid: str
    type: str
    """Name of its note type."""
    question: str
    """First id under which its question was published."""
    fields: Mapping[str, str]
    """HTML by field name; empty fields may be missing."""
    tags: tuple[str, ...]
    """Tags of its corpus, without a learner's own and Anki's."""
    deck: str
    cards: tuple[int, ...]
    """Ordinals of its cards."""
    own_tags: tuple[str, ...] = ()
    """A learner's own tags, if the note comes from their collection."""
    origin: Origin | None = None
    """Facts about it as a note of an existing deck; None if it is cardpress's own."""

    @property
    def id(self) -> str:
        """Id of its question."""
        return self.origin.id if self.origin else self.fields["ID"]

    @property
    def number(self) -> str:
        """Number of its question."""
        return self.origin.number if self.origin else self.fields["Number"]

    @property
    def prompt(self) -> str:
        """Prompt of its question, as HTML."""
        return self.origin.prompt if self.origin else self.fields["Prompt"]

    @property
    def hash(self) -> str:
        """Hash of the content, without deck and position, which imports never update."""
        not_news = () if self.origin else NOT_NEWS
        seen = {name: text for name, text in self.fields.items() if text and name not in not_news}
        return digest(json.dumps([seen, sorted(self.tags)], sort_keys=True))

    def published(self) -> Published:
        """Return the note for the lock."""
        return Published(
            guid=self.guid,
            type=self.type,
            question=self.question,
            hash=self.hash,
            number=self.number,
            deck=self.deck,
            cards=self.cards,
            mod=self.origin.mod if self.origin else 0,
            id=self.origin.note_id if self.origin else 0,
        )


class StoredNotes(Mapping[str, PackedNote]):
    """Notes by GUID, loaded on demand."""

    @property
    @abstractmethod
    def published(self) -> Mapping[str, Published]:
        """Published notes by GUID, without their texts; loads nothing."""


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
        """Published notes of this part by GUID, without their texts."""
        return {guid: self._notes.published[guid] for guid in self._guids}


@dataclass(frozen=True, slots=True)
class Release:
    """Notes that one build brings to learners, by GUID, in study order, with the lock of their identities."""

    notes: Mapping[str, PackedNote]
    lock: Lock
    is_exported: bool = False
    """True if Anki exported it from a learner's collection."""

    @property
    def heads(self) -> Mapping[str, PackedNote | Published]:
        """Notes by GUID, without their texts if these are not loaded yet."""
        return self.notes.published if isinstance(self.notes, StoredNotes) else self.notes

    def part(self, guids: AbstractSet[str]) -> Release:
        """Return some of its notes with the identities of all, so that the others do not count as gone."""
        if isinstance(self.notes, StoredNotes):
            return Release(_Part(self.notes, guids), self.lock)
        return Release({guid: note for guid, note in self.notes.items() if guid in guids}, self.lock)

    def media(self, files: Mapping[str, Path]) -> dict[str, Path]:
        """Return the images and sounds that its notes use, by name, out of those of the whole corpus."""
        shown = {
            name
            for note in self.notes.values()
            for text in note.fields.values()
            for name in _SHOWN.findall(text)
        }
        return {name: path for name, path in files.items() if name in shown}

    @property
    def day(self) -> str:
        """Day of its last change, as in 2026-11-23."""
        times = (*(self.lock.notes[guid].mod for guid in self.notes), 0)
        return datetime.fromtimestamp(max(times), UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a note type, and how Anki's editor and search treat it."""

    name: str
    id: int | None
    """Field id; None in packages from before Anki had them."""
    is_collapsed: bool = False
    """True if Anki's editor shows only the name until the field is opened."""
    is_unsearched: bool = False
    """True if a search skips it unless it names the field."""
    description: str = ""
    """Placeholder that Anki's editor shows while the field is empty."""
    is_rtl: bool = False
    """True if Anki's editor writes it from right to left."""


def type_hash(
    css: str,
    fields: Sequence[Field],
    templates: Sequence[tuple[str, int | None, str, str]],
) -> str:
    """Return a hash of a note type's look and structure.

    `templates` are names, ids, and the HTML of front and back.
    """
    return digest(json.dumps([css, list(map(astuple, fields)), templates]))


def digest(text: str) -> str:
    """Return a text's short hash."""
    return sha256(text.encode()).hexdigest()[:16]
