"""Imports Anki's packages: an .apkg, or some decks of a whole collection, a .colpkg."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from builder.anki.archive import MEMBERS
from builder.anki.decks import COLLECTION_SUFFIX, names_of_decks, read_decks
from builder.anki.read import read_package
from builder.anki.typed import PackageError
from builder.diagnostics import BuildError
from builder.identity.lock import Lock
from builder.importing.anki_notes import material_of
from builder.importing.model import Format, Material, Request, SourceError

_SUFFIXES = (".apkg", COLLECTION_SUFFIX)
_MOST_NAMED = 12


def _explains(path: Path) -> float:
    if not path.is_file():
        return 0.0
    if path.suffix.lower() in _SUFFIXES:
        return 1.0
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PK\3\4":
                return 0.0
        with zipfile.ZipFile(path) as archive:
            return float(any(name in archive.NameToInfo for name in MEMBERS))
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return 0.0


def _read(path: Path, request: Request) -> Material:
    try:
        if path.suffix.lower() == COLLECTION_SUFFIX and not request.deck:
            raise SourceError(_which(names_of_decks(path)))
        material = material_of(read_decks(path, request.deck), request, path.stem)
        return replace(material, lock=_lock(path, material.id)) if material.id else material
    except PackageError as error:
        raise SourceError(str(error)) from error


def _lock(path: Path, corpus: str) -> Lock | None:
    """Return what was published of a corpus, if a package of some of its notes says it."""
    try:
        return read_package(path, corpus).lock
    except BuildError:  # the questions are read all the same
        return None


def _which(names: tuple[str, ...]) -> str:
    shown = ", ".join(map(repr, names[:_MOST_NAMED])) + (", …" if len(names) > _MOST_NAMED else "")
    return (
        f"is a whole collection: choose the deck to import, for example --deck {names[0]!r}; it has {shown}"
        if names
        else "has no cards"
    )


FORMAT = Format(name="an Anki package (.apkg, .colpkg)", explains=_explains, read=_read)
