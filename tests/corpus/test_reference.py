"""Tables of reference.md: what is read of them, what is wrong with them, and what never becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.corpus.files import read_source
from builder.corpus.reference import check_answers, read_reference
from builder.markdown.parser import plain_text
from builder.pipeline.compile import Compiled, compile_corpus
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from tests.conftest import CASES, WriteCorpus, assert_golden

Run = Callable[..., Result]
RIGHT = (CASES / "reference" / "right.md").read_text()
CHAPTER = "# T\n\n## Why? {#why}\n\nSo.\n\n## How? {#how}\n\nThus.\n"
FILES: dict[str, str | bytes] = {"01-first.md": CHAPTER, "reference.md": RIGHT}


@pytest.fixture
def compiled(write_corpus: WriteCorpus) -> Callable[..., Compiled]:
    def compiled(files: dict[str, str | bytes], cache: Cache = NO_CACHE) -> Compiled:
        return compile_corpus(write_corpus(files), cache)

    return compiled


def test_tables_have_keys_meanings_one_note_and_what_they_answer() -> None:
    source, _ = read_source(CASES / "reference" / "right.md")
    reference, found = read_reference(source)
    assert found == []
    first, second = reference.tables
    assert (first.id, plain_text(first.title), first.rank) == ("status", "Status codes", 2)
    assert first.answers == ("why", "how")
    assert [tuple(map(plain_text, row)) for row in first.rows] == [
        ("200", "done"),
        ("301 308", "moved; 308 keeps the method"),
    ]
    assert plain_text(first.note) == "One note, with code."
    assert (second.answers, second.rank, second.note.is_blank) == ((), 1, True)


def test_what_is_wrong_is_named_with_its_place_and_what_to_do() -> None:
    source, _ = read_source(CASES / "reference" / "wrong.md")
    reference, found = read_reference(source)
    found += check_answers(reference, ["why"])
    assert all(each.hint for each in found)
    assert_golden(
        "".join(f"{str(each).replace(f'{CASES}/', '')}\n" for each in sorted(found)),
        CASES / "reference" / "wrong.txt",
    )


def test_it_is_no_chapter_and_in_no_deck(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus(FILES)
    result = run("build", folder, "--only", "apkg", "--output", folder / "out")
    assert result.exit_code == 0, result.output
    notes = read_package(folder / "out" / "demo.apkg", "demo").notes.values()
    assert sorted(note.question for note in notes) == ["how", "why"]
    assert "status" not in (folder / "deck.lock").read_text()


def test_what_is_wrong_with_it_stops_the_cheat_sheet_alone(compiled: Callable[..., Compiled]) -> None:
    files = FILES | {"reference.md": RIGHT.replace('"why how"', '"nobody"')}
    (found,) = compiled(files).diagnostics
    assert (found.code, found.severity, found.outputs) == ("unknown-answered", "error", ("cheatsheet",))
    assert found.location.line == 3


def test_its_texts_are_checked_as_those_of_chapters(compiled: Callable[..., Compiled]) -> None:
    files = FILES | {"reference.md": RIGHT.replace("| digits |", "| [digits](x.md) |")}
    (found,) = compiled(files).diagnostics
    assert found.outputs == ("cheatsheet",)
    assert found.location.line == 20


def test_it_can_be_excluded(compiled: Callable[..., Compiled]) -> None:
    settings = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nexclude = ["reference.md"]\n'
    corpus = compiled(FILES | {"deck.toml": settings})
    assert corpus.tables == ()
    assert [chapter.slug for chapter in corpus.outline.chapters] == ["first"]


def test_it_is_read_again_only_after_a_change(
    compiled: Callable[..., Compiled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path / "cache", LIMIT)
    tables = compiled(FILES, cache).tables
    assert [table.id for table in tables] == ["status", "converters"]
    monkeypatch.setattr("builder.corpus.reference.read_reference", None)
    assert compiled(FILES, cache).tables == tables
