"""The Anki package: the only module that knows genanki, and that corrects its mistakes.

genanki gives all notes one time stamp, takes ids from the clock, guesses which cards exist, leaves fields
without ids, and overwrites its target in place with an uncompressed archive (docs/facts/anki.md, section 9).
Here every note has its own identity from the lock, fields and card templates carry
fixed ids, and the archive is deflated and the same bytes for the same content.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from errno import ENOSPC
from functools import cached_property
from io import BytesIO
from itertools import groupby, repeat
from pathlib import Path
from shutil import copyfileobj
from types import ModuleType
from typing import Any

from builder.anki import note_types as apkg
from builder.anki.release import PackedNote, Release, digest
from builder.corpus.images import ImageError, read_named
from builder.corpus.model import Settings
from builder.diagnostics import BuildError
from builder.identity.lock import NoteEntry, TypeEntry
from builder.runtime.atomic import temporary_folder, writing_in
from builder.runtime.cache import Cache
from builder.runtime.workers import uncollected


@contextmanager
def _lean_imports() -> Iterator[None]:
    """Skip imports of genanki that are not needed here: asyncio, and YAML.

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

_FIELD_NAMES = tuple(name for name, _ in apkg.FIELDS)


def type_name(settings: Settings, name: str) -> str:
    """Return the name of a corpus's note type, as learners see it. Anki identifies it by its id."""
    return f"{settings.title} ({name})"


def write(
    settings: Settings,
    release: Release,
    description: str,
    css: str,
    media: Mapping[str, Path],
    path: Path,
    cache: Cache,
) -> int:
    """Write the package of a release to `path`, and return its number of cards.

    `description` is the root deck's, as HTML; `media` are image files by name.
    """
    rules, fonts = apkg.kept_fonts(cache)
    with temporary_folder() as folder:
        collection = folder / "collection"
        with writing_in(folder):
            try:
                cards = _write_collection(
                    collection, _decks(settings, release, description, apkg.with_fonts(css, rules))
                )
            except sqlite3.OperationalError as error:  # SQLite hides the system's error
                raise OSError(ENOSPC, str(error)) from error
        _write_archive(path, collection, media, fonts)
    return cards


def _write_collection(path: Path, decks: Iterator[genanki.Deck]) -> int:
    """Write the database to a file: memory has no room for every deck."""
    with closing(sqlite3.connect(path)) as database:
        # No journal: an incomplete file is thrown away.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        # Time stamps and ids of notes and note types come from the lock, none from genanki.
        with uncollected():
            genanki.Package(decks).write_to_db(database.cursor(), 0, iter(()))
        database.commit()
        (cards,) = database.execute("SELECT count(*) FROM cards").fetchone()
    # Clear the change counter and SQLite's version, so that the same content makes the same package
    # (https://www.sqlite.org/fileformat.html#file_change_counter).
    with path.open("r+b") as file:
        for place, length in ((24, 4), (92, 8)):
            file.seek(place)
            file.write(bytes(length))
    return int(cards)


def _decks(settings: Settings, release: Release, description: str, css: str) -> Iterator[genanki.Deck]:
    """Yield the decks: the root deck, then each chapter's deck once the one before is written."""
    names = sorted({head.type for head in release.heads.values()})
    note_types = {name: _NoteType(settings, release.lock.types[name], css) for name in names}
    yield genanki.Deck(_stable_id(settings.deck), settings.deck, description)
    for name, notes in groupby(release.notes.values(), key=lambda note: note.deck):
        chapter = genanki.Deck(_stable_id(name), name)
        for note in notes:
            chapter.add_note(_Note(note_types[note.type], release.lock.notes[note.guid], note))
        yield chapter


def _stable_id(name: str) -> int:
    """Return an id derived from a name: positive and below 2^53, as JSON readers need it."""
    return int(digest(name)[:13], 16) | 1 << 40


class _NoteType(genanki.Model):  # type: ignore[misc]
    """A note type that keeps its own time stamp.

    Each corpus has note types of its own, so that two authors' styles do not affect each other's cards.
    """

    def __init__(self, settings: Settings, entry: TypeEntry, css: str) -> None:
        sides = [
            (name, *apkg.card_template(file, settings), id_) for name, file, id_ in apkg.TEMPLATES[entry.name]
        ]
        super().__init__(
            model_id=_stable_id(f"{settings.id}:{entry.name}"),
            name=type_name(settings, entry.name),
            fields=[
                {
                    "name": field.name,
                    "id": field.id,
                    "collapsed": field.is_collapsed,
                    "excludeFromSearch": field.is_unsearched,
                    "description": field.description,
                    "rtl": field.is_rtl,
                }
                for field in apkg.fields(settings.language)
            ],
            templates=[
                {"name": name, "qfmt": front, "afmt": back, "id": id_} for name, front, back, id_ in sides
            ],
            css=css,
            model_type=genanki.Model.CLOZE if entry.name == "cloze" else genanki.Model.FRONT_BACK,
        )
        self.entry = entry

    def to_json(self, timestamp: float, deck_id: int) -> dict[str, Any]:
        return dict(super().to_json(self.entry.mod, deck_id))


class _Card(genanki.Card):  # type: ignore[misc]
    """A card whose time stamp comes from its note's id, not from the note's last change.

    A learner who reviewed it on one device and then imports a later build on another, before the two
    synchronise, has two cards of one id; Anki keeps the later, which must be the reviewed one.
    """

    def write_to_db(
        self, cursor: sqlite3.Cursor, timestamp: float, deck_id: int, note_id: int, id_gen: Any, due: int = 0
    ) -> None:
        super().write_to_db(cursor, note_id // 1000, deck_id, note_id, id_gen, due)


class _Note(genanki.Note):  # type: ignore[misc]
    """A note whose ids, time stamp and cards come from the lock and the release."""

    def __init__(self, note_type: _NoteType, entry: NoteEntry, note: PackedNote) -> None:
        super().__init__(
            model=note_type,
            fields=list(map(note.fields.get, _FIELD_NAMES, repeat(""))),
            tags=note.tags,
            guid=entry.guid,
            due=entry.position,
        )
        self.entry = entry
        self.cards = [_Card(ordinal) for ordinal in note.cards]

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, deck_id: int, id_gen: Any) -> None:
        # genanki takes the ids of the note, and then of each card, from this iterator.
        ids = iter((self.entry.id, *(self.entry.id + card.ord for card in self.cards)))
        super().write_to_db(cursor, self.entry.mod, deck_id, ids)

    def _check_invalid_html_tags_in_fields(self) -> None:
        """Skip genanki's check: it is slow, and warns of valid HTML."""


def _write_archive(
    path: Path, collection: Path, media: Mapping[str, Path], fonts: Mapping[str, bytes]
) -> None:
    names = sorted({*media, *fonts})
    with zipfile.ZipFile(path, "w") as archive:
        _add(archive, "collection.anki2", collection)
        _add(archive, "media", json.dumps(dict(enumerate(names))).encode())
        for index, name in enumerate(names):
            _add(archive, str(index), fonts[name] if name in fonts else _image(name, media[name]))


def _image(name: str, path: Path) -> bytes:
    """Read an image by the name made of its content. Raises `BuildError` if it has changed."""
    try:
        return read_named(name, path)
    except ImageError as error:
        raise BuildError(f"{error}: {error.hint}") from error


def _add(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> None:
    """Add a member without a time, a place or an owner."""
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.create_system = 3
    member.external_attr = 0o644 << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    with (
        BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source,
        archive.open(member, "w") as target,
    ):
        copyfileobj(source, target, 1 << 18)
