"""Reads a package's zip archive. The only module that opens one, and that knows Zstandard.

An archive may claim any size. Its collection is extracted to a temporary file, a chunk at a time, up to a
limit that depends on the archive's own size.
"""

from __future__ import annotations

import json
import os
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from builder.anki.protobuf import last_values, messages_in
from builder.anki.typed import PackageError, damaged, mapping
from builder.diagnostics import BuildError
from builder.text import one_line

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MEMBERS = ("collection.anki21b", "collection.anki21", "collection.anki2")
"""Names of the collection's file, newest first; Anki leaves a stub under the older names."""
LARGEST = 1 << 30
"""Maximum size of an extracted collection, in bytes."""
RATIO = 50
"""Maximum bytes of a collection per byte of its package; decks of the same few words reach half of it."""
_HARMLESS = 16 << 20
"""Bytes that any collection may have, because an empty database compresses to almost nothing."""
_LARGEST_DIRECTORY = 6 << 20
"""Maximum bytes of an archive's list of members (100,000); `zipfile` takes 30 times that in memory."""
_LARGEST_LIST = 4 << 20
"""Maximum bytes of the list of media: 50,000 names."""
_LARGEST_FILE = 64 << 20
_HARMLESS_MEDIA, _MEDIA_RATIO = 64 << 20, 10
"""Maximum bytes of all media together, and maximum per byte of the package; the larger limit counts."""
_LARGEST_META = 1 << 12
_NEWEST_VERSION = 3
"""Newest version of a package, in its member `meta`: the one with collection.anki21b."""
_WIDEST_WINDOW = 24
"""Maximum window of Zstandard, as a power of two (Anki's: 21 or less); a decoder keeps it in memory."""
_PIECE = 1 << 18
_MAGIC = b"SQLite format 3\0"
_JOURNAL_MODE = 18
"""Offset of a database's two format versions, each a byte: 2 with a write-ahead log, 1 without
(https://www.sqlite.org/fileformat.html)."""
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    zstd.ZstdError,
    struct.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    OverflowError,
    RuntimeError,  # also NotImplementedError: a compression method that zipfile does not know
)
"""Exceptions of extracting a member from a damaged archive."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A package's collection, extracted to a file that is deleted when its context ends."""

    file: Path
    packed_size: int
    """Size of the package, in bytes."""
    is_exported: bool
    """True if Anki wrote the package, from somebody's collection."""


@contextmanager
def unpacked(path: Path, *, may_be_whole: bool = False) -> Iterator[Unpacked]:
    """Extract the collection of a package; a whole collection, .colpkg, is refused unless it is allowed.

    Raises `PackageError`, and `BuildError` if there is no room for it.
    """
    if path.suffix.lower() == ".colpkg" and not may_be_whole:
        raise PackageError("is a whole collection: in Anki, export the deck alone, as an Anki Deck Package")
    with _regular_file(path) as file, _temporary_folder() as folder:
        size = file.seek(0, os.SEEK_END)
        if not size:
            raise PackageError("is empty: export or download it again")
        target = folder / "collection"
        is_exported = _take_out(file, size, target)
        _make_readable(target)
        yield Unpacked(target, size, is_exported)


