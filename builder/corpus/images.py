"""Images and sounds: finds and checks their files inside the corpus, and names them by their content.

A sound is written as an image is, so the same rules hold for its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from builder.corpus import sound_codes
from builder.corpus.image_codes import (
    BROKEN_IMAGE,
    CODES,
    IMAGE_NAME,
    IMAGE_OUTSIDE,
    IMAGE_SIZE,
    IMAGE_TYPE,
    MISSING_IMAGE,
    REMOTE_IMAGE,
)
from builder.corpus.sounds import fault_of_sound
from builder.diagnostics import Code
from builder.markdown.sounds import SUFFIXES as SOUND_SUFFIXES
from builder.markdown.sounds import is_sound
from builder.markdown.source import Passage
from builder.runtime.cache import Cache, fingerprint, key_of
from builder.runtime.regular_files import (
    DRAWING_LIMIT,
    FILE_TOO_LARGE,
    IMAGE_LIMIT,
    SOUND_LIMIT,
    RefusedFile,
    digest_regular,
    files_below,
    read_regular,
)
from builder.runtime.serialize import DAMAGED, dump, load

if TYPE_CHECKING:
    from builder.markdown.parser import Token

SUFFIXES = (".png", ".jpg", ".jpeg", ".svg", ".webp", ".gif")
_BY_NAME = {code.name: code for code in (*CODES, *sound_codes.CODES)}
_HEAVY = 1_000_000
"""Bytes of an image or a sound above which a warning is given."""
_WIDE = 2_000
"""Pixels of a side above which there is a warning: no phone, and no A4 page, shows more."""
_NEAR = 500
"""Maximum files among which to look for one with a similar name."""


@dataclass(frozen=True, slots=True)
class _Sort:
    """The words for images, or sounds, in messages, and the codes of findings about their files."""

    noun: str
    article: str
    """The noun with its article."""
    suffixes: tuple[str, ...]
    missing: Code
    remote: Code
    outside: Code
    name: Code
    size: Code
    broken: Code


_IMAGE = _Sort(
    noun="image",
    article="an image",
    suffixes=SUFFIXES,
    missing=MISSING_IMAGE,
    remote=REMOTE_IMAGE,
    outside=IMAGE_OUTSIDE,
    name=IMAGE_NAME,
    size=IMAGE_SIZE,
    broken=BROKEN_IMAGE,
)
_SOUND = _Sort(
    noun="sound",
    article="a sound",
    suffixes=SOUND_SUFFIXES,
    missing=sound_codes.MISSING_SOUND,
    remote=sound_codes.REMOTE_SOUND,
    outside=sound_codes.SOUND_OUTSIDE,
    name=sound_codes.SOUND_NAME,
    size=sound_codes.SOUND_SIZE,
    broken=sound_codes.BROKEN_SOUND,
)


class ImageError(Exception):
    """An image or a sound that cannot be used: code, message and hint of its finding."""

    def __init__(self, code: Code, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Result of checking the content of an image or a sound; without a code if nothing is wrong."""

    code: str = ""
    reason: str = ""
    hint: str = ""
    heavy: str = ""
    """Description of its excessive size, `has 3.2 MB`; empty if it is not too large."""


@dataclass
class _Album:
    """The images read for a chapter, each only once, so that all checks see the same content."""

    cache: Cache | None
    digests: dict[Path, str] = field(default_factory=dict)
    refused: dict[Path, RefusedFile] = field(default_factory=dict)
    names: dict[Path, dict[str, Path]] = field(default_factory=dict)


_verdicts: dict[tuple[str, str], _Verdict] = {}
"""Verdicts found in this process, by suffix and digest of the content."""
_MOST_VERDICTS = 10_000
_album: ContextVar[_Album | None] = ContextVar("album", default=None)


@contextmanager
def reading_once(cache: Cache | None = None) -> Iterator[None]:
    """Read each image once in the block, and keep the verdicts on their contents in a cache."""
    token = _album.set(_Album(cache))
    try:
        yield
    finally:
        _album.reset(token)


def images(passage: Passage) -> Iterator[tuple[Token, Token]]:
    """Yield each image and sound of a passage: the inline token of its block, and its own token."""
    for token in passage.tokens:
        if "![" in token.content:
            yield from ((token, child) for child in token.children or () if child.type == "image")


