"""`make same`: two versions of the program that make the same files pass, and a difference is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks.same import (
    Compared,
    Program,
    compare,
    outputs_of,
    program_at,
    program_now,
    table,
    write_generated,
)
from builder.corpus.kinds import KINDS
from tests.conftest import WriteCorpus
from tests.reading import read_corpus


@pytest.fixture
def desks(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return tmp_path / "one", tmp_path / "two"


def test_the_same_files_have_nothing_to_be_said_about(desks: tuple[Path, Path]) -> None:
    for desk in desks:
        (desk / "deck.apkg").write_bytes(b"same")
    assert list(compare(desks[0], desks[1:])) == [Compared("deck.apkg", 4, ("",))]


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (b"a sheet", b"a sleet", "differs from byte 3"),
        (b"a sheet", b"a sheet, longer", "differs from byte 7"),
        (b"a sheet", None, "missing"),
        (None, b"a sheet", "new"),
    ],
)
def test_a_difference_is_told_with_its_place(
    first: bytes | None, second: bytes | None, verdict: str, desks: tuple[Path, Path]
) -> None:
    for desk, content in zip(desks, (first, second), strict=True):
        if content is not None:
            (desk / "sheet.pdf").write_bytes(content)
    (compared,) = compare(desks[0], desks[1:])
    assert compared.verdicts == (verdict,)


def test_of_packages_the_members_that_differ_are_named(desks: tuple[Path, Path]) -> None:
    for number, desk in enumerate(desks):
        with zipfile.ZipFile(desk / "deck.apkg", "w") as package:
            package.writestr("collection.anki2", str(number))
            package.writestr("media", "{}")
    (compared,) = compare(desks[0], desks[1:])
    assert compared.verdicts == ("differs in collection.anki2",)


def test_the_table_has_a_line_a_file_and_a_column_a_program() -> None:
    programs = [Program(name, Path()) for name in ("main", "this tree")]
    files = [Compared("deck.apkg", 1200, ("",)), Compared("sheet.pdf", 7, ("missing",))]
    assert table(programs, files).splitlines() == [
        "File       Bytes, main  this tree",
        "deck.apkg        1,200  same",
        "sheet.pdf            7  missing",
    ]


@pytest.mark.slow
def test_a_program_makes_the_same_as_its_copy_and_not_as_one_with_another_template(
    tmp_path: Path, write_corpus: WriteCorpus
) -> None:
    corpora = [write_corpus()]
    programs = [program_now(tmp_path / name) for name in ("this", "copy", "edited")]
    template = tmp_path / "edited" / "builder" / "design" / "html" / "basic-front.html"
    template.write_text(f"{template.read_text()}<!-- edited -->\n")
    made = []
    for program in programs:
        desk = tmp_path / f"desk-{program.home.name}"
        desk.mkdir()
        made.append(outputs_of(program, corpora, desk, only=["apkg"]))
    differing = [file.name for file in compare(made[0], made[1:]) if file.verdicts[1]]
    assert not [file.name for file in compare(made[0], made[1:]) if file.verdicts[0]]
    again = [f"demo/after-an-edit/{name}" for name in ("deck.lock", "demo.apkg")]
    assert differing == [*again, "demo/deck.lock", "demo/demo.apkg"]


def test_what_is_no_commit_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"'nowhere' has no program"):
        program_at("nowhere", tmp_path)


def test_the_generated_corpus_has_every_kind_of_question_an_image_and_no_error(tmp_path: Path) -> None:
    write_generated(tmp_path / "generated")
    corpus, diagnostics = read_corpus(tmp_path / "generated")
    assert not [found for found in diagnostics if found.severity == "error"]
    assert {question.kind for question in corpus.questions()} == set(KINDS)
    assert len(list(corpus.questions())) > 60
