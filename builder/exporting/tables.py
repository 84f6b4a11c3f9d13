"""Writes tables: CSV and TSV, with headers `#key:value` for Anki's text import.

Every field is exactly as in a package. So a cell may begin like a formula of a spreadsheet: escaping it would
change the note. The export counts such cells instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from builder.anki.note_types import NoteType
from builder.exporting.model import ExportFile, Source, Written, fields_of, remarks_on_decks
from builder.identity.guid import like
from builder.text import count, slug

_SEPARATORS = {"csv": ("comma", ","), "tsv": ("tab", "\t")}
"""Names and characters of the separators, by suffix."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet may read as a formula."""


def write_csv(source: Source) -> Written:
    """Write tables with commas."""
    return _write(source, "csv")


def write_tsv(source: Source) -> Written:
    """Write tables with tabs."""
    return _write(source, "tsv")


def _write(source: Source, suffix: str) -> Written:
    # Cardpress's note types have the same fields, so they share a table; others get a table each.
    rows: dict[str, list[list[str]]] = {}
    types: dict[str, NoteType] = {}
    for note, type_ in source.notes():
        key = "" if like(note.type) == note.type else note.type
        types.setdefault(key, type_)
        cells = [note.guid, _name(type_), note.deck, *fields_of(note, type_), " ".join(note.tags)]
        rows.setdefault(key, []).append(cells)
    files: list[ExportFile] = []
    for key in sorted(rows):
        name = f"{_file_name(source, key, types)}.{suffix}"
        content = _table(types[key], rows[key], *_SEPARATORS[suffix])
        files.append(ExportFile(name, content.encode(), count(len(rows[key]), "note")))
    remarks = _remarks([row for table in rows.values() for row in table])
    return Written(tuple(files), (*remarks, *remarks_on_decks(source)))


def _name(type_: NoteType) -> str:
    """Return the name or id by which Anki finds a note type: it would read a name of digits as an id."""
    return str(type_.id) if type_.name.strip().lstrip("+-").isdigit() else type_.name


def _file_name(source: Source, key: str, types: dict[str, NoteType]) -> str:
    own = source.settings.id
    if not key:
        return own
    words = slug(types[key].name)
    others = [each for other, each in types.items() if other and slug(each.name) == words]
    return f"{own}-{words}" if words and len(others) == 1 else f"{own}-{types[key].id}"


def _table(type_: NoteType, rows: Iterable[Sequence[str]], name: str, separator: str) -> str:
    labels = ("GUID", "Note type", "Deck", *type_.field_names, "Tags")
    lines = [
        f"#separator:{name}",
        "#html:true",
        "#guid column:1",
        "#notetype column:2",
        "#deck column:3",
        f"#tags column:{len(labels)}",
        f"#columns:{_row(labels, separator)}",
        *(_row(row, separator) for row in rows),
    ]
    return "".join(f"{line}\n" for line in lines)


def _row(cells: Iterable[str], separator: str) -> str:
    return separator.join(_cell(cell, separator) for cell in cells)


def _cell(text: str, separator: str) -> str:
    """Return a cell, quoted if readers such as Anki would split it or read it as a comment."""
    is_plain = text == text.strip() and not text.startswith("#")
    if is_plain and not any(sign in text for sign in (separator, '"', "\n", "\r")):
        return text
    return '"' + text.replace('"', '""') + '"'


def _remarks(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    formulas = sum(cell.startswith(_FORMULA) for row in rows for cell in row)
    if formulas:
        yield (
            f"{count(formulas, 'cell')} {'begins' if formulas == 1 else 'begin'} with =, +, - or @:"
            " a spreadsheet may run them as formulas; open the table with all columns as text"
        )
    empty = sum(not row[3] for row in rows)
    if empty:
        yield (
            f"{count(empty, 'note')} {'has' if empty == 1 else 'have'} an empty first field: Anki's text"
            " import skips them; for Anki, use the package or --format crowdanki"
        )
