"""Decks of the real Anki, made for a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
    ImportLogWithChanges,
)
from anki.notes import Note

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "0500015d5c0cd40000000049454e44ae426082"
)
"""An image of one pixel."""
WAVE = (
    b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\x08\0\0\0" + b"\x80" * 8
)
"""A sound of a millisecond."""


@contextmanager
def new_collection(folder: Path) -> Iterator[Collection]:
    """Yield an empty collection, which is closed at the end."""
    collection = Collection(str(folder / "collection.anki2"))
    try:
        yield collection
    finally:
        collection.close()


def add_note(
    collection: Collection,
    type_: str,
    fields: dict[str, str],
    *,
    deck: str = "Deck",
    tags: tuple[str, ...] = (),
) -> Note:
    """Add a note of a type, and return it as Anki keeps it."""
    model = collection.models.by_name(type_)
    assert model is not None
    note = collection.new_note(model)
    for name, text in fields.items():
        note[name] = text
    note.tags = list(tags)
    deck_id = collection.decks.id(deck)
    assert deck_id is not None
    collection.add_note(note, deck_id)
    note.load()
    return note


def export_deck(collection: Collection, target: Path, *, is_legacy: bool = False) -> Path:
    """Export all of a collection as a package."""
    options = ExportAnkiPackageOptions(
        with_scheduling=True, with_media=True, legacy=is_legacy, with_deck_configs=False
    )
    collection.export_anki_package(out_path=str(target), options=options, limit=None)
    return target


def import_package(collection: Collection, package: Path) -> ImportLogWithChanges.Log:
    """Import a package with Anki's default options, and return what it did."""
    request = ImportAnkiPackageRequest(package_path=str(package), options=ImportAnkiPackageOptions())
    return collection.import_anki_package(request).log
