"""The package that an option names, or the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builder.anki.release import Release


def releases_in(against: str, corpus_ids: Sequence[str]) -> Mapping[str, Release] | None:
    """Read what the package that `against` names holds of corpora, by their ids; None where it names no file.

    Raises `BuildError` for what is no package, and for one that holds nothing of any of them.
    """
    if not _is_in_the_file_system(against):
        return None
    from builder.anki.read import read_releases

    return read_releases(Path(against), corpus_ids)


def _is_in_the_file_system(name: str) -> bool:
    """Tell whether a name is that of a file of any kind; a folder may be called as a branch is."""
    try:
        return not S_ISDIR(Path(name).stat().st_mode)
    except (OSError, ValueError):
        return False
