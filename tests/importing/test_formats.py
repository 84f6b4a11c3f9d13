"""Which format a source has."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.importing.formats import format_of
from builder.importing.model import Format, Material, Request, SourceError


def _format(name: str, fit: float) -> Format:
    def read(path: Path, request: Request) -> Material:
        return Material(title=name)

    return Format(name=name, explains=lambda path: fit, read=read)


def test_the_format_that_fits_best_reads_a_source(tmp_path: Path) -> None:
    formats = [_format("a table", 0.3), _format("a folder of notes", 0.8)]
    assert format_of(tmp_path, formats).name == "a folder of notes"


def test_of_formats_that_fit_equally_well_the_first_reads_it(tmp_path: Path) -> None:
    formats = [_format("a table", 0.5), _format("a folder of notes", 0.5)]
    assert format_of(tmp_path, formats).name == "a table"


def test_a_source_of_no_known_format_is_refused_with_the_names_of_those_that_there_are(
    tmp_path: Path,
) -> None:
    with pytest.raises(SourceError, match=r"has no format .*: a table"):
        format_of(tmp_path, [_format("a table", 0.0)])


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        format_of(tmp_path / "none", [_format("a table", 1.0)])


def test_each_kind_of_source_is_read_by_its_own_format(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    for name, text in {
        "README.md": "## What is a?\n\na\n",
        "cards.csv": "Front,Back\na,b\n",
        "export.txt": "#separator:tab\n#html:true\na\tb\n",
        "plain.txt": "a\tb\nc\td\n",
        "faq.txt": "Q: What is a?\nA: a, b\n\nQ: What is c?\nA: c, d, e\n",
        "vault/note.md": "## What is a?\n\na\n",
    }.items():
        (tmp_path / name).write_text(text)
    names = ("README.md", "cards.csv", "export.txt", "plain.txt", "faq.txt", "vault")
    assert [format_of(tmp_path / name).name.split()[1] for name in names] == [
        "of",
        "table",
        "table",
        "table",
        "of",
        "folder",
    ]
