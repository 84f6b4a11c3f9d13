"""Imports a folder of tables with a common first column: each of its values becomes a question.

Decks that several people keep in git often look like this: a table for each subject, joined by a key.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from builder.importing.model import Format, Loss, Material, Request, SourceError
from builder.importing.tables import explains as explains_table
from builder.importing.tables import first_row, read_joined, read_text, rows_of

_LARGEST = 20_000_000
"""Maximum bytes of all tables together."""
_MOST_FILES = 200
_TRANSLATED = re.compile(r"(.+):([a-z]{2,3}(?:-[A-Za-z0-9]+)?)")
"""Name of a column that translates another one: `capital:de`."""


def explains(path: Path) -> float:
    """Return how well a folder fits: by several tables with a common first column, and no notes."""
    try:
        if not path.is_dir() or any(each.suffix.lower() == ".md" for each in path.iterdir()):
            return 0.0
        files = _files(path)
    except OSError:
        return 0.0
    if not 2 <= len(files) <= _MOST_FILES:
        return 0.0
    heads = {row[0].casefold() if (row := first_row(file)) else "" for file in files}
    return 0.85 if len(heads) == 1 and "" not in heads and min(map(explains_table, files)) > 0 else 0.0


def read(path: Path, request: Request) -> Material:
    """Read a folder of tables as one. Raises `SourceError`."""
    files = _files(path)
    if sum(file.stat().st_size for file in files) > _LARGEST:
        raise SourceError(f"has tables of more than {_LARGEST // 1_000_000} MB: import a part of them")
    lost: list[Loss] = []
    tables = [_rows(file, lost) for file in files]
    languages: dict[str, Loss] = {}
    columns: dict[str, dict[str, str]] = {}
    keys: dict[str, None] = {}
    for table in sorted(tables, key=len, reverse=True):
        keys |= dict.fromkeys(row[0].strip() for row in table[1:] if row and row[0].strip())
        for name, values in _columns(table, languages).items():
            columns.setdefault(name, {}).update(values)
    ordered = sorted(columns, key=lambda name: _is_of_images(columns[name]))
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([tables[0][0][0], *ordered])
    writer.writerows([key, *(columns[name].get(key, "") for name in ordered)] for key in keys)
    return read_joined(path, text.getvalue(), request, [*lost, *languages.values()])


FORMAT = Format(name="a folder of tables with one first column", explains=explains, read=read)


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in (".csv", ".tsv"))


def _rows(file: Path, losses: list[Loss]) -> list[list[str]]:
    """Return the rows of a table. Raises `SourceError`."""
    try:
        text, lost = read_text(file)
        losses += lost
        return [row.fields for row in rows_of(text)]
    except SourceError as error:
        raise SourceError(f"has a table {file.name!r} that {error}") from error


def _columns(table: Sequence[Sequence[str]], losses: dict[str, Loss]) -> Mapping[str, Mapping[str, str]]:
    """Return the values of a table's columns by key; columns in other languages are losses."""
    head = [name.strip() for name in table[0]]
    columns: dict[str, dict[str, str]] = {}
    for place, name in enumerate(head[1:], 1):
        translated = _TRANSLATED.fullmatch(name)
        if translated and translated[1] in head:
            message = f"columns in the language {translated[2]!r} are not imported: a corpus has one language"
            losses.setdefault(translated[2], Loss(name, "language", message))
        elif name:
            values = {
                row[0].strip(): row[place] for row in table[1:] if place < len(row) and row[place].strip()
            }
            columns[name] = values
    return columns


def _is_of_images(values: Mapping[str, str]) -> bool:
    return all(value.lstrip().startswith("<img") for value in values.values())
