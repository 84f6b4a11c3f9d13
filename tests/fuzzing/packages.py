"""Packages: any file is read as a package or refused, and what one gives fits into a lock and a plan."""

from __future__ import annotations

import json
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from builder.anki.plan import compare
from builder.anki.plan_report import as_json, as_text
from builder.anki.read import read_package
from builder.anki.release import Release
from builder.cli import main
from builder.diagnostics import BuildError
from builder.identity.lock import Lock
from builder.identity.update import update
from tests.fuzzing.attempts import PROJECT
from tests.fuzzing.mutations import places, scaled
from tests.fuzzing.promises import check_has_no_controls, check_is_one_line, check_lock_is_kept
from tests.fuzzing.recipes import Change, byte_changes, read_recipe, recipes, with_bytes_changed
from tests.fuzzing.target import Target, promise

_COLLECTIONS = ("collection.anki21b", "collection.anki21", "collection.anki2")
"""What Anki reads, the first that is there."""
_DECK = 'id = "any"\ntitle = "Any"\ndeck = "Any"\n'
_CHAPTER = """\
# Chapter

## What is a thing? {#thing tags="x y"}

A **thing**.

### It is {#drill .cloze}

An {{c1::other}} {{c2::one}}.

## What turns? {#turns .reversed}

Both.
"""
_TABLES = (
    *("notes", "cards", "col", "notetypes", "fields", "templates", "decks", "tags", "graves", "revlog"),
    "config",
)
_COLUMNS = (
    *("id", "guid", "mid", "mod", "usn", "tags", "flds", "sfld", "csum", "flags", "data", "nid", "did"),
    *("ord", "due", "models", "decks", "conf", "dconf", "name", "ntid", "config", "kind", "mtime_secs"),
    *("crt", "scm", "ver", "type"),
)
_VALUES: tuple[Any, ...] = (
    *(None, 0, -1, 1, 2**31, 2**63 - 1, -(2**63), 1.5, 1e308, 10**10, 10**13, "", " ", "a", "1", "x\ny"),
    *("a b", "٣", "any:basic:thing", "any:basic:new", "other:basic:thing", "any:basic:", "::"),
    *("any:basic:a b", "A::B", "\x1f", "x\nnote any:basic:z h 1 1 1 9.9 live X", "\x1b[31m", "\u2028"),
    *("\x1f" * 9, "\x1f" * 30, "\0", "a" * 3000, "{}", "[]", "null", "1", "{", "[" * 5000, '{"1": {}}'),
    *('{"1": {"name": 1}}', "<b>x</b>", "<script>x</script>"),
)
_JSON = (*_VALUES[:20], [], {}, [1], {"a": 1}, True, "x\ny", "\x1b[31m", "A::B", [[]])
_LARGEST = 200_000_000
"""Bytes of a collection that is changed."""
_MANY = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 20000)"
_STATEMENTS = (
    "DELETE FROM notes",
    "DELETE FROM cards",
    "DELETE FROM col",
    "INSERT INTO cards SELECT id + 7, nid, did, ord, mod, usn, type, queue, due, ivl, factor, reps, lapses,"
    " left, odue, odid, flags, data FROM cards",
    "INSERT INTO notes SELECT id + 7, guid, mid, mod, usn, tags, flds, sfld, csum, flags, data FROM notes",
    "UPDATE notes SET flds = flds || char(31)",
    "UPDATE notes SET flds = replace(flds, char(31), '')",
    "UPDATE notes SET guid = CAST(x'ff00' AS TEXT)",
    "UPDATE notes SET flds = CAST(x'80ff' AS TEXT) || flds",
    "UPDATE notes SET tags = zeroblob(30000000)",
    "UPDATE notes SET flds = hex(zeroblob(20000000))",
    "UPDATE notes SET tags = hex(zeroblob(20000000))",
    "UPDATE col SET models = hex(zeroblob(30000000))",
    "UPDATE col SET decks = '[' || replace(hex(zeroblob(5000000)), '00', '0,') || '0]'",
    "DROP TABLE notes",
    "DROP TABLE cards",
    "DROP TABLE col",
    "ALTER TABLE notes RENAME COLUMN guid TO g",
    "ALTER TABLE notes ADD COLUMN more AS (zeroblob(900000000))",
    "ALTER TABLE cards RENAME TO c; CREATE VIEW cards AS SELECT * FROM c",
    "ALTER TABLE notes RENAME TO n; CREATE VIEW notes AS"
    " WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)"
    " SELECT i AS id, 'any:basic:' || i AS guid, 1 AS mid, 1 AS mod, 0 AS usn, '' AS tags, '' AS flds,"
    " 0 AS sfld, 0 AS csum, 0 AS flags, '' AS data FROM r",
    "ALTER TABLE notes RENAME TO n;"
    " CREATE TABLE notes (id, guid, mod, mid, tags, flds AS (hex(zeroblob(400000000))));"
    " INSERT INTO notes (id, guid, mod, mid, tags) SELECT id, guid, mod, mid, tags FROM n",
    "ALTER TABLE notes RENAME TO n; CREATE TABLE notes AS SELECT * FROM n;"
    f" {_MANY} INSERT INTO notes SELECT n.* FROM n, r",
    "ALTER TABLE cards RENAME TO c; CREATE TABLE cards AS SELECT * FROM c;"
    f" {_MANY} INSERT INTO cards SELECT c.* FROM c, r",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "CREATE TRIGGER t AFTER UPDATE ON notes BEGIN DELETE FROM notes; END",
    "CREATE INDEX wrong ON notes (hex(zeroblob(1000000)))",
    "PRAGMA user_version = 99",
    "PRAGMA encoding = 'UTF-16'",
    "PRAGMA page_size = 512; VACUUM",
    "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = 'CREATE TABLE notes (x)'",
    "PRAGMA writable_schema = 1; UPDATE sqlite_master SET rootpage = 1 WHERE name = 'cards'",
    "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = 'x' WHERE name = 'col'",
)


