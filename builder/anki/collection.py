"""Reads a collection's SQLite database: rows become typed records, whoever wrote them.

A database may lie about its indexes, its pages and its size. So it is opened read-only and as immutable. Its
tables are read from the first row to the last and joined here, without indexes. No query returns more bytes
than the file has, and the number of steps of SQLite's virtual machine is limited.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builder.anki.protobuf import last_values
from builder.anki.release import Field
from builder.anki.typed import (
    LARGEST_INTEGER,
    PackageError,
    damaged,
    integer,
    line,
    mapping,
    sequence,
    text,
    utf8,
)
from builder.identity.adopted import AdoptedField, AdoptedTemplate, AdoptedType
from builder.identity.lock import LAST_NOTE_ID, LAST_ORDINAL, LATEST_MOD
from builder.identity.study_order import LAST_POSITION

_NEWEST_SCHEMA = 18
_SCHEMA_STEPS = 100_000
"""Maximum steps of SQLite's virtual machine to read the schema; Anki's takes a twentieth."""
_STEPS = 40_000_000
"""Maximum steps to read a collection: some seconds. A million notes with two million cards take fewer."""
_EVERY = 1000
"""Steps between two checks of how many are left."""
_SMALL, _LARGE, _LARGEST = 1 << 16, 1 << 22, 1 << 23
"""Maximum bytes of one value: of schema and names; of a note's fields or a note type; of JSON."""
_LONGEST_DATA = 1000
"""Maximum characters to read of a card's `data`; Anki and its add-ons store a tenth of that."""
_MOST_JSON_SIGNS = 400_000
"""Maximum brackets, commas and colons in JSON of older collections: Python needs 100 bytes for each."""
_MOST_FIELDS = 500
_LARGEST_KIND = 1 << 31
_ROW = 4
"""Minimum bytes of a row."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: _SMALL,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 20,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 2,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_FAULTS = (sqlite3.Error, ValueError, OverflowError)
"""Exceptions of a damaged database. Their message quotes the database, so it may not be valid text."""


@dataclass(frozen=True, slots=True)
class NoteHead:
    """A note without its texts."""

    id: int
    guid: str
    type_id: int
    mod: int
    """Time of its last change, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card's deck and its position among new cards."""

    ordinal: int
    deck_id: int
    """Id of its home deck, even while it is in a filtered deck."""
    position: int | None
    """Position among new cards; None if Anki did not keep it."""
    id: int = 0


@dataclass(frozen=True, slots=True)
class NoteType:
    """A note type: style sheet, fields and card templates."""

    mod: int
    css: str
    fields: tuple[Field, ...]
    templates: tuple[tuple[str, int | None, str, str], ...]
    """Name, id (None in older packages), HTML of front and back."""


