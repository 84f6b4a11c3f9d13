"""Packages that somebody made to do harm, or that a disk damaged: a sentence, some memory, an end."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.anki import collection
from builder.anki.archive import MEMBERS
from builder.anki.note_types import FIELDS
from builder.anki.read import read_package
from builder.cli import main
from builder.diagnostics import BuildError
from builder.identity.lock import read_lock
from builder.markdown.source import Source
from tests.conftest import CHAPTER, SETTINGS, WriteCorpus
from tests.packages import changed, collection_of, edited, pack, root_of, zstd

Run = Callable[..., Result]
NEWLINE = "a\nnote demo:basic:forged 0000 1790000000 1 1 9.9 live D"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the package of a small corpus, with a cloze deletion and a reversed card."""
    folder = tmp_path_factory.mktemp("small") / "demo"
    folder.mkdir()
    (folder / "deck.toml").write_text(SETTINGS)
    kinds = "\n## A context ends {#gap .cloze}\n\nIt ends with the {{c1::request}}.\n\n"
    kinds += "## What is three? {#three .reversed}\n\nThe third.\n"
    (folder / "01-first.md").write_text(CHAPTER + kinds)
    command = ["build", str(folder), "--output", str(folder.parent), "--only", "apkg"]
    result = CliRunner().invoke(main, command, env={"SOURCE_DATE_EPOCH": "1790000000"})
    assert result.exit_code == 0, result.output
    return folder.parent / "demo.apkg"


def refusal(path: Path) -> str:
    """Return what is said of a package, but for its name."""
    with pytest.raises(BuildError) as error:
        read_package(path, "demo")
    message = str(error.value)
    assert message.isprintable()
    assert message.startswith(f"'{path}' ")
    return message.removeprefix(f"'{path}' ")


# --- files that are no packages -------------------------------------------------------------------


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _archive(*names: str, content: bytes = b"x", method: int = zipfile.ZIP_STORED) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", method) as archive:
            for name in names:
                archive.writestr(name, content)

    return write


def _patched(offset: int, content: bytes) -> Callable[[Path], None]:
    """Write an archive and put other bytes into its list of members."""

    def write(path: Path) -> None:
        _archive(MEMBERS[-1])(path)
        data = bytearray(path.read_bytes())
        start = data.rindex(b"PK\1\2") + offset
        data[start : start + len(content)] = content
        path.write_bytes(data)

    return write


def _with_meta(meta: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        pack(path, b"", meta=meta)

    return write


NO_PACKAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda path: None, "cannot be read: No such file or directory"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "folder": (lambda path: path.mkdir(), "is not a file"),
    "pipe": (_fifo, "is not a file"),
    "device": (_endless, "is not a file"),
    "text": (lambda path: path.write_text("# Title"), "is not an Anki package: it is no"),
    "zip-cut-off": (lambda path: path.write_bytes(b"PK\3\4" + bytes(90)), "is not an Anki package: it is no"),
    "zip-of-nothing": (
        lambda path: path.write_bytes(b"PK\5\6" + bytes(18)),
        "is not an Anki package: the archive",
    ),
    "other-zip": (_archive("a.txt", "b/c.txt"), "is not an Anki package: the archive has no collection"),
    "zip-in-zip": (_archive("some.apkg"), "is not an Anki package: the archive has no collection"),
    "thousand-members": (_archive(*map(str, range(1000))), "is not an Anki package: the archive has no"),
    "no-database": (_archive(MEMBERS[-1]), "is a damaged Anki package (its collection is not a database)"),
    "no-zstandard": (_archive(MEMBERS[0]), "is a damaged Anki package (its collection cannot be extracted)"),
    "encrypted": (_patched(8, b"\1\0"), "is encrypted"),
    "unknown-method": (
        _patched(10, struct.pack("<H", 99)),
        "is a damaged Anki package (it uses a compression",
    ),
    "lzma": (
        _archive(MEMBERS[-1], method=zipfile.ZIP_LZMA),
        "is a damaged Anki package (it uses a compression",
    ),
    "absurd-size": (_patched(20, b"\xfe\xff\xff\xff" * 2), "is a damaged Anki package ("),
    "absurd-offset": (_patched(42, b"\xfe\xff\xff\x7f"), "is a damaged Anki package ("),
    "newer": (_with_meta(b"\x08\x04"), "has a newer format than this cardpress knows"),
    "damaged-meta": (_with_meta(b"\x08"), "is a damaged Anki package ("),
}


