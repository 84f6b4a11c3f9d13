"""Records of an export: its source, and the files that a form makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from builder.anki.note_types import NoteType
from builder.anki.release import PackedNote, Release
from builder.corpus.model import ChapterOutline, Outline, Settings

MEDIA_FOLDER = "media"
"""Folder of an export for images and sounds; CrowdAnki expects this name."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A media file of an export, without its content."""

    name: str
    """Its name in fields and style sheets."""
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
    """The source of an export: the content of the next package, in the order of study."""

    outline: Outline
    release: Release
    types: Mapping[str, NoteType]
    """Note types by their names in the lock."""
    description: str
    """Description of the root deck, as HTML."""
    chapters: tuple[ExportedChapter, ...]
    media: Mapping[str, MediaFile]
    """Media files, by name."""

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
    """A file that a form makes, besides media."""

    name: str
    content: bytes
    contents: str
    """Its content in words, for the command's output."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files that a form makes of a corpus."""

    files: tuple[ExportFile, ...]
    remarks: tuple[str, ...] = ()
    """Notes for the user, each a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of export."""

    title: str
    write: Callable[[Source], Written]
    has_fonts: bool = False
    """True if it has the note types' style sheets, and so their fonts."""


def remarks_on_decks(source: Source) -> Iterator[str]:
    """Return a sentence about notes with cards in several decks, for forms with one deck for each note."""
    divided = sum(
        len({*note.origin.decks.values()}) > 1 for note in source.release.notes.values() if note.origin
    )
    if divided:
        has = "note has" if divided == 1 else "notes have"
        yield f"{divided:,} {has} cards in several decks: all go into the deck of the first card"


def fields_of(note: PackedNote, note_type: NoteType) -> list[str]:
    """Return the texts of a note's fields in the order of its type."""
    return [note.fields.get(name, "") for name in note_type.field_names]
