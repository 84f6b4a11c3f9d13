"""Bundles of a cache: files of many small entries each, since making a file takes longer than filling it.

A vault of thousands of notes is as many chapters, of several entries each. A bundle is never changed: what
is made again goes elsewhere, and a bundle that is no longer used is deleted as a whole.

A file has the digest of its index, the number of its entries, the index (each entry's key, place and
length), and then each entry's digest and value. All is bounded before it is read, and counts only if its
digest is right: a cache may come with a repository that somebody else made.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EINVAL
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

FOLDER = "bundles"
"""Name of the folder of bundles in a cache's folder."""
WORTH_A_BUNDLE = 32
"""Number of entries from which on they are written together: of fewer, each can be deleted alone."""
_COUNT = struct.Struct(">Q")
_PLACE = struct.Struct(">64sQQ")
DIGEST_SIZE = 32
"""Length of an entry's digest, in bytes."""
_TICK = 1_000_000_000
"""Nanoseconds within which a folder may change twice without another time of change."""
CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags for opening files: a cache that came with a repository may have links and named pipes in it."""


class Bundles:
    """The bundles of a cache's folder; `digest` makes the digest of a key and a value."""

    def __init__(self, folder: Path, limit: int, digest: Callable[[str, bytes], bytes]) -> None:
        self.folder = folder
        self._limit = limit
        self._digest = digest
        self._places: dict[str, tuple[Path, int, int]] = {}
        """File, place and length of each entry, its digest included."""
        self._indexed: set[str] = set()
        """Names of the files whose entries are known."""
        self._listed = (0, 0)
        """When the folder had changed as it was last listed, and when that was, in nanoseconds."""
        self._last: tuple[Path, bytes] = (Path(), b"")
        """The file that was read last: what belongs together is asked for together."""

    def get(self, key: str) -> bytes | None:
        """Return the value of a key; None if no bundle has it."""
        found = self._find(key)
        if found is None:
            return None
        path, start, length = found
        if self._last[0] != path:
            self._last = path, self._read(path)
            with suppress(OSError):
                os.utime(path)  # what is used stays longest
        data = self._last[1][start : start + length]
        digest, value = data[:DIGEST_SIZE], data[DIGEST_SIZE:]
        if digest != self._digest(key, value):
            del self._places[key]
            return None
        return value

    def __contains__(self, key: str) -> bool:
        """Return whether a bundle has a key, damaged or not."""
        found = self._find(key)
        return found is not None and found[0].is_file()

    def contents(self, entries: Mapping[str, bytes]) -> Iterator[bytes]:
        """Yield the parts of a file of some entries, whose keys are of `key_of`."""
        start = DIGEST_SIZE + _COUNT.size + len(entries) * _PLACE.size
        places = []
        for key, value in entries.items():
            places.append(_PLACE.pack(key.encode(), start, DIGEST_SIZE + len(value)))
            start += DIGEST_SIZE + len(value)
        index = b"".join(places)
        yield self._digest("index", index)
        yield _COUNT.pack(len(entries))
        yield index
        for key, value in entries.items():
            yield self._digest(key, value)
            yield value

    def _find(self, key: str) -> tuple[Path, int, int] | None:
        if key not in self._places:
            self._list()
        return self._places.get(key)

    def _list(self) -> None:
        """Read the indexes of files that are new, if there may be some."""
        changed, listed = self._listed
        try:
            now = self.folder.stat().st_mtime_ns
            if now == changed and listed - changed > _TICK:
                return
            self._listed = now, time.time_ns()
            if self.folder.is_symlink():
                return
            with os.scandir(self.folder) as files:
                new = [Path(file.path) for file in files if file.name not in self._indexed]
        except OSError:
            return
        for path in new:
            self._indexed.add(path.name)
            for key, start, length in self._index(path):
                self._places[key.decode("ascii", "replace")] = path, start, length

    def _index(self, path: Path) -> Iterator[tuple[bytes, int, int]]:
        data = self._read(path, is_index=True)
        head = DIGEST_SIZE + _COUNT.size
        if data[:DIGEST_SIZE] == self._digest("index", data[head:]):
            yield from _PLACE.iter_unpack(data[head:])

    def _read(self, path: Path, *, is_index: bool = False) -> bytes:
        """Return a file's content, or its beginning up to the index's end; nothing of what is no bundle."""
        with suppress(OSError), opened(path, self._limit) as (file, size):
            if not is_index:
                return file.read()
            head = file.read(DIGEST_SIZE + _COUNT.size)
            count = _COUNT.unpack(head[DIGEST_SIZE:])[0] if len(head) == DIGEST_SIZE + _COUNT.size else 0
            return head + file.read(min(count * _PLACE.size, size))
        return b""


@contextmanager
def opened(path: Path, limit: int) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file of a cache, and yield it with its size.

    Raises `OSError` if it cannot be opened, is not a regular file, or has more than `limit` bytes.
    """
    handle = os.open(path, os.O_RDONLY | CAREFUL)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not S_ISREG(status.st_mode) or status.st_size > limit:
            raise OSError(EINVAL, os.strerror(EINVAL), str(path))
        yield file, status.st_size
