"""The files of a corpus: its chapters, and reading them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from builder.diagnostics import Code, Diagnostic, Location
from builder.markdown.source import Source
from builder.runtime.regular_files import (
    ADOPTED_LIMIT,
    CHAPTER_LIMIT,
    LOCK_LIMIT,
    SETTINGS_LIMIT,
    STYLES_LIMIT,
    RefusedFile,
    files_below,
    read_regular,
    too_costly,
)

LOCK_FILE = "deck.lock"
ADOPTED_FILE = "deck.adopted"
"""Notes of an existing deck that the corpus was made from."""
REFERENCE_FILE = "reference.md"
"""File with tables for the cheat-sheet; never a chapter."""
_LIMITS = {
    ".lock": LOCK_LIMIT,
    ".toml": SETTINGS_LIMIT,
    ".css": STYLES_LIMIT,
    ".adopted": ADOPTED_LIMIT,
}
_OF_PROJECTS = frozenset(
    {
        "authors",
        "changelog",
        "changes",
        "code_of_conduct",
        "contributing",
        "history",
        "licence",
        "license",
        "news",
        "security",
        "support",
        "todo",
    }
)
"""Files that projects have beside their texts, in lower case and without a suffix."""
_MARKS = b"*_`[]<>&!$~|:"
"""Characters that may begin inline mark-up."""
_MEMORY = 250_000_000
"""Maximum bytes of memory for parsing a chapter."""
_LINE, _MARK, _CHARACTER = 2_100, 750, 12
"""Maximum bytes of a line, a mark and a character, measured on chapters of nothing else."""
_NUMBERED = re.compile(r"(?![0-9]{4}-[0-9]{2}-[0-9]{2})([0-9]{1,9})(?:[-_. ]+(.*))?", re.DOTALL)
"""A name that begins with a number, and not with a date."""
UNREAD_FILE = Code(
    "unread-file",
    reason="A chapter that is not read looks finished to its author.",
    of="words",
    bad="`drafts/07-hooks.md`, or `07-hooks.MD`",
    good="`07-hooks.md`, in the corpus folder itself",
)
OTHER_FILE = Code(
    "other-file",
    reason="Files such as TODO.md are not read as chapters, but no file is left out silently.",
    of="words",
    severity="warning",
    bad="`TODO.md` beside the chapters",
    good='the same with `exclude = ["TODO.md"]` in deck.toml',
)
NOT_UTF_8 = Code(
    "not-utf-8",
    reason="Bytes in another encoding would show as wrong letters.",
    of="words",
    bad="a chapter saved as Latin-1",
    good="the same, saved as UTF-8",
)


def chapter_files(
    folder: Path, chosen: Sequence[str] = (), excluded: Sequence[str] = ()
) -> tuple[list[Path], list[Diagnostic]]:
    """Return the files of chapters, and findings about files that look like chapters but are not read.

    Chapters are in the folder itself, and match `chapters` and not `exclude` of deck.toml. Without
    `chapters`, every Markdown file is one, except files that many projects have, such as README.md.
    """
    chapters: list[Path] = []
    unread: list[Diagnostic] = []
    for path in sorted(files_below(folder)):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() not in (".md", ".markdown") or path.name.startswith("."):
            continue
        if is_among(name, excluded) or name == REFERENCE_FILE:
            continue
        is_in_folder = path.parent == folder and path.suffix == ".md"
        if is_in_folder and is_among(name, chosen):
            chapters.append(path)
        elif path.name.lower() == "readme.md" or (is_in_folder and chosen):
            continue
        elif is_in_folder and path.stem.lower() not in _OF_PROJECTS:
            chapters.append(path)
        elif is_in_folder:
            unread.append(
                OTHER_FILE.at(
                    Location(path),
                    f"{name!r} is not read as a chapter",
                    f'to confirm, write in deck.toml: exclude = ["{name}"]; or list it in chapters = ["…"]',
                )
            )
        else:
            hint = (
                f"chapters are in {folder.name!r} itself, with names such as NN-name.md: move the file there;"
                f' or, if it is not a chapter, write in deck.toml: exclude = ["{name}"]'
            )
            unread.append(UNREAD_FILE.at(Location(path), f"{name!r} is not read", hint))
    return chapters, unread


def is_among(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a file's path, relative to its corpus, matches one of some patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def has_core(chapters: Iterable[Path]) -> bool:
    """Tell quickly, by headings alone, whether a corpus has a core: make asks often."""
    return any(_is_core(line) for path in chapters for line in read_source(path)[0].lines)


def _is_core(line: str) -> bool:
    words = line[line.rfind("{#") :].rstrip("}").split() if line.startswith(("## ", "### ")) else ()
    return any(word == ".core" or word.startswith("core=") for word in words)


def name_of(path: Path) -> tuple[int | None, str]:
    """Return the number at the beginning of a chapter's file name, None without one, and the rest."""
    found = _NUMBERED.fullmatch(path.stem)
    return (int(found[1]), found[2] or path.stem) if found else (None, path.stem)


def read_bytes(path: Path) -> bytes:
    """Read a chapter, settings, styles or the lock of a corpus folder. Raises `RefusedFile`."""
    return read_regular(path, path.parent, _LIMITS.get(path.suffix, CHAPTER_LIMIT))


def read_source(path: Path) -> tuple[Source, list[Diagnostic]]:
    """Read a UTF-8 file of the corpus folder; return an empty text and a finding if it cannot be read."""
    try:
        data = read_bytes(path)
        text = data.decode("utf-8-sig")
        if path.suffix == ".md" and _memory_of(data, len(text)) > _MEMORY:
            raise too_costly("has too many lines and marks for one chapter", "split it into several chapters")
        return Source(path, text), []
    except UnicodeDecodeError as error:
        before = Source(path, error.object[: error.start].decode("utf-8")).lines
        diagnostic = NOT_UTF_8.at(
            Location(path, len(before), len(before[-1]) + 1),
            f"byte 0x{error.object[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
    except RefusedFile as error:
        diagnostic = error.code.at(Location(path), f"{path.name!r} {error.reason}", error.hint)
    return Source(path, ""), [diagnostic]


def _memory_of(data: bytes, characters: int) -> int:
    """Return an estimate of the bytes of memory for parsing a text; prose takes less."""
    marks = len(data) - len(data.translate(None, _MARKS))
    return data.count(b"\n") * _LINE + marks * _MARK + characters * _CHARACTER
