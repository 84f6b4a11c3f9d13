"""Packages that the real Anki exports from a learner's collection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)

Live = Callable[[Collection], object]


def exported(
    package: Path,
    target: Path,
    *,
    is_legacy: bool = False,
    has_scheduling: bool = False,
    live: Live = lambda collection: None,
) -> Path:
    """Import a package into a new collection, live with it for a while, and export all that is there."""
    with TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        try:
            take_in(collection, package)
            live(collection)
            options = ExportAnkiPackageOptions(
                with_scheduling=has_scheduling, with_media=True, legacy=is_legacy, with_deck_configs=False
            )
            collection.export_anki_package(out_path=str(target), options=options, limit=None)
        finally:
            collection.close()
    return target


def take_in(collection: Collection, package: Path) -> None:
    """Import a package with Anki's default options."""
    request = ImportAnkiPackageRequest(package_path=str(package), options=ImportAnkiPackageOptions())
    collection.import_anki_package(request)
    # Anki keeps note types in Python's memory, too, and an import does not tell it.
    collection.models._clear_cache()
