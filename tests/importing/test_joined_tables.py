"""Folders of tables that share their first column: joined to one question for each of its values."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.importing.formats import format_of
from builder.importing.joined_tables import read
from builder.importing.model import Material, Request, SourceError
from tests.conftest import CASES

TABLES = {
    "capital.csv": "river,mouth,mouth:de\nRhine,North Sea,Nordsee\nDanube,Black Sea,Schwarzes Meer\n",
    "guid.csv": "river,guid\nRhine,a%b\nDanube,c%d\nOder,e%f\n",
    "main.csv": 'river,map,tags\nRhine,"<img src=""blue.png"" />",Europe::West\nDanube,,Europe\n'
    "Oder,,Europe\n",
    "note.tsv": 'river\tlength of it\nDanube\t2,850 km\nOder\t"840 ""km"""\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "deck" / "data"
    data.mkdir(parents=True)
    for name, text in TABLES.items():
        (data / name).write_text(text, encoding="utf-8", newline="")
    media = tmp_path / "deck" / "media" / "maps"
    media.mkdir(parents=True)
    (media / "blue.png").write_bytes((CASES / "media" / "blue.png").read_bytes())
    return data


def _read(folder: Path, scratch: Path) -> Material:
    return format_of(folder).read(folder, Request(scratch=scratch))


def test_each_value_of_the_first_column_is_a_question_with_the_columns_of_all_tables(
    folder: Path, tmp_path: Path
) -> None:
    material = _read(folder, tmp_path / "scratch")
    (chapter,) = material.chapters
    shown = {each.prompt: (each.answer, each.sections, each.tags) for each in chapter.questions}
    assert shown == {
        "Rhine": ("North Sea", (("map", "![](media/blue.png)"),), ("Europe::West",)),
        "Danube": ("Black Sea", (("length of it", "2,850 km"),), ("Europe",)),
        "Oder": ('840 "km"', (), ("Europe",)),
    }
    assert [*material.media] == ["blue.png"]
    assert material.explained == 1


def test_columns_in_other_languages_are_named(folder: Path, tmp_path: Path) -> None:
    losses = {(loss.kind, loss.place) for loss in _read(folder, tmp_path / "scratch").losses}
    assert ("language", "mouth:de") in losses


def test_a_folder_with_notes_or_with_another_first_column_is_read_otherwise(folder: Path) -> None:
    assert format_of(folder).name == "a folder of tables with one first column"
    (folder / "other.csv").write_text("lake,depth\nBaikal,1642\n")
    with pytest.raises(SourceError, match="no format"):
        format_of(folder)
    (folder / "other.csv").unlink()
    (folder / "note.md").write_text("Q: Why?\nA: Because.\n")
    assert format_of(folder).name != "a folder of tables with one first column"


@pytest.mark.parametrize(
    "data",
    [
        b"river,x\n\xff\x00\xfe\n",
        b'river,x\n"' + b"a" * 1_200_000 + b'",1\n',
        b"river,x\nRhine" + b",a" * 2_000 + b"\n",
        b"river,x\n" + b"," * 10_000_000 + b"\n",
    ],
    ids=["not text", "a long field", "many columns", "commas alone"],
)
def test_a_table_that_cannot_be_read_is_one_sentence(folder: Path, tmp_path: Path, data: bytes) -> None:
    (folder / "main.csv").write_bytes(data)
    with pytest.raises(SourceError, match=r"main\.csv"):
        read(folder, Request(scratch=tmp_path / "scratch"))


def test_tables_that_are_too_large_together_are_not_read(folder: Path, tmp_path: Path) -> None:
    for name in ("main.csv", "guid.csv"):
        with (folder / name).open("r+b") as file:
            file.truncate(11_000_000)
    with pytest.raises(SourceError, match="tables of more than 20 MB"):
        read(folder, Request(scratch=tmp_path / "scratch"))
