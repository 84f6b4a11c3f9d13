"""Checks the fonts in a corpus folder that `[print] fonts` lists: print may be unable to use them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from builder.corpus.model import OwnFont, Settings
from builder.corpus.settings import BAD_SETTING, line_of
from builder.design.fonts import fault_of
from builder.diagnostics import PRINT, Diagnostic
from builder.markdown.source import Source
from builder.runtime.regular_files import FILE_TOO_LARGE, FONT_LIMIT, RefusedFile, read_regular

_faults: dict[str, tuple[str, str] | None] = {}
"""Known faults of fonts, by the hash of their content: settings are read at every save."""


def with_own_fonts(settings: Settings, folder: Path, source: Source) -> tuple[Settings, list[Diagnostic]]:
    """Return the settings with the usable fonts and their content's hashes, and findings about the others.

    The findings stop prints, but not a deck.
    """
    found: list[Diagnostic] = []
    fonts = tuple(_read(settings, folder, source, found))
    return replace(settings, print=replace(settings.print, fonts=fonts)), found


def _read(settings: Settings, folder: Path, source: Source, found: list[Diagnostic]) -> Iterator[OwnFont]:
    place = source.location(line_of(("print", "fonts"), source))
    for font in settings.print.fonts:
        path = folder / font.name
        try:
            content = read_regular(path, folder, FONT_LIMIT)
        except RefusedFile as error:
            hint = "remove characters that you do not need" if error.code == FILE_TOO_LARGE else error.hint
            refused = error.code.at(place, f"the font {font.name!r} {error.reason}", hint)
            found.append(replace(refused, outputs=(PRINT,)))
            continue
        digest = sha256(content).hexdigest()
        if digest not in _faults:
            _faults[digest] = fault_of(content)
        if fault := _faults[digest]:
            reason, hint = fault
            refused = BAD_SETTING.at(place, f"the font {font.name!r} {reason}", hint)
            found.append(replace(refused, outputs=(PRINT,)))
            continue
        yield replace(font, digest=digest, path=path)