class PackedMedia:
    """The media of an open package. Methods raise `PackageError`."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        self._left = max(_HARMLESS_MEDIA, _MEDIA_RATIO * size)
        names = {*archive.namelist()}
        self._is_packed = MEMBERS[0] in names
        self._members = (
            {name: member for member, name in self._listed() if member in names} if "media" in names else {}
        )

    @property
    def names(self) -> frozenset[str]:
        """Names of the files, as fields have them."""
        return frozenset(self._members)

    def extract(self, name: str, target: Path) -> None:
        """Write one of the files to `target`."""
        with _member(self._archive, self._members[name]) as packed:
            limit = min(self._left, _LARGEST_FILE)
            source = _expanded(packed) if self._is_packed else packed
            _write(source, target, limit, f"the file {one_line(name)!r}")
        self._left -= target.stat().st_size

    def _listed(self) -> Iterator[tuple[str, str]]:
        """Yield the number and the name of each file."""
        with _member(self._archive, "media") as packed:
            source = _expanded(packed) if self._is_packed else packed
            content = b"".join(_pieces(source, _LARGEST_LIST, "its list of files"))
        if self._is_packed:
            for number, entry in enumerate(messages_in(content, 1, "its list of files")):
                yield str(number), _file_name(next(messages_in(entry, 1, "its list of files"), b""))
            return
        try:
            listed = mapping(json.loads(content or b"{}"), "its list of files")
        except (ValueError, RecursionError) as error:
            raise damaged("its list of files is not JSON") from error
        for member, name in listed.items():
            yield member, _file_name(name.encode(errors="replace") if isinstance(name, str) else b"")


def _file_name(name: bytes) -> str:
    """Return a name that a file may have in a folder; empty for one that would leave it."""
    text = name.decode(errors="replace")
    return "" if text in (".", "..") or re.search(r"[/\\\\\x00-\x1f]", text) or len(name) > 255 else text


@contextmanager
def opened_media(path: Path) -> Iterator[PackedMedia]:
    """Open the media of a package. Raises `PackageError`."""
    with _regular_file(path) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            archive = zipfile.ZipFile(file)
        except _FAULTS as error:
            raise _no_archive() from error
        with archive:
            yield PackedMedia(archive, size)


class _Guarded(BufferedReader):
    """A file that refuses large reads, because `zipfile` would read a list of members of any length."""

    def read(self, size: int | None = -1, /) -> bytes:
        whole = size is None or size < 0
        data = super().read(_LARGEST_DIRECTORY + 1 if whole else min(size or 0, _LARGEST_DIRECTORY + 1))
        if len(data) > _LARGEST_DIRECTORY:
            raise PackageError("is not an Anki package: it has too many files in it")
        return data


@contextmanager
def _regular_file(path: Path) -> Iterator[_Guarded]:
    """Open a regular file: reading a pipe or a device might never end."""
    try:
        # Without O_NONBLOCK, opening a pipe waits for its writer; only an open file shows what it is.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise PackageError(f"cannot be read: {reason}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise PackageError("is not a file: give a package, for example flask.apkg")
    with _Guarded(FileIO(handle)) as file:
        yield file


def _take_out(file: _Guarded, size: int, target: Path) -> bool:
    """Write the collection to a file; return whether Anki wrote the package."""
    try:
        archive = zipfile.ZipFile(file)
    except _FAULTS as error:
        raise _no_archive() from error
    with archive:
        names = {*archive.namelist()}
        _check_version(archive, names)
        member = next((name for name in MEMBERS if name in names), "")
        if not member:
            raise PackageError("is not an Anki package: the archive has no collection in it")
        limit = min(LARGEST, max(_HARMLESS, RATIO * size))
        with _member(archive, member) as packed:
            _write(_expanded(packed) if member == MEMBERS[0] else packed, target, limit)
        return "meta" in names or member != MEMBERS[-1]


def _no_archive() -> PackageError:
    return PackageError("is not an Anki package: it is not a zip archive, or a part of it is missing")


def _check_version(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "meta" not in names:
        return
    try:
        with _member(archive, "meta") as member:
            meta = member.read(_LARGEST_META)
    except _FAULTS as error:
        raise damaged("its version cannot be read") from error
    version = last_values(meta, (1,)).get(1, 0)
    if not isinstance(version, int):
        raise damaged("its version is not a number")
    if version > _NEWEST_VERSION:
        raise PackageError(
            "has a newer format than this cardpress knows: update cardpress, or export the deck with"
            " 'Support older Anki versions'"
        )


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = archive.getinfo(name)
    if info.flag_bits & 1:
        raise PackageError("is encrypted: export the deck again, and pass the file on as it is")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise damaged("it uses a compression that Anki does not use")  # some methods take any memory
    try:
        return archive.open(info)
    except _FAULTS as error:
        raise damaged("its list of files is wrong") from error


def _expanded(packed: IO[bytes]) -> zstd.ZstdFile:
    return zstd.ZstdFile(packed, options={zstd.DecompressionParameter.window_log_max: _WIDEST_WINDOW})


def _write(source: IO[bytes] | zstd.ZstdFile, target: Path, limit: int, what: str = "its collection") -> None:
    try:
        with target.open("wb") as file:
            for piece in _pieces(source, limit, what):
                file.write(piece)
    except OSError as error:
        raise _no_room(error) from error


def _pieces(source: IO[bytes] | zstd.ZstdFile, limit: int, what: str) -> Iterator[bytes]:
    left = limit
    try:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise PackageError(f"is too large: {what} has more than {limit >> 20} MB{_why(what)}")
            yield piece
    except _FAULTS as error:
        raise damaged(f"{what} cannot be extracted") from error


def _why(what: str) -> str:
    if what != "its collection":
        return ""
    return f", which is a gigabyte or {RATIO} times as much as the package"


def _make_readable(file: Path) -> None:
    """Mark a database as one without a write-ahead log: SQLite would look for one."""
    with file.open("r+b") as database:
        if database.read(len(_MAGIC)) != _MAGIC:
            raise damaged("its collection is not a database")
        database.seek(_JOURNAL_MODE)
        database.write(b"\1\1")


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(prefix="cardpress-")
    except OSError as error:
        raise _no_room(error) from error
    with folder as name:
        yield Path(name)


def _no_room(error: OSError) -> BuildError:
    return BuildError(
        f"cannot write a temporary file: {error.strerror}: free some space in the temporary folder, or set "
        "TMPDIR to another one"
    )