class StoredCollection:
    """An open collection. Methods raise `PackageError` if it has something that Anki would not write."""

    def __init__(self, database: sqlite3.Connection, size: int) -> None:
        self._database = database
        self._size = size
        self._steps = _SCHEMA_STEPS // _EVERY
        self._looked_up = size
        database.set_progress_handler(self._is_at_an_end, _EVERY)
        for limit, value in _LIMITS.items():
            database.setlimit(limit, value)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _SMALL)
        database.text_factory = _text
        # Anki declares its tables with its collation of names, but no query here uses it.
        database.create_collation("unicase", lambda one, other: (one > other) - (one < other))
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
            list(self._rows(f"PRAGMA {pragma}"))
        self._tables = self._checked_tables()
        self._steps = _STEPS // _EVERY
        self._models: dict[str, Any] | None = None

    def heads(self, is_wanted: Callable[[str], bool]) -> Iterator[NoteHead]:
        """Yield the notes whose GUID is wanted."""
        for id_, guid, type_id, mod in self._rows("SELECT id, guid, mid, mod FROM notes NOT INDEXED"):
            if isinstance(guid, str) and is_wanted(guid):
                yield NoteHead(
                    integer(id_, "a note's id", low=1, high=LAST_NOTE_ID),
                    guid,
                    integer(type_id, "a note's type"),
                    integer(mod, "a note's time", high=LATEST_MOD),
                )

    def has_guid_like(self, *patterns: str) -> bool:
        """Return whether there is a note whose GUID is LIKE one of the patterns."""
        condition = " OR ".join("guid LIKE ?" for _ in patterns)
        return any(self._rows(f"SELECT 1 FROM notes NOT INDEXED WHERE {condition} LIMIT 1", *patterns))

    def cards(self, note_ids: AbstractSet[int]) -> Iterator[tuple[int, Card]]:
        """Yield the cards of some notes, each with its note's id."""
        columns = "nid, ord, did, odid, type, due, odue, data, id"
        for note_id, ordinal, deck, home, type_, due, home_due, data, id_ in self._rows(
            f"SELECT {columns} FROM cards NOT INDEXED"
        ):
            if note_id in note_ids:
                yield (
                    note_id,
                    Card(
                        integer(ordinal, "a card's ordinal", high=LAST_ORDINAL),
                        integer(home or deck, "a card's deck"),
                        _position(type_, home_due if home else due, data),
                        integer(id_, "a card's id", high=LARGEST_INTEGER),
                    ),
                )

    def deck_names(self, ids: AbstractSet[int]) -> dict[int, str]:
        """Return the names of some decks, with `::` between a deck and its subdeck."""
        names: dict[int, Any] = {}
        if "decks" in self._tables:
            for id_, name in self._rows("SELECT id, name FROM decks NOT INDEXED"):
                if id_ in ids:
                    names[id_] = name.replace("\x1f", "::") if isinstance(name, str) else name
        else:
            decks = self._json("decks")
            names = {id_: mapping(decks.get(str(id_)), "a card's deck").get("name") for id_ in ids}
        return {id_: line(names.get(id_), "the name of a card's deck") for id_ in ids}

    def note_type(self, id_: int) -> NoteType:
        """Return a note type."""
        return self._stored_type(id_) if "notetypes" in self._tables else self._json_type(id_)

    def whole_type(self, id_: int) -> AdoptedType:
        """Return a note type with all its properties."""
        if "notetypes" in self._tables:
            return self._stored_whole_type(id_)
        if self._models is None:
            self._models = self._json("models")
        return type_of_json(id_, self._models.get(str(id_)))

    def texts(self, note_id: int) -> tuple[str, list[str]]:
        """Return a note's tags, with spaces between them, and the texts of its fields."""
        ((tags, fields),) = self._lookup("SELECT tags, flds FROM notes WHERE id = ?", note_id)
        return text(tags, "a note's tags"), text(fields, "the text of a note").split("\x1f")

    # --- note types ---------------------------------------------------------------------------------

    def _stored_type(self, id_: int) -> NoteType:
        rows = self._lookup("SELECT mtime_secs, config FROM notetypes WHERE id = ?", id_)
        if len(rows) != 1:
            raise damaged("a note's type is missing")
        ((mod, config),) = rows
        return NoteType(
            integer(mod, "a note type's time", high=LATEST_MOD),
            utf8(_message(config, 3).get(3, b""), "a note type's style"),
            tuple(_field(name, config) for name, config in self._ordered("fields", id_)),
            tuple(_template(name, config) for name, config in self._ordered("templates", id_)),
        )

    def _ordered(self, table: str, type_id: int) -> list[tuple[Any, Any]]:
        """Return the names and settings of a note type's fields, or templates."""
        rows = self._lookup(f"SELECT ord, name, config FROM {table} WHERE ntid = ?", type_id)
        return [(name, config) for _, name, config in _in_order(rows, lambda row: row[0])]

    def _stored_whole_type(self, id_: int) -> AdoptedType:
        rows = self._lookup("SELECT name, mtime_secs, config FROM notetypes WHERE id = ?", id_)
        if len(rows) != 1:
            raise damaged("a note's type is missing")
        ((name, mod, config),) = rows
        message = _message(config, *range(1, 10))
        return AdoptedType(
            id=id_,
            name=line(name, "a note type's name"),
            mod=integer(mod, "a note type's time", high=LATEST_MOD),
            is_cloze=message.get(1) == 1,
            css=_words(message, 3),
            fields=tuple(_whole_field(name, config) for name, config in self._ordered("fields", id_)),
            templates=tuple(
                _whole_template(name, config) for name, config in self._ordered("templates", id_)
            ),
            latex_before=_words(message, 5),
            latex_after=_words(message, 6),
            is_latex_svg=message.get(7) == 1,
            sort_field=integer(message.get(2, 0), "a note type's sort field", high=_MOST_FIELDS),
            stock_kind=integer(message.get(9, 0), "a note type's origin", high=_LARGEST_KIND),
        )

    def _json_type(self, id_: int) -> NoteType:
        if self._models is None:
            self._models = self._json("models")
        model = mapping(self._models.get(str(id_)), "a note type")
        fields, templates = (
            _in_order(
                [mapping(item, name) for item in sequence(model.get(name), name, longest=_MOST_FIELDS)],
                lambda item: item.get("ord"),
            )
            for name in ("flds", "tmpls")
        )
        return NoteType(
            integer(model.get("mod"), "a note type's time", high=LATEST_MOD),
            text(model.get("css"), "a note type's style"),
            tuple(
                Field(
                    line(field.get("name"), "a field's name"),
                    _id(field.get("id")),
                    field.get("collapsed") is True,
                    field.get("excludeFromSearch") is True,
                    text(field.get("description") or "", "a field's description"),
                    field.get("rtl") is True,
                )
                for field in fields
            ),
            tuple(
                (
                    line(template.get("name"), "a card template's name"),
                    _id(template.get("id")),
                    text(template.get("qfmt"), "a card template"),
                    text(template.get("afmt"), "a card template"),
                )
                for template in templates
            ),
        )

    def _json(self, column: str) -> dict[str, Any]:
        rows = self._lookup(f"SELECT {column} FROM col", largest=_LARGEST)
        if len(rows) != 1 or not isinstance(rows[0][0], str):
            raise damaged(f"it has no {column}")
        found = rows[0][0]
        if sum(map(found.count, "{[,:")) > _MOST_JSON_SIGNS:
            raise PackageError(f"is too large: its {column} have too many entries")
        try:
            return mapping(json.loads(found), column)
        except (ValueError, RecursionError) as error:
            raise damaged(f"its {column} are not JSON") from error

    # --- rows ---------------------------------------------------------------------------------------

    def _checked_tables(self) -> frozenset[str]:
        """Return the names of the tables; refuse views, triggers and virtual tables."""
        tables: set[str] = set()
        for type_, name, sql in self._rows("SELECT type, name, sql FROM sqlite_master"):
            is_virtual = isinstance(sql, str) and sql.split()[1:2] != ["TABLE"]
            if type_ == "table" and not is_virtual:
                tables.add(str(name))
            elif type_ != "index":
                raise damaged("its database contains something other than tables")
        if not {"col", "notes", "cards"} <= tables:
            raise damaged("its collection has no notes")
        for table in sorted({"col", "notes", "cards", "decks", "notetypes", "fields", "templates"} & tables):
            columns = list(self._rows(f"PRAGMA table_xinfo({table})"))
            if any(hidden for *_, hidden in columns):
                raise damaged("its database has computed columns")
            keys = [(name, str(kind).lower()) for _, name, kind, _, _, key, _ in columns if key]
            if table in ("notes", "notetypes") and keys != [("id", "integer")]:
                raise damaged(f"its table {table} has no key")
            if table in ("fields", "templates") and [name for name, _ in keys] != ["ntid", "ord"]:
                raise damaged(f"its table {table} has no key")
        ((schema,),) = list(self._rows("SELECT ver FROM col LIMIT 1")) or [(None,)]
        if integer(schema, "its version") > _NEWEST_SCHEMA:
            raise PackageError(
                "has a newer format than this cardpress knows: update cardpress, or export the deck with"
                " 'Support older Anki versions'"
            )
        return frozenset(tables)

    def _lookup(self, query: str, *values: int, largest: int = _LARGE) -> list[tuple[Any, ...]]:
        """Return a few rows with large values; all lookups together return fewer bytes than the file has."""
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, largest)
        try:
            rows: list[tuple[Any, ...]] = []
            for row in self._executed(query, values):
                self._looked_up -= _bytes(row)
                if self._looked_up < 0 or len(rows) > _MOST_FIELDS:
                    raise damaged("its database claims more content than its file has room for")
                rows.append(row)
            return rows
        finally:
            self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _SMALL)

    def _rows(self, query: str, *values: str) -> Iterator[tuple[Any, ...]]:
        """Yield rows, up to as many bytes as the file has: in a damaged file, rows can share bytes."""
        left = self._size
        for row in self._executed(query, values):
            left -= _bytes(row)
            if left < 0:
                raise damaged("its database claims more content than its file has room for")
            yield row

    def _executed(self, query: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._database.execute(query, values)
        except _FAULTS as error:
            if self._steps < 0:
                raise PackageError("is too large: reading its collection takes too long") from error
            raise damaged("its database cannot be read") from error

    def _is_at_an_end(self) -> bool:
        self._steps -= 1
        return self._steps < 0


@contextmanager
def opened(file: Path) -> Iterator[StoredCollection]:
    """Open a collection's file, which no other program has open. Raises `PackageError`."""
    try:
        database = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise damaged("its database cannot be opened") from error
    with closing(database):
        yield StoredCollection(database, file.stat().st_size)


def _text(value: bytes) -> str:
    """Decode a text, even if it is not UTF-8, because most texts are never used."""
    return value.decode(errors="surrogateescape")


def _bytes(row: tuple[Any, ...]) -> int:
    """Return the minimum bytes that a row takes in a file."""
    return _ROW + sum(len(value) for value in row if isinstance(value, (str, bytes)))


def _position(type_: Any, due: Any, data: Any) -> int | None:
    """Return a card's position among new cards; a studied card keeps it in its `data`."""
    if type_ != 0:
        try:
            stored = json.loads(data[:_LONGEST_DATA])
        except (TypeError, ValueError, RecursionError):
            return None
        due = stored.get("pos") if isinstance(stored, dict) else None
    return due if type(due) is int and 0 <= due <= LAST_POSITION else None


def _field(name: Any, config: Any) -> Field:
    message = _message(config, 2, 5, 7, 8, 9)
    return Field(
        line(name, "a field's name"),
        _id(message.get(9)),
        message.get(7) == 1,
        message.get(8) == 1,
        utf8(message.get(5, b""), "a field's description"),
        message.get(2) == 1,
    )


def _template(name: Any, config: Any) -> tuple[str, int | None, str, str]:
    message = _message(config, 1, 2, 8)
    front, back = (utf8(message.get(side, b""), "a card template") for side in (1, 2))
    return line(name, "a card template's name"), _id(message.get(8)), front, back


def _whole_field(name: Any, config: Any) -> AdoptedField:
    message = _message(config, *range(1, 12))
    tag = message.get(10)
    return AdoptedField(
        name=line(name, "a field's name"),
        id=_signed(message.get(9)),
        is_sticky=message.get(1) == 1,
        is_rtl=message.get(2) == 1,
        is_plain_text=message.get(6) == 1,
        is_collapsed=message.get(7) == 1,
        is_unsearched=message.get(8) == 1,
        font=_words(message, 3),
        size=integer(message.get(4, 0), "a font's size", high=_LARGEST_KIND),
        description=_words(message, 5),
        tag=None if tag is None else integer(tag, "a field's tag", high=_LARGEST_KIND),
        is_kept=message.get(11) == 1,
    )


def _whole_template(name: Any, config: Any) -> AdoptedTemplate:
    message = _message(config, 1, 2, 3, 4, 6, 7, 8)
    return AdoptedTemplate(
        name=line(name, "a card template's name"),
        id=_signed(message.get(8)),
        front=_words(message, 1),
        back=_words(message, 2),
        browser_front=_words(message, 3),
        browser_back=_words(message, 4),
        browser_font=_words(message, 6),
        browser_size=integer(message.get(7, 0), "a font's size", high=_LARGEST_KIND),
    )


def _signed(value: int | bytes | None) -> int | None:
    """Return an id as in Anki's JSON; Protocol Buffers have it without its sign."""
    id_ = _id(value)
    return id_ if id_ is None or id_ <= LARGEST_INTEGER else id_ - 2 * (LARGEST_INTEGER + 1)


def _words(message: Mapping[int, int | bytes], number: int) -> str:
    return utf8(message.get(number, b""), "a note type")


def type_of_json(id_: int, value: Any) -> AdoptedType:
    """Return a note type from JSON, as in older collections and other tools. Raises `PackageError`."""
    model = mapping(value, "a note type")
    fields, templates = (
        _in_order(
            [mapping(item, name) for item in sequence(model.get(name), name, longest=_MOST_FIELDS)],
            lambda item: item.get("ord"),
        )
        for name in ("flds", "tmpls")
    )

    def words(table: Mapping[str, Any], name: str) -> str:
        return text(table.get(name) or "", "a note type")

    def number(table: Mapping[str, Any], name: str, otherwise: int = 0) -> int:
        return integer(table.get(name, otherwise) or 0, "a note type", high=_LARGEST_KIND)

    return AdoptedType(
        id=id_,
        name=line(model.get("name"), "a note type's name"),
        mod=integer(model.get("mod", 0), "a note type's time", high=LATEST_MOD),
        is_cloze=model.get("type") == 1,
        css=words(model, "css"),
        fields=tuple(
            AdoptedField(
                name=line(field.get("name"), "a field's name"),
                id=_signed(field.get("id")),
                is_sticky=field.get("sticky") is True,
                is_rtl=field.get("rtl") is True,
                is_plain_text=field.get("plainText") is True,
                is_collapsed=field.get("collapsed") is True,
                is_unsearched=field.get("excludeFromSearch") is True,
                font=words(field, "font"),
                size=number(field, "size"),
                description=words(field, "description"),
                tag=None if field.get("tag") is None else number(field, "tag"),
                is_kept=field.get("preventDeletion") is True,
            )
            for field in fields
        ),
        templates=tuple(
            AdoptedTemplate(
                name=line(template.get("name"), "a card template's name"),
                id=_signed(template.get("id")),
                front=words(template, "qfmt"),
                back=words(template, "afmt"),
                browser_front=words(template, "bqfmt"),
                browser_back=words(template, "bafmt"),
                browser_font=words(template, "bfont"),
                browser_size=number(template, "bsize"),
            )
            for template in templates
        ),
        latex_before=words(model, "latexPre"),
        latex_after=words(model, "latexPost"),
        is_latex_svg=model.get("latexsvg") is True,
        sort_field=number(model, "sortf"),
        stock_kind=number(model, "originalStockKind"),
    )


def _message(config: Any, *wanted: int) -> dict[int, int | bytes]:
    if not isinstance(config, bytes):
        raise damaged("a note type is not a valid message")
    return last_values(config, wanted)


def _id(value: Any) -> int | None:
    """Return an id of a field or template; newer collections store negative ones without a sign."""
    if value is None:
        return None
    id_ = integer(value, "an id in a note type", low=-LARGEST_INTEGER - 1, high=2 * LARGEST_INTEGER + 1)
    return id_ if id_ <= LARGEST_INTEGER else id_ - 2 * (LARGEST_INTEGER + 1)


def _in_order(items: list[Any], place: Callable[[Any], Any]) -> list[Any]:
    """Sort the parts of a note type by their places: 0, 1, 2 and so on. Raises `PackageError`."""
    ordered = sorted(items, key=lambda item: integer(place(item), "the place of a part of a note type"))
    if [place(item) for item in ordered] != [*range(len(items))]:
        raise damaged("a part of a note type is missing")
    return ordered
