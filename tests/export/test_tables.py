"""Tables for Anki's own text import: what it reads of them is what the package has."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from builder.anki.note_types import FIELDS
from tests.conftest import WriteCorpus
from tests.export.corpora import FILES, Run, export_demo

TABLES = pytest.mark.parametrize(("form", "separator"), [("csv", ","), ("tsv", "\t")])
_LABELS = ["GUID", "Note type", "Deck", *(name for name, _ in FIELDS), "Tags"]


def _parts(path: Path) -> tuple[list[str], str]:
    """Return the lines of the head, and the rows as text."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return lines[:7], "\n".join(lines[7:])


@TABLES
def test_the_head_says_what_each_column_is(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, form: str, separator: str
) -> None:
    head, _ = _parts(export_demo(write_corpus, run, tmp_path, form) / f"demo.{form}")
    name = {",": "comma", "\t": "tab"}[separator]
    assert head == [
        f"#separator:{name}",
        "#html:true",
        "#guid column:1",
        "#notetype column:2",
        "#deck column:3",
        f"#tags column:{len(_LABELS)}",
        f"#columns:{separator.join(_LABELS)}",
    ]


@TABLES
def test_each_row_is_a_note_in_the_order_of_study(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, form: str, separator: str
) -> None:
    _, text = _parts(export_demo(write_corpus, run, tmp_path, form) / f"demo.{form}")
    rows = [
        dict(zip(_LABELS, row, strict=True)) for row in csv.reader(text.splitlines(True), delimiter=separator)
    ]
    assert [row["GUID"].rpartition(":")[2] for row in rows] == [
        *("one", "two", "half-of-two"),
        *("capital", "sum", "minus"),  # the core comes first
    ]
    formula = rows[4]
    assert formula["Prompt"] == "=SUM(A1:A2), what is it?"
    assert formula["Note type"] == "Demo (basic)"
    assert formula["Deck"] == 'Demo deck::02 Signs, "quoted"'
    assert formula["Tags"] == "demo::chapter::02-signs demo::level::senior demo::signs"
    assert '<img src="blue-' in formula["Answer"] + formula["Details"]
    assert rows[3]["Answer"] == '<p>"{{c1::Madrid}}", not {{c2::Lisbon}}.</p>'


@TABLES
def test_a_first_cell_that_anki_would_take_for_a_comment_is_in_quotes(form: str, separator: str) -> None:
    from builder.exporting.tables import _cell

    for text in ("#x", " x", "x\n", 'a"b', f"a{separator}b", "a\r\nb"):
        cell = _cell(text, separator)
        assert cell.startswith('"')
        assert next(csv.reader([cell], delimiter=separator))[0].split() == text.split()
    assert _cell("=1", separator) == "=1"


def test_cells_that_a_spreadsheet_may_run_are_counted_and_stay_as_they_are(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    result = run("export", write_corpus(FILES), "--format", "csv", "--output", tmp_path)
    assert "note: 2 cells begin with =, +, - or @: a spreadsheet may run them" in result.stderr
    assert '"=SUM(A1:A2), what is it?"' in (tmp_path / "demo-csv" / "demo.csv").read_text(encoding="utf-8")


def test_images_lie_beside_the_table_by_the_names_that_fields_use(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = export_demo(write_corpus, run, tmp_path, "csv")
    (image,) = (folder / "media").iterdir()
    assert f'src=""{image.name}""' in (folder / "demo.csv").read_text(encoding="utf-8")
    assert image.read_bytes() == FILES["media/blue.png"]


def test_notes_that_anki_would_leave_out_are_counted() -> None:
    from builder.exporting.tables import _remarks

    rows = [["guid", "Type", "Deck", "", "=1", ""], ["guid", "Type", "Deck", "", "Back", ""]]
    formulas, empty = _remarks(rows)
    assert formulas.startswith("1 cell begins with")
    assert empty.startswith("2 notes have an empty first field: Anki's text import skips them")
    assert [*_remarks([["guid", "Type", "Deck", "Front", "Back", ""]])] == []


@pytest.mark.parametrize(
    ("name", "cell"), [("Vocabulary", "Vocabulary"), ("2024", "7"), ("-3", "7"), ("A1", "A1")]
)
def test_a_note_type_with_a_number_as_its_name_is_named_by_its_id(name: str, cell: str) -> None:
    from builder.anki.note_types import NoteType
    from builder.exporting.tables import _name

    assert _name(NoteType(id=7, name=name, is_cloze=False, css="", fields=(), templates=(), hash="")) == cell