@pytest.mark.parametrize("name", NO_PACKAGES)
def test_what_is_no_package_is_a_sentence(name: str, tmp_path: Path) -> None:
    write, said = NO_PACKAGES[name]
    write(path := tmp_path / "some.apkg")
    assert refusal(path).startswith(said)


def test_a_whole_collection_is_not_looked_into(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.COLPKG"
    path.write_bytes(package.read_bytes())
    assert refusal(path).startswith("is a whole collection: in Anki, export the deck alone")


def test_a_package_of_another_tool_is_called_so(package: Path, tmp_path: Path) -> None:
    path = edited(package, tmp_path / "some.apkg", "UPDATE notes SET guid = 'N8sdjk' || id")
    assert refusal(path).startswith("was made by another tool")
    path = edited(package, tmp_path / "some.apkg", "UPDATE notes SET guid = 'other' || substr(guid, 5)")
    assert refusal(path) == "was not made of 'demo'"


def test_notes_of_others_do_not_matter_whatever_they_are(package: Path, tmp_path: Path) -> None:
    statements = """
        INSERT INTO notes SELECT id + 7, 'mine', 'x', 'y', usn, 1, x'ff', sfld, csum, flags, data FROM notes;
        INSERT INTO notes SELECT id + 9, x'00ff', 1, 1, usn, tags, 'a', sfld, csum, flags, data FROM notes;
        INSERT INTO notes SELECT id + 11, 'demo:other:' || id, 'x', 1, 1, '', '', 1, 1, 1, 1 FROM notes;
        UPDATE cards SET id = id + 1000;
        INSERT INTO cards SELECT id + 100, nid + 7, 'x', 'y', 1, 1, 1, 1, 'z', 1, 1, 1, 1, 1, 1, 1, 1, 1
            FROM cards;
    """
    path = edited(package, tmp_path / "some.apkg", statements)
    assert read_package(path, "demo") == read_package(package, "demo")


# --- values ---------------------------------------------------------------------------------------


def _json(column: str, edit: Callable[[Any], Any]) -> Callable[[sqlite3.Connection], None]:
    """Return an edit of each item of what a column of `col` has as JSON."""

    def apply(database: sqlite3.Connection) -> None:
        ((text,),) = database.execute(f"SELECT {column} FROM col")
        items = json.loads(text)
        for item in items.values():
            edit(item)
        database.execute(f"UPDATE col SET {column} = ?", (json.dumps(items),))

    return apply


def _col(column: str, text: str) -> Callable[[sqlite3.Connection], object]:
    return lambda database: database.execute(f"UPDATE col SET {column} = ?", (text,))


def _without_keys(*tables: str) -> str:
    return "".join(
        f"CREATE TABLE x AS SELECT * FROM {table}; DROP TABLE {table}; ALTER TABLE x RENAME TO {table};"
        for table in tables
    )


GENERATED = """
    CREATE TABLE x (id INTEGER PRIMARY KEY, guid, mid, mod, tags, sfld,
        flds TEXT GENERATED ALWAYS AS (zeroblob(900000000)));
    INSERT INTO x SELECT id, guid, mid, mod, tags, sfld FROM notes;
    DROP TABLE notes;
    ALTER TABLE x RENAME TO notes;
"""
VIEW = """
    ALTER TABLE notes RENAME TO n;
    CREATE VIEW notes AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
        SELECT x AS id, 'demo:basic:a' || x AS guid, 1 AS mid, 1 AS mod, '' AS tags, '' AS flds FROM c;
"""
DAMAGE: dict[str, str | Callable[[sqlite3.Connection], Any]] = {
    "mod-text": "UPDATE notes SET mod = 'x'",
    "mod-blob": "UPDATE notes SET mod = x'00'",
    "mod-huge": "UPDATE notes SET mod = 1 << 62",
    "mod-negative": "UPDATE notes SET mod = -1",
    "mod-infinite": "UPDATE notes SET mod = 9e999",
    "id-huge": "UPDATE notes SET id = id * 10000; UPDATE cards SET nid = nid * 10000",
    "id-negative": "UPDATE notes SET id = -id; UPDATE cards SET nid = -nid",
    "type-text": "UPDATE notes SET mid = 'x'",
    "type-unknown": "UPDATE notes SET mid = 1",
    "guid-twice": "UPDATE notes SET guid = 'demo:basic:one'",
    "fields-number": "UPDATE notes SET flds = 7",
    "fields-blob": "UPDATE notes SET flds = x'00'",
    "fields-few": "UPDATE notes SET flds = 'a'",
    "fields-many": "UPDATE notes SET flds = flds || char(31)",
    "fields-no-utf-8": "UPDATE notes SET flds = replace(flds, 'number', CAST(x'ff' AS TEXT))",
    "fields-half-character": "UPDATE notes SET flds = replace(flds, 'number', CAST(x'eda080' AS TEXT))",
    "tags-blob": "UPDATE notes SET tags = x'00'",
    "tag-direction": "UPDATE notes SET tags = 'demo::' || char(8238)",
    "ordinal-text": "UPDATE cards SET ord = 'x'",
    "ordinal-huge": "UPDATE cards SET ord = 500",
    "ordinal-negative": "UPDATE cards SET ord = -1",
    "ordinal-twice": "UPDATE cards SET ord = 0",
    "no-cards": "DELETE FROM cards",
    "card-deck-text": "UPDATE cards SET did = 'x'",
    "card-deck-unknown": "UPDATE cards SET did = 77",
    "deck-name-number": _json("decks", lambda deck: deck.update(name=7)),
    "deck-name-null": _json("decks", lambda deck: deck.update(name=None)),
    "deck-name-newline": _json("decks", lambda deck: deck.update(name=NEWLINE)),
    "deck-name-separator": _json("decks", lambda deck: deck.update(name="a\u2028b")),
    "deck-name-escape": _json("decks", lambda deck: deck.update(name="\x1b]0;x\x07")),
    "deck-name-direction": _json("decks", lambda deck: deck.update(name="a\u202eb")),
    "deck-name-half": _json("decks", lambda deck: deck.update(name="\ud800")),
    "deck-name-long": _json("decks", lambda deck: deck.update(name="x" * 10**6)),
    "deck-name-missing": _json("decks", lambda deck: deck.pop("name")),
    "decks-array": _col("decks", "[]"),
    "decks-of-numbers": _col("decks", '{"1": 1}'),
    "models-no-json": _col("models", "models"),
    "models-nan": _col("models", "NaN"),
    "models-deep": _col("models", "[" * 100_000),
    "models-deeper": _col("models", '{"a":' * 100_000),
    "models-huge-integer": _col("models", "9" * 5000),
    "models-number": "UPDATE col SET models = 7",
    "models-blob": "UPDATE col SET models = x'ff'",
    "model-mod-text": _json("models", lambda model: model.update(mod="x")),
    "model-mod-nan": _json("models", lambda model: model.update(mod=float("nan"))),
    "model-mod-bool": _json("models", lambda model: model.update(mod=True)),
    "model-css-number": _json("models", lambda model: model.update(css=1)),
    "model-css-half": _json("models", lambda model: model.update(css="\udfff")),
    "model-fields-number": _json("models", lambda model: model.update(flds=3)),
    "model-fields-strings": _json("models", lambda model: model.update(flds=["a"] * len(FIELDS))),
    "model-fields-many": _json("models", lambda model: model.update(flds=model["flds"] * 30)),
    "model-field-twice": _json("models", lambda model: model["flds"][1].update(ord=0)),
    "model-field-place": _json("models", lambda model: model["flds"][1].update(ord=None)),
    "model-field-name": _json("models", lambda model: model["flds"][0].update(name="a\nb")),
    "model-field-id": _json("models", lambda model: model["flds"][0].update(id="x")),
    "model-field-id-huge": _json("models", lambda model: model["flds"][0].update(id=1 << 70)),
    "model-template-side": _json("models", lambda model: model["tmpls"][0].update(qfmt=None)),
    "no-collection": "DELETE FROM col",
    "two-collections": "CREATE TABLE c AS SELECT * FROM col; INSERT INTO col SELECT 2, crt, mod, scm, ver,"
    " dty, usn, ls, conf, models, decks, dconf, tags FROM c",
    "version-text": "UPDATE col SET ver = 'x'",
    "no-notes": "DROP TABLE notes",
    "other-columns": "ALTER TABLE notes RENAME COLUMN guid TO uuid",
    "no-keys": _without_keys("notes", "cards"),
    "view": VIEW,
    "other-view": "CREATE VIEW v AS SELECT 1",
    "trigger": "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END",
    "virtual-table": "CREATE VIRTUAL TABLE v USING fts5(a)",
    "virtual-cards": "DROP TABLE cards; CREATE VIRTUAL TABLE cards USING fts5(nid, ord, did, type)",
    "computed-column": GENERATED,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_value_that_no_package_has_is_a_sentence(name: str, package: Path, tmp_path: Path) -> None:
    path = edited(package, tmp_path / "some.apkg", DAMAGE[name])
    assert refusal(path).startswith("is a damaged Anki package (")


def test_a_collection_of_a_newer_schema_is_called_so(package: Path, tmp_path: Path) -> None:
    path = edited(package, tmp_path / "some.apkg", "UPDATE col SET ver = 19")
    assert refusal(path).startswith("has a newer format than this cardpress knows: update cardpress")


def test_no_name_in_a_package_writes_a_line_into_a_lock(
    package: Path, write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    edited(package, tmp_path / "demo.apkg", _json("decks", lambda deck: deck.update(name=NEWLINE)))
    folder = write_corpus()
    result = run("build", folder, "--output", tmp_path, "--only", "apkg")
    assert "[unreadable-package]" in result.stderr
    assert "forged" not in (folder / "deck.lock").read_text()


def test_nothing_in_a_package_reaches_the_terminal_as_a_command(
    package: Path, write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    escape = "char(27) || ']0;' || char(155)"
    statement = f"UPDATE notes SET flds = replace(flds, 'What', {escape}), guid = guid || '-x'"
    path = edited(package, tmp_path / "some.apkg", statement)
    result = run("plan", write_corpus(), "--against", path)
    assert "5 gone" in result.stdout
    assert result.stdout.replace("\n", "").isprintable()


def test_what_a_learner_wrote_over_our_own_fields_is_no_number_and_no_id(
    package: Path, tmp_path: Path
) -> None:
    number = "replace(flds, '1.1', '1.1 ' || char(10) || 'x')"
    statement = f"UPDATE notes SET flds = replace({number}, 'half-of-two', '½')"
    release = read_package(edited(package, tmp_path / "some.apkg", statement), "demo")
    assert release.notes["demo:basic:one"].fields["Number"] == ""
    assert release.notes["demo:basic:half-of-two"].fields["ID"] == "half-of-two"
    assert "demo:basic:one" not in release.lock.notes
    assert "demo:basic:half-of-two" in release.lock.notes


# --- memory and time ------------------------------------------------------------------------------

MEASURED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
from builder.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status:
        print([line for line in status if line.startswith("VmHWM")][0], end="", file=sys.stderr)
"""
MOST_MEMORY = 300_000
"""Kilobytes that reading a package of 10 MB takes at most."""
_NOTE = "INSERT INTO notes VALUES (?, ?, ?, 1, 0, '', ?, '', 0, 0, '')"
_CARD = (
    "INSERT INTO cards (id, nid, did, ord, mod, usn, type, queue, due, ivl, factor, reps, lapses, left, odue,"
)
_CARD += " odid, flags, data) VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '')"


def _filled(count: int, text: str, fields: int = len(FIELDS)) -> Callable[[sqlite3.Connection], None]:
    """Return an edit that puts in so many notes of the corpus, with a text each."""

    def fill(database: sqlite3.Connection) -> None:
        mid, did = database.execute("SELECT mid, did FROM notes JOIN cards ON nid = notes.id").fetchone()
        values = "\x1f".join([text, *[""] * 14, "1.1", "", "x", *[""] * (fields - 18)])
        database.executemany(_NOTE, ((n, f"demo:basic:n{n}", mid, values) for n in range(1, count + 1)))
        database.executemany(_CARD, ((n, n, did) for n in range(1, count + 1)))

    return fill


def _many_tables(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA writable_schema = ON")
    columns = ", ".join(f"a{n}" for n in range(90))
    rows = ((f"t{n}", f"CREATE TABLE t{n} ({columns})") for n in range(100_000))
    database.executemany("INSERT INTO sqlite_master VALUES ('table', ?1, ?1, 2, ?2)", rows)


def _many_cards(database: sqlite3.Connection) -> None:
    """Give 20,000 notes of one id 20,000 cards: a join of 4×10^8 rows."""
    database.executescript(_without_keys("notes", "cards"))
    database.executescript(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000)"
        " INSERT INTO notes SELECT notes.* FROM c, (SELECT * FROM notes LIMIT 1) notes;"
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000)"
        " INSERT INTO cards SELECT cards.* FROM c, (SELECT * FROM cards LIMIT 1) cards;"
    )


def _with_repeated_cells(package: Path, path: Path) -> None:
    """Write many pages of cards, each with one card as often as it has room for."""
    statements = "PRAGMA page_size = 65536; VACUUM; UPDATE cards SET nid = 7, data = hex(zeroblob(500))"
    content = changed(collection_of(package), statements)
    data, size = bytearray(content), 65536
    root = root_of(content, "cards")
    start = (root - 1) * size
    (count,) = struct.unpack(">H", data[start + 3 : start + 5])
    places = struct.unpack(f">{count}H", data[start + 8 : start + 8 + 2 * count])
    more = (size - 8) // 6  # SQLite knows that there cannot be more
    data[start + 3 : start + 5] = struct.pack(">H", more)
    data[start + 8 : start + 8 + 2 * more] = struct.pack(">H", places[0]) * more
    pages, leaf = len(data) // size, bytes(data[start : start + size])
    # An interior page: to each of the leaves behind, by their numbers, with any key.
    leaves = range(pages + 1, pages + 301)
    cells = b"".join(struct.pack(">IB", number, 1) for number in leaves)
    head = b"\5" + struct.pack(">HHHBI", 0, 300, size - len(cells), 0, leaves[-1])
    order = struct.pack(">300H", *range(size - len(cells), size, 5))
    data[start : start + size] = (head + order).ljust(size - len(cells), b"\0") + cells
    data += leaf * 300
    data[28:32] = struct.pack(">I", len(data) // size)
    pack(path, bytes(data), image=NOISE)


def _list_of_members(path: Path) -> None:
    """Write an archive of 10 MB that is nothing but a list of members, two hundred thousand of them."""
    entry = b"PK\1\2" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"x"
    count = 10_000_000 // len(entry)
    size = count * len(entry)
    end = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, 0)
    end += b"PK\6\7" + struct.pack("<IQI", 0, size, 1)
    end += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, size, 0, 0)
    path.write_bytes(entry * count + end)


def _zeros(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(MEMBERS[-1], "w") as member,
    ):
        for _ in range(1 << 4):
            member.write(bytes(1 << 24))


def _zstd_bomb(path: Path) -> None:
    compressor = zstd.ZstdCompressor()
    zeros = bytes(1 << 26)
    data = b"".join([*(compressor.compress(zeros) for _ in range(64)), compressor.flush()])
    assert len(data) < 1 << 20
    _archive(MEMBERS[0], content=data)(path)


def _wide_window(path: Path) -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 27}
    noise = random.Random(1).randbytes(1 << 20)
    compressor = zstd.ZstdCompressor(options=options)
    data = b"".join([*(compressor.compress(noise) for _ in range(150)), compressor.flush()])
    _archive(MEMBERS[0], content=data)(path)


FOREIGN = """
    WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000)
    INSERT INTO notes SELECT x, 'g' || x, 1, 1, 0, '', '', '', 0, 0, '' FROM c
"""
NOISE = random.Random(0).randbytes(7_000_000)
"""An image, say: it makes the package large, and so what may be taken out of it."""


def _of(edit: Callable[[sqlite3.Connection], object] | str) -> Callable[[Path, Path], object]:
    return lambda package, path: pack(path, changed(collection_of(package), edit), image=NOISE)


EXPENSIVE: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "zeros": (lambda _, path: _zeros(path), "is too large"),
    "zstandard-zeros": (lambda _, path: _zstd_bomb(path), "is too large"),
    "wide-window": (lambda _, path: _wide_window(path), "is a damaged Anki package"),
    "members": (lambda _, path: _list_of_members(path), "it has too many files in it"),
    "equal-ids": (_of(_many_cards), "is a damaged Anki package"),
    "tables": (_of(_many_tables), "is too large"),
    "notes": (_of(_filled(90_000, "a")), "is too large"),
    "wide-texts": (_of(_filled(30, "\N{PARTY POPPER}" + "a" * 4_000_000)), "is too large"),
    "texts-of-one-sign": (_of(_filled(24, "<" * 2_000_000)), ""),
    "texts-of-links": (_of(_filled(24, "<a " * 600_000)), ""),
    "words": (_of(_filled(24, "a b " * 500_000)), ""),
    "json": (_of(_col("decks", "[" + "{}," * 2_600_000 + "{}]")), "is too large"),
    "json-text": (_of(_col("models", '{"1":"\N{PARTY POPPER}' + "a" * 8_000_000 + '"}')), "is a damaged"),
    "json-longer": (_of(_col("models", '{"1":"' + "a" * 50_000_000 + '"}')), "is a damaged"),
    "zeroblob": (
        _of("UPDATE notes SET flds = zeroblob(60000000) WHERE id IN (SELECT min(id) FROM notes)"),
        "is a damaged",
    ),
    "cells": (lambda package, path: _with_repeated_cells(package, path), "claims more content than its file"),
    "foreign-notes": (_of(FOREIGN), ""),
}


def test_reading_takes_no_more_steps_than_it_has(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_package(package, "demo")
    monkeypatch.setattr(collection, "_STEPS", 0)
    monkeypatch.setattr(collection, "_EVERY", 10)
    assert refusal(package).startswith("is too large: reading its collection takes too long")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured with /proc")
@pytest.mark.parametrize("name", EXPENSIVE)
def test_a_package_of_10_mb_costs_no_more_than_300_mb_and_comes_to_an_end(
    name: str, package: Path, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    write, said = EXPENSIVE[name]
    write(package, path := tmp_path / "some.apkg")
    assert path.stat().st_size < 11_000_000
    command = (sys.executable, "-c", MEASURED, "plan", str(write_corpus()), "--against", str(path))
    result = subprocess.run(command, capture_output=True, text=True)
    *lines, memory = result.stderr.splitlines()
    assert int(memory.split()[1]) < MOST_MEMORY, memory
    assert "Traceback" not in result.stderr
    if said:
        assert len(lines) == 1
        assert said in lines[0]
    else:
        assert result.returncode == 0, result.stderr


# --- whatever else --------------------------------------------------------------------------------


def _assert_read_or_refused(path: Path) -> None:
    try:
        lock = read_package(path, "demo").lock
    except BuildError as error:
        assert str(error).isprintable()  # noqa: PT017
    else:
        assert read_lock(Source(path, str(lock))) == (lock, [])
        assert not {*map(category, str(lock).replace("\n", ""))} & {"Cc", "Cs", "Zl", "Zp"}


patient = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), min_size=1
)


def _mutated(content: bytes, mutations: list[tuple[float, bytes]]) -> bytes:
    data = bytearray(content)
    for share, piece in mutations:
        place = int(share * len(data))
        data[place : place + len(piece)] = piece
    return bytes(data)


@pytest.fixture(scope="session")
def samples(package: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """Return collections by their members' names: our own, and both that Anki exports, where it is."""
    found = [(MEMBERS[-1], collection_of(package))]
    try:
        from tests.exporting import exported
    except ImportError:
        return found
    folder = tmp_path_factory.mktemp("exported")
    for is_legacy, member in ((False, MEMBERS[0]), (True, MEMBERS[1])):
        path = exported(package, folder / f"{member}.apkg", is_legacy=is_legacy)
        found.append((member, collection_of(path)))
    return found


@given(mutations=MUTATIONS, cut=st.floats(0.5, 1.5))
@patient
def test_any_bytes_of_an_archive_are_read_or_refused(
    package: Path, tmp_path: Path, mutations: list[tuple[float, bytes]], cut: float
) -> None:
    content = _mutated(package.read_bytes(), mutations)
    path = tmp_path / "some.apkg"
    path.write_bytes(content[: int(cut * len(content))])
    _assert_read_or_refused(path)


@pytest.mark.slow
@given(data=st.data(), mutations=MUTATIONS)
@patient
def test_any_bytes_of_a_collection_are_read_or_refused(
    samples: list[tuple[str, bytes]],
    tmp_path: Path,
    data: st.DataObject,
    mutations: list[tuple[float, bytes]],
) -> None:
    member, collection = data.draw(st.sampled_from(samples))
    path = tmp_path / "some.apkg"
    path.unlink(missing_ok=True)
    _assert_read_or_refused(pack(path, _mutated(collection, mutations), member=member))


CELLS = {
    "notes": ("id", "guid", "mid", "mod", "tags", "flds"),
    "cards": ("id", "nid", "did", "ord", "odid", "type", "due", "odue", "data"),
    "col": ("id", "ver", "models", "decks"),
    "decks": ("id", "name"),
    "notetypes": ("id", "name", "mtime_secs", "config"),
    "fields": ("ntid", "ord", "name", "config"),
    "templates": ("ntid", "ord", "name", "config"),
}
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(-2, 600),
    st.floats(),
    st.binary(max_size=200),
    st.text(st.characters(codec="utf-8")),
    st.text(st.sampled_from("\0\x1b\n\x1f:d1.[]{}\"'\u2028\u202e"), max_size=40),
    st.sampled_from(
        ("demo:basic:one", "demo:cloze:x", "demo:basic:\x1b", "1.1", "{}", "[]", '{"pos": 1e99}')
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("name", "ord", "id", "1")), inner),
    ).map(json.dumps),
)