@cache
def seeds() -> dict[str, bytes]:
    """Return packages by name: our own, an earlier release's, and what Anki itself exports."""
    first = PROJECT / "tests" / "cases" / "first-release.apkg"
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "any").mkdir()
        (folder / "any" / "deck.toml").write_text(_DECK, encoding="utf-8")
        (folder / "any" / "01-first.md").write_text(_CHAPTER, encoding="utf-8")
        command = ["build", str(folder / "any"), "--output", str(folder), "--only", "apkg"]
        result = CliRunner().invoke(main, command, env={"SOURCE_DATE_EPOCH": "1790000000"})
        assert result.exit_code == 0, result.output
        own = folder / "any.apkg"
        found = {"own": own.read_bytes(), "first": first.read_bytes()}
        # Anki's own exports, where it is installed; in another process, for it has threads.
        run([sys.executable, "-c", _EXPORT, own, folder], cwd=folder, capture_output=True, check=False)
        exported = {path.stem: path.read_bytes() for path in folder.glob("exported*.apkg")}
    return {**found, **exported, "zeros": _zeros()}


_EXPORT = """
import sys
from anki.collection import (
    Collection, DeckIdLimit, ExportAnkiPackageOptions, ImportAnkiPackageOptions, ImportAnkiPackageRequest,
)
collection = Collection(f"{sys.argv[2]}/collection.anki2")
collection.import_anki_package(
    ImportAnkiPackageRequest(package_path=sys.argv[1], options=ImportAnkiPackageOptions())
)
for legacy in (False, True):
    collection.export_anki_package(
        out_path=f"{sys.argv[2]}/exported-{'anki21' if legacy else 'anki21b'}.apkg",
        options=ExportAnkiPackageOptions(legacy=legacy, with_media=True), limit=None,
    )
"""


def _zeros() -> bytes:
    """Return a small package whose collection is very large."""
    archive = BytesIO()
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("collection.anki2", "w") as member,
    ):
        member.write(b"SQLite format 3\0")
        for _ in range(400):
            member.write(bytes(1_000_000))
    return archive.getvalue()


@cache
def inputs() -> SearchStrategy[bytes]:
    """Change packages: cells, schemas, JSON, the archive's members, any byte."""
    tables, columns = st.sampled_from(_TABLES[:3]) | st.sampled_from(_TABLES), st.sampled_from(_COLUMNS)
    cells = st.tuples(st.just("cell"), tables, columns, places, st.sampled_from(_VALUES))
    nodes = st.tuples(st.just("json"), st.sampled_from(("models", "decks")), places, st.sampled_from(_JSON))
    statements = st.tuples(st.just("sql"), st.sampled_from(_STATEMENTS))
    members = st.tuples(
        st.just("member"), st.sampled_from(("delete", "rename", "double", "store", "encrypt")), places
    )
    inside = byte_changes.map(lambda change: ("inside", *change))
    return recipes(seeds(), cells, cells, cells, nodes, nodes, statements, members, inside, byte_changes)


def made(data: bytes) -> tuple[str, bytes]:
    """Return the package that a recipe describes."""
    archive = b""
    for change in read_recipe(data):
        with suppress(Exception):  # what an earlier change broke may not take this one
            archive = _changed(archive, change)
    return ".apkg", archive