def _how_to_fetch(src: str) -> str:
    """Return a hint how to get an image or a sound from elsewhere into the corpus."""
    address = urlsplit(src)
    path = PurePosixPath(unquote(address.path))
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).strip("-")
    if address.scheme in ("http", "https") and name and path.suffix.lower() in (*SUFFIXES, *SOUND_SUFFIXES):
        name += path.suffix.lower()
        verb = "play" if is_sound(name) else "show"
        return f"fetch it: curl --create-dirs -o media/{name} {quote(src)}; then {verb} media/{name}"
    return "save it in the corpus folder, under media/, and use that file"


def image_path(src: str, chapter: Path, folder: Path) -> Path:
    """Return the file that a chapter means by `src`. Raises `ImageError`."""
    sort = _SOUND if is_sound(src) else _IMAGE
    if urlsplit(src).scheme or src.startswith("/"):
        raise ImageError(
            sort.remote,
            f"the {sort.noun} {src!r} is not a file of the corpus",
            _how_to_fetch(src),
        )
    name, src = unquote(src), readable(src)
    try:
        path = (chapter.parent / name).resolve()
        is_file = path.is_file()
        is_there = is_file or path.exists()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, a link to itself
        raise ImageError(
            sort.missing, f"{src!r} cannot be the name of {sort.article}", "give the file a short, plain name"
        ) from error
    if not path.is_relative_to(folder.resolve()):
        raise ImageError(
            sort.outside,
            f"the {sort.noun} {src!r} is outside the corpus folder",
            f"copy it into {folder.name}/media/",
        )
    if not is_file:
        meant = None if is_there else _meant(path, folder)
        raise ImageError(
            sort.missing,
            f"{src!r} is not a file" if is_there else f"there is no {sort.noun} {src!r}",
            _named(meant, path, folder)
            if meant
            else f"save it as {str(path.relative_to(folder.resolve()))!r} in {folder.resolve().name!r}",
        )
    if path.suffix.lower() not in sort.suffixes:
        raise ImageError(
            IMAGE_TYPE,
            f"{src!r} is not an image type that Anki and print can show, nor a sound type that Anki plays",
            f"use one of: {' '.join(SUFFIXES)}; for sounds: {' '.join(SOUND_SUFFIXES)}",
        )
    if " " in path.name:
        raise ImageError(
            sort.name,
            f"the name of the {sort.noun} {src!r} contains a space, which make does not support",
            f"name it {without_spaces(path.name)!r}",
        )
    return path


_ENCODED = re.compile("(?:%[89A-F][0-9A-F])+", re.IGNORECASE)


def readable(src: str) -> str:
    """Return an address of a file with its letters beyond ASCII as they are written, not as %E3%81%82."""
    return _ENCODED.sub(lambda found: unquote(found[0]), src)


def _named(meant: Path, path: Path, folder: Path) -> str:
    """Return a hint with the name of the image that was probably intended."""
    name = meant.relative_to(folder.resolve()).as_posix()
    if _plain(meant) == _plain(path) and meant.name.lower() != path.name.lower():
        return f"the name of the file has the accents of its letters apart: rename it to {path.name!r}"
    if re.search(r"\s", meant.name):
        return f"rename {name!r}, whose name has a space: write {without_spaces(name)!r}"
    return f"did you mean {name!r}?"


def without_spaces(name: str) -> str:
    """Return a name with a hyphen for each run of spaces, and of any '#' beside them."""
    return re.sub(r"[\s#]*\s[\s#]*", "-", name.replace("%20", " "))


def _meant(path: Path, folder: Path) -> Path | None:
    """Return a file with a similar name in the same folder, or with the same name elsewhere in the corpus."""
    from difflib import get_close_matches

    beside = {_plain(other): other for other in path.parent.glob("*")} if path.parent.is_dir() else {}
    wanted = _plain(path)
    if wanted in beside:
        return beside[wanted]
    near = get_close_matches(wanted, beside, n=1, cutoff=0.8) if len(beside) <= _NEAR else []
    return beside[near[0]] if near else _by_name(folder.resolve()).get(path.name)


def _plain(path: Path) -> str:
    """Return the name of a file without case, its letters composed with their accents."""
    return normalize("NFC", path.name.lower())


def _by_name(folder: Path) -> Mapping[str, Path]:
    """Return the files of a corpus by name; the first of several with one name."""
    album = _album.get() or _Album(None)
    if folder not in album.names:
        names: dict[str, Path] = {}
        for path in sorted(files_below(folder)):
            names.setdefault(path.name, path)
        album.names[folder] = names
    return album.names[folder]


