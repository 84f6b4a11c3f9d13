"""The files of a corpus: which of them are chapters, and their texts."""

from __future__ import annotations

from pathlib import Path

from builder.diagnostics import Diagnostic, Location
from builder.passages import Source
from builder.settings import SETTINGS_FILE


def chapter_files(folder: Path) -> tuple[list[Path], list[Diagnostic]]:
    """Find the chapters, and name files that look like chapters but would be read by nobody."""
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in (".md", ".markdown")
        and path.name.lower() != "readme.md"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    chapters = [path for path in found if path.parent == folder and path.suffix == ".md"]
    return chapters, [
        Diagnostic(
            Location(path),
            "unread-file",
            f"{str(path.relative_to(folder))!r} is not read",
            f"chapters lie in {folder.name!r} itself and are named NN-name.md",
        )
        for path in found
        if path not in chapters
    ]


def read_source(path: Path) -> tuple[Source, list[Diagnostic]]:
    """Read a UTF-8 file; an empty text and a diagnostic where it is missing or something else."""
    try:
        return Source(path, path.read_bytes().decode("utf-8-sig")), []
    except UnicodeDecodeError as error:
        before = Source(path, error.object[: error.start].decode("utf-8")).lines
        diagnostic = Diagnostic(
            Location(path, len(before), len(before[-1]) + 1),
            "not-utf-8",
            f"byte 0x{error.object[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
    except OSError as error:
        diagnostic = Diagnostic(
            Location(path),
            "unreadable-file",
            f"{path.name!r} cannot be read: {error.strerror}",
            f"a corpus is a folder with a {SETTINGS_FILE} and chapters NN-name.md",
        )
    return Source(path, ""), [diagnostic]