def _changed(archive: bytes, change: Change) -> bytes:
    name, *details = change
    match name:
        case "seed":
            return seeds()[details[0]]
        case "cell" | "json" | "sql":
            change_database = _IN_DATABASE[name]
            return _with_collection(
                archive, lambda collection: _in_database(collection, change_database, details)
            )
        case "inside":
            return _with_collection(archive, lambda collection: with_bytes_changed(collection, details))
        case "member":
            return _with_member(archive, *details)
    return with_bytes_changed(archive, change)


def _with_collection(archive: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change the collection that Anki would read."""
    with zipfile.ZipFile(BytesIO(archive)) as file:
        if sum(member.file_size for member in file.infolist()) > _LARGEST:
            return archive
        members = {name: file.read(name) for name in file.namelist()}
    name = next(name for name in _COLLECTIONS if name in members)
    if name.endswith("b"):
        zstd = _zstd()
        members[name] = zstd.compress(change(zstd.decompress(members[name])))
    else:
        members[name] = change(members[name])
    return _archive([*members.items()])


def _zstd() -> Any:
    """Return the library for the newest format. Raises `LookupError` where there is none."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise LookupError("zstd") from error
    return zstd


def _in_database(collection: bytes, change: Callable[..., None], details: Change) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        # A journal beside the file, which there is none of in memory.
        database.deserialize(collection[:18] + b"\1\1" + collection[20:])
        database.create_collation("unicase", lambda one, other: (one > other) - (one < other))
        database.text_factory = bytes
        change(database, *details)
        return database.serialize()


def _set_cell(database: sqlite3.Connection, table: str, column: str, place: int, value: Any) -> None:
    rows = [row for (row,) in database.execute(f"SELECT rowid FROM {table}")]
    row = rows[scaled(place, len(rows) - 1)]
    database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row))


def _set_node(database: sqlite3.Connection, column: str, place: int, value: Any) -> None:
    ((text,),) = database.execute(f"SELECT {column} FROM col")
    tree = json.loads(text)
    nodes = list(_nodes(tree))
    holder, key = nodes[scaled(place, len(nodes) - 1)]
    holder[key] = value
    database.execute(f"UPDATE col SET {column} = ?", (json.dumps(tree),))


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in JSON: what holds it, and its key there."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from _nodes(tree[key])


def _execute(database: sqlite3.Connection, statements: str) -> None:
    database.executescript(statements)


_IN_DATABASE: Mapping[str, Callable[..., None]] = {"cell": _set_cell, "json": _set_node, "sql": _execute}


def _with_member(archive: bytes, what: str, place: int) -> bytes:
    with zipfile.ZipFile(BytesIO(archive)) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    index = scaled(place, len(members) - 1)
    name, content = members[index]
    match what:
        case "delete":
            del members[index]
        case "rename":
            names = (*_COLLECTIONS, "../x", "/x", "media", "x" * 300, "\x1b[31m")
            members[index] = names[place % len(names)], content
        case "double":
            members.append((name, content[: len(content) // 2]))
    result = _archive(members, zipfile.ZIP_STORED if what == "store" else zipfile.ZIP_DEFLATED)
    if what == "encrypt":
        start = result.rindex(b"PK\1\2")
        result = result[: start + 8] + b"\1" + result[start + 9 :]
    return result


def _archive(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", method, compresslevel=1) as file:
        for name, content in members:
            # Fonts would take long, and tell nothing.
            packing = method if name in _COLLECTIONS else zipfile.ZIP_STORED
            file.writestr(zipfile.ZipInfo(name), content, packing)
    return archive.getvalue()


def try_input(path: Path, folder: Path) -> bool:
    """Read a package; write a lock and a plan by it."""
    own = _own_release(folder)
    try:
        release = read_package(path, "any")
    except BuildError as error:
        check_is_one_line(str(error), "an error")
        return False
    check_lock_is_kept(release.lock, path)
    promise(release.lock.notes.keys() == release.notes.keys(), "packages: other notes than in its lock")
    notes = [
        replace(note.published(), number=release.lock.notes[guid].number)
        for guid, note in release.notes.items()
    ]
    check_lock_is_kept(update(Lock(), notes, {"basic": "t"}, now=1_790_000_000), path)
    for old, new in ((release, own), (own, release), (release, release)):
        plan = compare(old, new)
        check_has_no_controls(as_text("any", "any.apkg", plan, width=80), "a plan")
        json.loads(as_json([("any", "any.apkg", plan)]))
    promise(bool(release.day), "packages: no day")
    return True


def _own_release(folder: Path) -> Release:
    path = folder / "own.apkg"
    if not path.exists():
        path.write_bytes(seeds()["own"])
    return read_package(path, "any")


PACKAGES = Target(name="packages", suffix=".recipe", inputs=inputs, try_input=try_input, made=made, cases=60)
