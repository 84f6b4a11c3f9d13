"""What an export is made of, and what a form makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from builder.anki.note_types import NoteType
from builder.anki.release import PackedNote, Release
from builder.corpus.model import ChapterOutline, Outline, Settings

MEDIA_FOLDER = "media"
"""Folder of an export that has the images and sounds: the name that CrowdAnki looks for."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that an export brings along, without its content."""

    name: str
    """Name by which fields, and style sheets, call it."""
    size: int
    digest: str
    """SHA-256 of its content, as hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedChapter:
    """A chapter, and the notes of its questions."""

    outline: ChapterOutline
    deck: str
    """Name of its deck."""
    guids: tuple[str, ...]
    """GUIDs of its questions, in the order of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that an export is made of: what the next package brings, in the order of study."""

    outline: Outline
    release: Release
    types: Mapping[str, NoteType]
    """Note types by their names in the lock."""
    description: str
    """Description of the root deck, as HTML."""
    chapters: tuple[ExportedChapter, ...]
    media: Mapping[str, MediaFile]
    """Files to bring along, by name."""

    @property
    def settings(self) -> Settings:
        """Settings of the corpus."""
        return self.outline.settings

    def notes(self) -> Iterator[tuple[PackedNote, NoteType]]:
        """Yield each note with its type, in the order of study."""
        for note in self.release.notes.values():
            yield note, self.types[note.type]


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that a form makes, beside the media."""

    name: str
    content: bytes
    contents: str
    """What it has, for the closing line."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a form makes of a corpus."""

    files: tuple[ExportFile, ...]
    remarks: tuple[str, ...] = ()
    """What its reader should know of it, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of export."""

    title: str
    write: Callable[[Source], Written]
    has_fonts: bool = False
    """True if it has the note types' style sheets, so that it brings their fonts along."""


def remarks_on_decks(source: Source) -> Iterator[str]:
    """Say how many notes have cards in several decks, for a form that gives each note one deck."""
    divided = sum(
        len({*note.origin.decks.values()}) > 1 for note in source.release.notes.values() if note.origin
    )
    if divided:
        has = "note has" if divided == 1 else "notes have"
        yield f"{divided:,} {has} cards in several decks: all go into the deck of the first card"


def fields_of(note: PackedNote, note_type: NoteType) -> list[str]:
    """Return the texts of a note's fields in the order of its type."""
    return [note.fields.get(name, "") for name in note_type.field_names]
