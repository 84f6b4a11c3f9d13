"""Reads files that somebody else may have written: only regular files in their folder, only up to a limit.

A corpus may come from a stranger. Its files may be links to the reader's own files, named pipes that never
end, devices, or larger than memory. None of these is opened, or read beyond its limit.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EISDIR
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from builder.diagnostics import Code

CHAPTER_LIMIT = 4_000_000
"""Maximum bytes of a chapter: two thousand questions with code."""
SETTINGS_LIMIT = 1_000_000
"""Maximum bytes of a deck.toml."""
STYLES_LIMIT = 200_000
"""Maximum bytes of a card.css, which every note type brings along: ten times ours."""
LOCK_LIMIT = 16_000_000
"""Maximum bytes of a deck.lock: 100,000 notes."""
ADOPTED_LIMIT = 64_000_000
"""Maximum bytes of a deck.adopted: 50,000 notes of a kilobyte."""
IMAGE_LIMIT = 32_000_000
"""Maximum bytes of an image."""
MEDIA_LIMIT = 100_000_000
"""Maximum bytes of a file of an adopted note: AnkiWeb synchronises no larger one."""
DRAWING_LIMIT = 4_000_000
"""Maximum bytes of an SVG."""
SOUND_LIMIT = 16_000_000
"""Maximum bytes of a sound: a quarter of an hour of speech, as MP3."""
FONT_LIMIT = 32_000_000
"""Maximum bytes of a font: the largest that are in use, of Chinese, have 18 MB."""

_CHUNK = 1 << 18
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_TOOLS = frozenset({"node_modules", "__pycache__"})
"""Names of tools' folders that are not hidden."""
UNREADABLE_FILE = Code(
    "unreadable-file",
    reason="A file that cannot be read cannot be checked.",
    of="words",
    bad="a corpus folder without deck.toml, or a chapter that only others may read",
    good="a folder with a deck.toml and chapters, all of them yours to read",
)
FILE_OUTSIDE = Code(
    "file-outside",
    reason="A corpus is a folder that can be copied whole; a link that leads out of it could show other"
    " files of the person who builds it.",
    of="words",
    bad="`01-basics.md` or `deck.lock` as a symbolic link to a file elsewhere",
    good="the file itself, or a link within the corpus folder",
)
FILE_TOO_LARGE = Code(
    "file-too-large",
    reason="A file that fills the memory cannot be checked.",
    of="words",
    bad="a chapter of 3 GB",
    good="chapters of at most 4 MB, a deck.toml of at most 1 MB, a deck.lock of at most 16 MB,"
    " a deck.adopted of at most 64 MB",
)


class RefusedFile(Exception):  # noqa: N818  (it is the file that is refused)
    """A file that is not read. `code` is its finding's; `reason` follows the file's name in a sentence."""

    def __init__(self, code: Code, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.hint = hint


@contextmanager
def opened(path: Path, folder: Path, limit: int) -> Iterator[Iterator[bytes]]:
    """Open a regular file that really lies in a folder, and yield its content in chunks.

    Raises `RefusedFile` for anything else, or more than `limit` bytes, also while it is read.
    """
    where = _resolved(path, folder)
    try:
        _check(where.stat(), limit)  # a device may act when it is opened
        handle = os.open(where, _FLAGS)
    except OSError as error:
        raise _unreadable(error) from error
    with os.fdopen(handle, "rb", buffering=0) as file:
        _check(os.fstat(handle), limit)
        yield _chunks(file, limit)


def read_regular(path: Path, folder: Path, limit: int) -> bytes:
    """Read a regular file that really lies in a folder. Raises `RefusedFile`."""
    with opened(path, folder, limit) as chunks:
        return b"".join(chunks)


def digest_regular(path: Path, folder: Path, limit: int) -> str:
    """Return the SHA-256 of a regular file that really lies in a folder. Raises `RefusedFile`."""
    digest = sha256()
    with opened(path, folder, limit) as chunks:
        for chunk in chunks:
            digest.update(chunk)
    return digest.hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all files and folders below a folder, except in hidden folders and those of tools.

    Links to folders are not followed.
    """
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _TOOLS)
        here = Path(place)
        yield from (here / name for name in sorted((*folders, *files)))


def _resolved(path: Path, folder: Path) -> Path:
    # Without pathlib: a vault has thousands of files, and each is asked about.
    try:
        where = os.path.realpath(path, strict=True)
        root = os.path.realpath(folder)
        is_inside = where.startswith(root + os.sep) or Path(where).is_relative_to(root)
    except OSError as error:
        raise _unreadable(error) from error
    except ValueError as error:  # a NUL in its name
        raise RefusedFile(UNREADABLE_FILE, "cannot be the name of a file", "give it another name") from error
    if not is_inside:
        raise RefusedFile(
            FILE_OUTSIDE,
            "is a link that leads out of the corpus folder",
            "put a copy of the file in its place: a corpus is a folder that can be copied whole",
        )
    return Path(where)


def _check(status: os.stat_result, limit: int) -> None:
    kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), "")
    if kind:
        raise RefusedFile(UNREADABLE_FILE, f"is {kind}, not a file", "put a file in its place, or delete it")
    if status.st_size > limit:
        raise _too_large(limit)


def _chunks(file: BinaryIO, limit: int) -> Iterator[bytes]:
    """Yield a file's content in chunks; its size may be wrong, or grow."""
    size = 0
    while True:
        try:
            chunk = file.read(_CHUNK)
        except OSError as error:
            raise _unreadable(error) from error
        if not chunk:
            return
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk


def _too_large(limit: int) -> RefusedFile:
    size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1000} kB"
    return RefusedFile(FILE_TOO_LARGE, f"has more than {size}", "split it, or make it smaller")


def too_costly(reason: str, hint: str) -> RefusedFile:
    """Return the refusal of a file that is small enough, but would still fill the memory."""
    return RefusedFile(FILE_TOO_LARGE, reason, hint)


def _unreadable(error: OSError) -> RefusedFile:
    if error.errno == EISDIR:
        return RefusedFile(
            UNREADABLE_FILE, "is a folder, not a file", "put a file in its place, or delete it"
        )
    return RefusedFile(
        UNREADABLE_FILE,
        f"cannot be read: {error.strerror}",
        "a corpus is a folder with a deck.toml and chapters, Markdown files",
    )