def check_image(path: Path, src: str) -> str:
    """Check the content of an image or a sound, because neither Anki nor print reports a damaged one.

    Return how it is too large, in words, such as `has 3.2 MB`; empty if it is not. Raises `ImageError`.
    """
    album = _album.get() or _Album(None)
    suffix = path.suffix.lower()
    digest = album.digests.get(path, "")
    verdict = _known_verdict(album.cache, suffix, digest) if digest else None
    if verdict is None:
        try:
            content = read_regular(path, path.parent, _limit(path))
        except RefusedFile as error:
            raise _refused(error, path, src) from error
        digest = album.digests[path] = sha256(content).hexdigest()
        verdict = _known_verdict(album.cache, suffix, digest)
        if verdict is None:
            verdict = _verdict(suffix, content)
            _remember(album.cache, suffix, digest, verdict)
    if verdict.code:
        raise ImageError(_BY_NAME[verdict.code], f"{readable(src)!r} {verdict.reason}", verdict.hint)
    return verdict.heavy


def digest_of(path: Path, src: str) -> str:
    """Return the SHA-256 of an image or a sound. Raises `ImageError`."""
    album = _album.get() or _Album(None)
    if path in album.refused:
        raise _refused(album.refused[path], path, src)
    if path not in album.digests:
        try:
            album.digests[path] = digest_regular(path, path.parent, _limit(path))
        except RefusedFile as error:
            album.refused[path] = error
            raise _refused(error, path, src) from error
    return album.digests[path]


def _limit(path: Path) -> int:
    if is_sound(path.name):
        return SOUND_LIMIT
    return DRAWING_LIMIT if path.suffix.lower() == ".svg" else IMAGE_LIMIT


def _refused(error: RefusedFile, path: Path, src: str) -> ImageError:
    sort = _SOUND if is_sound(path.name) else _IMAGE
    code = sort.size if error.code == FILE_TOO_LARGE else error.code
    hint = "save it smaller" if error.code == FILE_TOO_LARGE else f"put {sort.article} in its place"
    return ImageError(code, f"{readable(src)!r} {error.reason}", hint)


def _known_verdict(cache: Cache | None, suffix: str, digest: str) -> _Verdict | None:
    if (suffix, digest) not in _verdicts and cache:
        with suppress(*DAMAGED):
            if stored := cache.get(_verdict_key(suffix, digest)):
                _verdicts[suffix, digest] = load(_Verdict, stored)
    return _verdicts.get((suffix, digest))


def _remember(cache: Cache | None, suffix: str, digest: str, verdict: _Verdict) -> None:
    if len(_verdicts) > _MOST_VERDICTS:
        _verdicts.clear()
    _verdicts[suffix, digest] = verdict
    if cache:
        cache.put(_verdict_key(suffix, digest), dump(verdict))


def _verdict_key(suffix: str, digest: str) -> str:
    return key_of(fingerprint(), "picture", suffix, digest)


def _verdict(suffix: str, content: bytes) -> _Verdict:
    heavy = f"has {len(content) / 1_000_000:.1f} MB" if len(content) > _HEAVY else ""
    if suffix in SOUND_SUFFIXES:
        wrong = fault_of_sound(suffix, content)
        broken = sound_codes.BROKEN_SOUND.name
        return _Verdict(broken, wrong.reason, wrong.hint) if wrong else _Verdict(heavy=heavy)
    from builder.corpus.decoding import fault_of, size_of  # a cached build needs none

    if fault := fault_of(suffix, content):
        return _Verdict(fault.code.name, fault.reason, fault.hint)
    if heavy:
        return _Verdict(heavy=heavy)
    width, height = size_of(suffix, content)
    return _Verdict(heavy=f"is {width:,} by {height:,} pixels" if max(width, height) > _WIDE else "")


def media_name(path: Path, digest: str = "") -> str:
    """Return an image's or a sound's name for Anki: flat, portable, and different for different content.

    Anki keeps the old file if a name is taken, and on some systems it matches names by case
    (docs/facts/anki.md, section 7). Raises `ImageError` if it cannot be read.
    """
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40]
    return f"{stem}-{(digest or digest_of(path, path.name))[:12]}{path.suffix.lower()}"


def read_named(name: str, path: Path) -> bytes:
    """Read an image or a sound by its `media_name`. Raises `ImageError` if its content has changed."""
    try:
        content = read_regular(path, path.parent, _limit(path))
    except RefusedFile as error:
        raise _refused(error, path, path.name) from error
    if media_name(path, sha256(content).hexdigest()) != name:
        sort = _SOUND if is_sound(path.name) else _IMAGE
        raise ImageError(sort.broken, f"{str(path)!r} changed in the meantime", "build again")
    return content
