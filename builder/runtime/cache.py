"""A cache on disk: bytes by keys. A key is made of everything that its value depends on.

The cache is a folder of files. It is safe to delete at any time, and to use from several builds at once: a
file is written beside its place and moved there. Each file holds a digest of its key and value; without a
valid digest, the entry counts as missing. A folder that is missing or cannot be written is not an error:
then nothing is cached.

Digests are made with a secret of the user. So the entries of a cache that came with somebody's repository are
ignored: they could put anything on the cards, without being read and checked.

The only library for this, diskcache, is not used. It unpickles what it reads, which has an open advisory
(CVE-2025-69872), and its last release is from 2023. For the same reason, values are data, never code: decode
them only with formats that can hold nothing else.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b, sha256
from math import inf
from pathlib import Path
from tempfile import NamedTemporaryFile

from builder.program import FOLDER, own_files
from builder.runtime.cache_bundles import CAREFUL, DIGEST_SIZE, WORTH_A_BUNDLE, Bundles, opened
from builder.runtime.cache_bundles import FOLDER as BUNDLES

LIMIT = 400_000_000
"""Maximum bytes of a project's cache: several times those of a corpus of ten thousand questions."""
SECRET_SIZE = 32
"""Length of a secret, in bytes."""
_LIBRARIES = (
    "markdown_it_py",
    "mdit_py_plugins",
    "pygments",
    "ziamath",
    "ziafont",
    "pillow",
    "genanki",
    "weasyprint",
    "pydyf",
    "tinycss2",
    "tinyhtml5",
    "cssselect2",
    "pyphen",
    "fonttools",
    "uharfbuzz",
    "fontpkg_inter",
    "fontpkg_jetbrains_mono",
)
"""Packages whose versions affect what a build makes."""
_FONTS = ("fontpkg_", "justmytype_", "manimgx_fonts")
"""Prefixes of the names of font packages; every installed one affects a build, too."""
_COUNT = "written"
_SHELF = re.compile(rf"[0-9a-f]{{2}}|{BUNDLES}")
_ENTRY = re.compile(r"[0-9a-f]{62}|tmp\w{8}")
_KEPT = 0.8
"""Share of the limit that remains when old entries are deleted: below 1, so that this is rarely needed."""