@pytest.mark.slow
@given(data=st.data())
@patient
def test_any_value_of_any_cell_is_read_or_refused(
    samples: list[tuple[str, bytes]], tmp_path: Path, data: st.DataObject
) -> None:
    member, collection = data.draw(st.sampled_from(samples))
    edits = data.draw(
        st.lists(
            st.sampled_from([(table, column) for table, columns in CELLS.items() for column in columns]),
            min_size=1,
            max_size=3,
        )
    )
    values = [data.draw(VALUES) for _ in edits]
    is_all = data.draw(st.booleans())

    def apply(database: sqlite3.Connection) -> None:
        for (table, column), value in zip(edits, values, strict=True):
            where = "" if is_all else f" WHERE {column} IN (SELECT {column} FROM {table} LIMIT 1)"
            try:
                database.execute(f"UPDATE OR IGNORE {table} SET {column} = ?{where}", (value,))
            except sqlite3.Error:
                continue  # a table of the other format, or a value that its column does not take

    path = tmp_path / "some.apkg"
    path.unlink(missing_ok=True)
    _assert_read_or_refused(pack(path, changed(collection, apply), member=member))


@pytest.mark.slow
@given(data=st.data())
@patient
def test_any_value_in_the_json_of_a_collection_is_read_or_refused(
    samples: list[tuple[str, bytes]], tmp_path: Path, data: st.DataObject
) -> None:
    _, collection = samples[0]
    column = data.draw(st.sampled_from(("models", "decks")))
    value = json.loads(data.draw(st.one_of(VALUES.filter(lambda v: isinstance(v, str)).map(json.dumps))))
    other = data.draw(st.none() | st.integers() | st.floats() | st.lists(st.integers()) | st.just(value))

    def apply(database: sqlite3.Connection) -> None:
        ((text,),) = database.execute(f"SELECT {column} FROM col")
        items = json.loads(text)
        item: Any = items[data.draw(st.sampled_from(sorted(items)))]
        while data.draw(st.booleans()) and isinstance(item, (dict, list)) and item:
            key = data.draw(st.sampled_from(sorted(item) if isinstance(item, dict) else range(len(item))))
            if not isinstance(item[key], (dict, list)):
                item[key] = other
                break
            item = item[key]
        database.execute(f"UPDATE col SET {column} = ?", (json.dumps(items),))

    path = tmp_path / "some.apkg"
    path.unlink(missing_ok=True)
    _assert_read_or_refused(pack(path, changed(collection, apply)))
