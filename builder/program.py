"""Finds the program's own files, in a repository or as installed, for all other modules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
"""Folder of the package, with its modules and their files: templates, the starter, the preview's page."""


def styles_folder(program: Path = FOLDER) -> Path:
    """Return the folder of the styles: beside the package, or within it if it was installed as a wheel."""
    packed = program / "_styles"
    return packed if packed.is_dir() else program.parent / "styles"


def own_files(program: Path = FOLDER) -> Iterator[tuple[str, Path]]:
    """Yield each file of the program, with its styles, by name; the order depends only on the names.

    Compiled and hidden files are left out.
    """
    for folder in dict.fromkeys((program, styles_folder(program))):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not any(part == "__pycache__" or part[0] == "." for part in parts):
                yield "/".join(parts), path
