"""Packages made for a test: what a build or Anki wrote, changed, and packed again."""

from __future__ import annotations

import sqlite3
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.anki.archive import MEMBERS

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

Edit = Callable[[sqlite3.Connection], object]


def collection_of(package: Path) -> bytes:
    """Return the database of a package that can be trusted, written and read without a log beside it."""
    with zipfile.ZipFile(package) as archive:
        member = next(name for name in MEMBERS if name in archive.namelist())
        content = archive.read(member)
    content = zstd.decompress(content) if member == MEMBERS[0] else content
    return content[:18] + b"\1\1" + content[20:]


def pack(target: Path, collection: bytes, *, member: str = MEMBERS[-1], **others: bytes) -> Path:
    """Write a package with a collection, as it is, and with other members."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(member, zstd.compress(collection) if member == MEMBERS[0] else collection)
        for name, content in others.items():
            archive.writestr(name, content)
    return target


def changed(collection: bytes, edit: str | Edit) -> bytes:
    """Return a database after some statements, or after a function had it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "collection"
        path.write_bytes(collection)
        with closing(sqlite3.connect(path)) as database:
            database.create_collation("unicase", lambda one, other: (one > other) - (one < other))
            if isinstance(edit, str):
                database.executescript(edit)
            else:
                edit(database)
            database.commit()
        return path.read_bytes()


def root_of(collection: bytes, table: str) -> int:
    """Return the number of the page at which a table of a database begins."""
    root = 0

    def look(database: sqlite3.Connection) -> None:
        nonlocal root
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        ((root,),) = database.execute(query, (table,))

    changed(collection, look)
    return root


def edited(package: Path, target: Path, edit: str | Edit, *, member: str = MEMBERS[-1]) -> Path:
    """Write a package with another's collection, changed."""
    return pack(target, changed(collection_of(package), edit), member=member)
