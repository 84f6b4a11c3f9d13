"""Writes the Anki package. The only module that knows genanki, for the schema and a note type's JSON.

Rows are written here, because genanki gives all notes one time stamp, takes ids from the clock, guesses which
cards exist, and reads and writes all decks and note types again for each deck (docs/facts/anki.md, section
9). Here, every note has its identity from the lock, and fields and card templates have fixed ids. The archive
is compressed, and has the same bytes for the same content.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from errno import ENOSPC
from functools import cached_property
from io import BytesIO
from itertools import repeat
from pathlib import Path
from shutil import copyfileobj
from types import ModuleType
from typing import Any

from builder.anki import note_types as apkg
from builder.anki.adopted_notes import note_types_of
from builder.anki.media import files_of, font_files
from builder.anki.note_types import NoteType, stable_id
from builder.anki.release import PackedNote, Release
from builder.corpus.model import Settings
from builder.identity.adopted import NOTHING_ADOPTED, Adopted
from builder.identity.lock import NoteEntry
from builder.runtime.atomic import temporary_folder, writing_in
from builder.runtime.cache import Cache
from builder.runtime.workers import uncollected


@contextmanager
def _lean_imports() -> Iterator[None]:
    """Skip genanki's imports of asyncio and YAML, which are not needed here.

    They would take longer than writing a hundred notes.
    """
    lean = {"cached_property": ModuleType("cached_property"), "yaml": ModuleType("yaml")}
    vars(lean["cached_property"])["cached_property"] = cached_property
    lean = {name: module for name, module in lean.items() if name not in sys.modules}
    sys.modules.update(lean)
    try:
        yield
    finally:
        for name in lean:
            del sys.modules[name]


with _lean_imports():
    import genanki
    from genanki.apkg_col import APKG_COL
    from genanki.apkg_schema import APKG_SCHEMA

_NOT_SYNCHRONISED = -1
"""Update sequence number of anything that was not synchronised yet."""
_DEFAULT_DECK = 1
"""Id of the deck Default, which every collection has."""


def write(
    settings: Settings,
    release: Release,
    description: str,
    css: str,
    media: Mapping[str, Path],
    path: Path,
    cache: Cache,
    adopted: Adopted = NOTHING_ADOPTED,
    home: Path = Path(),
) -> int:
    """Write the package of a release to `path`, and return its number of cards.

    `description` is the root deck's, as HTML; `media` are image files by name; `adopted` are the notes of an
    existing deck, whose files are in the corpus folder, `home`.
    """
    rules, fonts = apkg.kept_fonts(cache)
    css = apkg.with_fonts(css, rules)
    types = note_types_of({head.type for head in release.heads.values()}, css, settings, adopted)
    with temporary_folder() as folder:
        collection = folder / "collection"
        with writing_in(folder):
            try:
                decks = _Decks(settings.deck, description, adopted.decks)
                cards = _write_collection(collection, decks, types, release)
            except sqlite3.OperationalError as error:  # SQLite hides the error of the system
                raise OSError(ENOSPC, str(error)) from error
        contents = {
            **files_of(release, media, adopted, settings, home),
            **font_files(types.values(), fonts, settings),
        }
        _write_archive(path, collection, contents)
    return cards


class _Decks:
    """Decks of a package, by name: each gets its id when its first card is written."""

    def __init__(self, root: str, description: str, adopted: Mapping[str, int]) -> None:
        self._root, self._description, self._adopted = root, description, adopted
        self._ids: dict[str, int] = {}
        self._taken: set[int] = set()
        self.id(root)

    def id(self, name: str) -> int:
        """Return the id of a deck: its id in the existing deck that it was adopted from, if that is free."""
        known = self._ids.get(name)
        if known is None:
            kept = self._adopted.get(name, _DEFAULT_DECK)
            is_free = kept not in self._taken and (kept != _DEFAULT_DECK or name == "Default")
            known = self._ids[name] = kept if is_free else stable_id(name)
            self._taken.add(known)
        return known

    def json(self) -> dict[str, Any]:
        """Return all decks as Anki keeps them."""
        return {
            str(id_): genanki.Deck(id_, name, self._description if name == self._root else "").to_json()
            for name, id_ in self._ids.items()
        }


def _write_collection(path: Path, decks: _Decks, types: Mapping[str, NoteType], release: Release) -> int:
    """Write the database to a file, as a deck may be too large for memory; return its number of cards."""
    with closing(sqlite3.connect(path)) as database:
        # No journal: an incomplete file is deleted.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(APKG_SCHEMA)
        database.executescript(APKG_COL)
        cards = 0
        with uncollected():
            last_decks: dict[str, int] = {}
            taken: set[int] = set()
            for note in release.notes.values():
                entry, note_type = release.lock.notes[note.guid], types[note.type]
                database.execute(_INSERT_NOTE, _note_row(note, entry, note_type))
                rows = list(_card_rows(note, entry, decks, taken))
                database.executemany(_INSERT_CARD, rows)
                cards += len(rows)
                last_decks[note.type] = decks.id(note.deck)
            ((known,),) = database.execute("SELECT decks FROM col")
            models = {
                str(types[key].id): model_json(types[key], release.lock.types[key].mod, deck_id)
                for key, deck_id in last_decks.items()
            }
            database.execute(
                "UPDATE col SET decks = ?, models = ?",
                (json.dumps({**json.loads(known), **decks.json()}), json.dumps(models)),
            )
        database.commit()
    # Clear the change counter and SQLite's version, so that the same content makes the same package
    # (https://www.sqlite.org/fileformat.html#file_change_counter).
    with path.open("r+b") as file:
        for place, length in ((24, 4), (92, 8)):
            file.seek(place)
            file.write(bytes(length))
    return cards


_INSERT_NOTE = f"INSERT INTO notes VALUES ({', '.join('?' * 11)})"
_INSERT_CARD = f"INSERT INTO cards VALUES ({', '.join('?' * 18)})"


def _note_row(note: PackedNote, entry: NoteEntry, note_type: NoteType) -> tuple[Any, ...]:
    """Return a note's row; its id and time are from the lock."""
    fields = list(map(note.fields.get, note_type.field_names, repeat("")))
    tags = f" {' '.join(note.tags)} "
    sorted_by, checksum, flags, data = fields[note_type.sort_field], 0, 0, ""  # Anki works out the first two
    identity = (entry.id, entry.guid, note_type.id, entry.mod, _NOT_SYNCHRONISED)
    return (*identity, tags, "\x1f".join(fields), sorted_by, checksum, flags, data)


