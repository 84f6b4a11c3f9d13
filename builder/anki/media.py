"""The media of a package: images, sounds and fonts, each read only when it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from builder.anki.adopted_notes import media_of
from builder.anki.note_types import NoteType
from builder.anki.release import Release
from builder.corpus.images import ImageError, read_named
from builder.corpus.model import Settings
from builder.diagnostics import BuildError
from builder.identity.adopted import Adopted
from builder.runtime.regular_files import MEDIA_LIMIT, RefusedFile, read_regular

Files = dict[str, Callable[[], bytes]]
"""Functions that read a file, by its name; each raises `BuildError` if it cannot."""


def files_of(
    release: Release, images: Mapping[str, Path], adopted: Adopted, settings: Settings, home: Path
) -> Files:
    """Return readers of images, by `media_name`, and of the adopted notes' files in `home`."""
    files: Files = {name: partial(_image, name, path) for name, path in images.items()}
    for name, path in media_of(release.notes.values(), adopted, settings).items():
        if (home / path).is_file():  # `check_adopted` reports missing files
            files.setdefault(name, partial(_adopted_file, home / path, home))
    return files


def font_files(types: Iterable[NoteType], fonts: Mapping[str, bytes], settings: Settings) -> Files:
    """Return the fonts of cards if any of the note types has our style sheet."""
    if not settings.adopted.our_style and all(each.properties is not None for each in types):
        return {}
    return {name: partial(bytes, font) for name, font in fonts.items()}


def _image(name: str, path: Path) -> bytes:
    """Read an image by its `media_name`. Raises `BuildError` if its content has changed."""
    try:
        return read_named(name, path)
    except ImageError as error:
        raise BuildError(f"{error}: {error.hint}") from error


def _adopted_file(path: Path, home: Path) -> bytes:
    """Read a file of adopted notes. Raises `BuildError`."""
    try:
        return read_regular(path, home, MEDIA_LIMIT)
    except RefusedFile as error:
        raise BuildError(f"{str(path)!r} {error.reason}: {error.hint}") from error
