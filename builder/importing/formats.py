"""The table of formats. A source's format is detected by its content, never by its name alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from builder.importing import crowdanki, joined_tables, packages, questions, tables, vault
from builder.importing.model import Format, SourceError

FORMATS: tuple[Format, ...] = (
    packages.FORMAT,
    crowdanki.FORMAT,
    tables.FORMAT,
    joined_tables.FORMAT,
    questions.FORMAT,
    vault.FORMAT,
)
"""All formats; if two fit a source equally well, the first one reads it."""
_ENOUGH = 0.1
"""Minimum fit; below it, the format of a source is unknown."""


def format_of(path: Path, formats: Sequence[Format] = FORMATS) -> Format:
    """Return the format that fits a source best. Raises `SourceError` if none fits."""
    if not path.exists():
        raise SourceError("does not exist: check its name")
    fits = {each.name: each.explains(path) for each in formats}
    best = max(formats, key=lambda each: fits[each.name], default=None)
    if best is None or fits[best.name] < _ENOUGH:
        names = ", ".join(each.name for each in formats)
        raise SourceError(f"has no format that can be imported (possible formats: {names})")
    return best