def _card_rows(
    note: PackedNote, entry: NoteEntry, decks: _Decks, taken: set[int]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a note's cards: new cards, at its position. `taken` are the ids of all others.

    Their time stamps come from the note's id, not from its last change. A learner may review a card on one
    device and import a later build on another before both synchronise. Then there are two cards with one id,
    and Anki keeps the one with the later time, which must be the reviewed one.
    """
    origin = note.origin
    for ordinal in note.cards:
        new = (0, 0, entry.position, *repeat(0, 8), "")
        deck = decks.id(origin.decks.get(ordinal, note.deck) if origin else note.deck)
        id_ = origin.card_ids.get(ordinal, 0) if origin else 0
        id_ = id_ or entry.id + ordinal
        while id_ in taken:  # ids of an existing deck may leave no room
            id_ += 1
        taken.add(id_)
        yield (id_, entry.id, deck, ordinal, entry.id // 1000, _NOT_SYNCHRONISED, *new)


def model_json(note_type: NoteType, mod: int, deck_id: int) -> dict[str, Any]:
    """Return a note type as JSON for Anki."""
    if note_type.properties is not None:
        return {
            "id": note_type.id,
            "name": note_type.name,
            "type": int(note_type.is_cloze),
            "mod": mod,
            "usn": _NOT_SYNCHRONISED,
            "sortf": note_type.sort_field,
            "did": None,
            "tmpls": [{**each, "ord": place, "did": None} for place, each in enumerate(note_type.templates)],
            "flds": [{**each, "ord": place} for place, each in enumerate(note_type.fields)],
            "css": note_type.css,
            "req": [],  # Anki computes it
            **note_type.properties,
        }
    model = genanki.Model(
        model_id=note_type.id,
        name=note_type.name,
        fields=[dict(field) for field in note_type.fields],
        templates=[dict(template) for template in note_type.templates],
        css=note_type.css,
        model_type=genanki.Model.CLOZE if note_type.is_cloze else genanki.Model.FRONT_BACK,
    )
    return dict(model.to_json(mod, deck_id))


def _write_archive(path: Path, collection: Path, media: Mapping[str, Callable[[], bytes]]) -> None:
    """Write the archive; `media` are files by name, each read when its turn comes."""
    names = sorted(media)
    with zipfile.ZipFile(path, "w") as archive:
        _add(archive, "collection.anki2", collection)
        _add(archive, "media", json.dumps(dict(enumerate(names))).encode())
        for index, name in enumerate(names):
            _add(archive, str(index), media[name]())


def _add(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> None:
    """Add a member without a date, a system or an owner."""
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.create_system = 3
    member.external_attr = 0o644 << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    with (
        BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source,
        archive.open(member, "w") as target,
    ):
        copyfileobj(source, target, 1 << 18)