class Cache:
    """A folder of files, one for each value, with at most `limit` bytes together. `key_of` makes the keys.

    An entry counts only if it was put there with the same secret.
    """

    def __init__(self, folder: Path, limit: int, secret: bytes = b"") -> None:
        self.folder = folder
        self.limit = limit
        self._secret = secret
        self._bundles = Bundles(folder / BUNDLES, limit, self._digest)
        self._prepared: set[Path] = set()
        """Folders that this process has checked or created."""

    def get(self, key: str) -> bytes | None:
        """Return the value of a key; None if there is none, or it is damaged."""
        bundled = self._bundles.get(key)
        if bundled is not None:
            return bundled
        path = self._path(key)
        try:
            with opened(path, self.limit + DIGEST_SIZE) as (file, _):
                digest, value = file.read(DIGEST_SIZE), file.read()
        except OSError:
            return None
        if digest != self._digest(key, value):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # the entries that are used stay longest
        return value

    def __contains__(self, key: str) -> bool:
        """Return whether there is a value, damaged or not."""
        return key in self._bundles or self._path(key).is_file()

    def put(self, key: str, value: bytes) -> bool:
        """Keep a value for later builds; return whether that was possible."""
        return self._write(self._path(key), (self._digest(key, value), value))

    def put_all(self, entries: Mapping[str, bytes]) -> Collection[str]:
        """Keep values by their keys, many of them in one file; return the keys of those that are not kept."""
        if len(entries) < WORTH_A_BUNDLE:
            return [key for key, value in entries.items() if not self.put(key, value)]
        path = self._bundles.folder / key_of(*entries)[2:]
        return () if self._write(path, self._bundles.contents(entries)) else entries

    def _write(self, path: Path, parts: Iterable[bytes]) -> bool:
        """Write a file, which appears at its place when it is whole; return whether that was possible."""
        size = 0
        try:
            if path.parent not in self._prepared and not self._prepare(path.parent):
                return False
            self._prepared.add(path.parent)
            try:
                handle, temporary = _new_file(path.parent)
            except FileNotFoundError:  # somebody has just deleted the folder
                self._prepare(path.parent)
                handle, temporary = _new_file(path.parent)
            with os.fdopen(handle, "wb") as file:
                for part in parts:
                    size += file.write(part)
            temporary.replace(path)
        except OSError:
            return False  # a temporary file that is left there is deleted with the oldest entries
        with suppress(OSError):
            if self._count(size) > self.limit * (1 - _KEPT) / 2:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | CAREFUL
                os.close(os.open(self.folder / _COUNT, flags, 0o666))
                self._make_room()
        return True

    def size(self) -> int:
        """Return the number of bytes that the entries take."""
        return sum(size for _, size, _ in _entries(self.folder))

    def is_writable(self) -> bool:
        """Return whether this user may write to the folder, or make it; nothing is written."""
        folder = self.folder.absolute()
        there = next((each for each in (folder, *folder.parents) if os.path.lexists(each)), folder)
        return there.is_dir() and os.access(there, os.W_OK | os.X_OK)

    def _count(self, size: int) -> float:
        """Return the number of bytes that all builds have written since the entries were last counted.

        The length of a file is the count, since many builds can append to it at once. Reading through all
        entries would take longer than compiling the chapter that was edited.
        """
        unit = max(1, self.limit // 100_000)
        try:
            counter = os.open(self.folder / _COUNT, os.O_WRONLY | os.O_APPEND | CAREFUL)
        except FileNotFoundError:
            return inf  # unknown, so count the entries now
        try:
            os.write(counter, b"." * (size // unit + 1))
            return os.fstat(counter).st_size * unit
        finally:
            os.close(counter)

    def _digest(self, key: str, value: bytes) -> bytes:
        digest = blake2b(key.encode(), key=self._secret, digest_size=DIGEST_SIZE)
        digest.update(value)
        return digest.digest()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]

    def _prepare(self, folder: Path) -> bool:
        """Make a folder of the cache; return whether it is a folder, and no link to somewhere else."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Version control and backup programs leave out folders with these files.
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8", newline="\n")
            (self.folder / "CACHEDIR.TAG").write_text(
                "Signature: 8a477f597d28d172789f06886806bc55\n", encoding="utf-8", newline="\n"
            )
        folder.mkdir(exist_ok=True)
        return not (self.folder.is_symlink() or folder.is_symlink())

    def _make_room(self) -> None:
        """Delete the entries that were not used for the longest time, if the limit is exceeded."""
        entries = sorted(_entries(self.folder))
        size = sum(size for _, size, _ in entries)
        if size <= self.limit:
            return
        for _, bytes_, path in entries:
            if size <= self.limit * _KEPT:
                break
            with suppress(OSError):
                path.unlink()
            size -= bytes_


NO_CACHE = Cache(Path(os.devnull), 0)
"""Cache that keeps nothing."""


def _new_file(folder: Path) -> tuple[int, Path]:
    """Create a file with a unique name that only this user can read; `tempfile` takes twice as long."""
    path = folder / f"tmp{os.urandom(4).hex()}"
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CAREFUL, 0o600), path


def _entries(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield the time of last use, the size and the path of every entry."""
    with suppress(OSError), os.scandir(folder) as shelves:
        for shelf in shelves:
            if not _SHELF.fullmatch(shelf.name) or shelf.is_symlink():
                continue
            with suppress(OSError), os.scandir(shelf) as files:
                for file in filter(_is_entry, files):
                    with suppress(OSError):
                        found = file.stat(follow_symlinks=False)
                        yield found.st_mtime, found.st_size, Path(file.path)


def _is_entry(file: os.DirEntry[str]) -> bool:
    """Return whether a file is an entry of the cache: other files there are not deleted."""
    return bool(_ENTRY.fullmatch(file.name))


def user_secret(path: Path) -> bytes | None:
    """Return the secret of a user's caches from a file, which is made if it is missing.

    Return None if it can be neither read nor made: without a secret there is no cache.
    """
    with suppress(OSError):
        if len(secret := path.read_bytes()) == SECRET_SIZE:
            return secret
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:  # only its owner can read it
            file.write(os.urandom(SECRET_SIZE))
        # If two builds begin at once, the later secret counts; entries with the other one are computed again.
        Path(file.name).replace(path)
        secret = path.read_bytes()
    except OSError:
        return None
    return secret if len(secret) == SECRET_SIZE else None


def key_of(*parts: str | bytes) -> str:
    """Return the key of a value: a digest of its kind and of everything that it depends on."""
    digest = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8))  # so that ab, c differs from a, bc
        digest.update(data)
    return digest.hexdigest()


@cache
def fingerprint(program: Path = FOLDER) -> str:
    """Return a key of what all cached results depend on: this program's files, Python, library versions.

    Versions are read from the names of installed packages: importlib.metadata takes longer than a whole build
    with nothing to do.
    """
    files = (part for name, path in own_files(program) for part in (name, path.read_bytes()))
    return key_of(sys.version, *_versions(), *files)


def _versions() -> Iterator[str]:
    wanted = set(_LIBRARIES)
    for folder in sys.path:
        with suppress(OSError):
            for path in sorted(Path(folder).iterdir()):
                library, _, version = path.name.partition("-")
                library = library.lower().replace(".", "_")
                if path.suffix in (".dist-info", ".egg-info") and (
                    library in wanted or library.startswith(_FONTS)
                ):
                    wanted.discard(library)
                    yield f"{library}-{version}"
    if wanted:
        from importlib import metadata

        for library in sorted(wanted):
            with suppress(metadata.PackageNotFoundError):
                yield f"{library}-{metadata.version(library)}"
