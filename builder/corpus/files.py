"""The files of a corpus: which of them are chapters, and their texts."""

from __future__ import annotations

from pathlib import Path

from builder.diagnostics import Diagnostic, Location
from builder.markdown.source import Source
from builder.runtime.regular_files import CHAPTER_LIMIT, LOCK_LIMIT, RefusedFile, files_below, read_regular

LOCK_FILE = "deck.lock"


def chapter_files(folder: Path) -> tuple[list[Path], list[Diagnostic]]:
    """Find the chapters, and name files that look like chapters but would be read by nobody."""
    found = sorted(
        path
        for path in files_below(folder)
        if path.suffix.lower() in (".md", ".markdown") and path.name.lower() != "readme.md"
        if not path.name.startswith(".")
    )
    chapters = [path for path in found if path.parent == folder and path.suffix == ".md"]
    known = set(chapters)
    return chapters, [
        Diagnostic(
            Location(path),
            "unread-file",
            f"{str(path.relative_to(folder))!r} is not read",
            f"chapters lie in {folder.name!r} itself and are named NN-name.md",
        )
        for path in found
        if path not in known
    ]


def read_bytes(path: Path) -> bytes:
    """Read a chapter, a deck.toml or a deck.lock, which lie in the corpus folder. Raises `RefusedFile`."""
    return read_regular(path, path.parent, LOCK_LIMIT if path.name == LOCK_FILE else CHAPTER_LIMIT)


def read_source(path: Path) -> tuple[Source, list[Diagnostic]]:
    """Read a UTF-8 file of the corpus folder; an empty text and a diagnostic where it is something else."""
    try:
        return Source(path, read_bytes(path).decode("utf-8-sig")), []
    except UnicodeDecodeError as error:
        before = Source(path, error.object[: error.start].decode("utf-8")).lines
        diagnostic = Diagnostic(
            Location(path, len(before), len(before[-1]) + 1),
            "not-utf-8",
            f"byte 0x{error.object[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
    except RefusedFile as error:
        diagnostic = Diagnostic(Location(path), error.code, f"{path.name!r} {error.reason}", error.hint)
    return Source(path, ""), [diagnostic]
