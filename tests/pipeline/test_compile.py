"""A compiled corpus is what reading, checking and rendering make of it, whatever the cache knew before."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.anki.fields import (
    dump_note,
    join_records,
    load_notes,
    made_of,
    pack,
    split_records,
)
from builder.anki.note import Subdeck
from builder.checks.whole import check_outline
from builder.corpus.labels import Labels
from builder.corpus.model import Chapter, ChapterOutline, Outline, Settings
from builder.corpus.reader import read_chapters
from builder.diagnostics import BuildError, Diagnostic
from builder.identity.numbering import number_questions
from builder.markdown.source import Source
from builder.pipeline.compile import Compiled, compile_corpus
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from builder.runtime.serialize import DAMAGED, dump, load
from tests.conftest import CHAPTER, FLASK, LOOK, WriteCorpus
from tests.reading import check, finished, packed_notes, read_corpus

Run = Callable[..., Result]
LONG = "\n## What is long? {#long}\n\nA text.\n" + "<!-- a comment -->\n" * 300
IMAGE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def _always(settings: Settings) -> bool:
    return True


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", LIMIT)


def _all(compiled: Compiled) -> list[object]:
    """Return everything that a build makes of a corpus."""
    found = sorted(compiled.diagnostics)
    if any(diagnostic.severity == "error" for diagnostic in found):
        return [found, compiled.outline]
    numbers = number_questions(compiled.outline, {})
    notes = compiled.notes(numbers)
    published = list(compiled.published(numbers))
    return [found, compiled.outline, compiled.deck(numbers), dict(notes), published]


def _drafted(draft: Compiled) -> list[object]:
    """Return everything that a preview shows of a corpus."""
    notes = [list(chapter.notes("", defaultdict(str))) for chapter in draft.chapters if chapter.rendered]
    shown = [(chapter.rendered, chapter.media, chapter.outline) for chapter in draft.chapters]
    return [draft.diagnostics, notes, shown]


def _plainly(folder: Path) -> list[object]:
    """Return the same as reading, checking and rendering at once makes it."""
    corpus, diagnostics = read_corpus(folder)
    found = sorted((*diagnostics, *check(corpus)))
    outline = corpus.outline()
    if any(diagnostic.severity == "error" for diagnostic in found):
        return [found, outline]
    deck = corpus.deck()
    notes = {note.guid: note for note in packed_notes(deck)}
    core_first = {note.guid: note.core or 4 for _, note in deck.notes()}
    studied = sorted(notes.values(), key=lambda note: (note.deck, core_first[note.guid]))
    published = [note.published() for note in studied]
    return [found, outline, deck, notes, published]


@pytest.mark.slow
@pytest.mark.parametrize("folder", [FLASK, LOOK], ids=lambda folder: folder.name)
def test_what_comes_from_the_cache_is_what_was_put_there_and_what_is_read(folder: Path, cache: Cache) -> None:
    plainly = _plainly(folder)
    assert _all(compile_corpus(folder, cache)) == plainly
    assert _all(compile_corpus(folder, Cache(cache.folder, LIMIT))) == plainly


@pytest.mark.parametrize("processes", [1, 2])
def test_it_is_the_same_from_any_number_of_processes(
    processes: int, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.pipeline.compile.cores", lambda: processes)
    monkeypatch.setattr("builder.pipeline.compile._WORTH_A_PROCESS", 1)
    assert _all(compile_corpus(LOOK, cache)) == _plainly(LOOK)


def test_without_a_cache_it_is_the_same(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    (tmp_path / "no folder").write_bytes(b"")
    folder = write_corpus({"02-empty.md": "# A chapter without a question\n"})
    assert _all(compile_corpus(folder, Cache(tmp_path / "no folder", LIMIT))) == _plainly(folder)


def test_a_cache_that_forgets_in_the_middle_is_asked_again(write_corpus: WriteCorpus, cache: Cache) -> None:
    folder = write_corpus()
    compiled = compile_corpus(folder, cache)
    for path in cache.folder.glob("??/*"):
        path.unlink()
    assert _all(compiled) == _plainly(folder)


def test_damaged_entries_are_made_anew(write_corpus: WriteCorpus, cache: Cache) -> None:
    folder = write_corpus()
    compile_corpus(folder, cache)
    for path in cache.folder.glob("??/*"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert _all(compile_corpus(folder, cache)) == _plainly(folder)


def test_a_chapter_that_changes_during_a_build_ends_it(write_corpus: WriteCorpus, cache: Cache) -> None:
    folder = write_corpus({"01-first.md": CHAPTER + LONG})
    compiled = compile_corpus(folder, cache)
    for path in cache.folder.glob("??/*"):
        path.unlink()
    (folder / "01-first.md").write_text(CHAPTER.replace("first", "other") + LONG, encoding="utf-8")
    with pytest.raises(BuildError, match="changed in the meantime: build again"):
        _all(compiled)


def test_a_small_chapter_that_changes_during_a_build_is_built_as_it_was(
    write_corpus: WriteCorpus, cache: Cache
) -> None:
    folder = write_corpus()
    compiled, before = compile_corpus(folder, cache), _plainly(folder)
    for path in cache.folder.glob("??/*"):
        path.unlink()
    (folder / "01-first.md").write_text(CHAPTER.replace("first", "other"), encoding="utf-8")
    assert _all(compiled) == before


@pytest.fixture
def vault(write_corpus: WriteCorpus) -> Path:
    """A corpus of many files, each with a question."""
    return write_corpus(
        {f"n{number}.md": f"# N{number}\n\n## Why {number}? {{#q{number}}}\n\nSo.\n" for number in range(60)}
    )


def test_a_vault_of_small_files_is_kept_in_few(vault: Path, cache: Cache) -> None:
    plainly = _plainly(vault)
    assert _all(compile_corpus(vault, cache, is_printed=_always)) == plainly
    files = [path for path in cache.folder.glob("*/*") if path.is_file()]
    assert len(files) < 10
    assert _all(compile_corpus(vault, Cache(cache.folder, LIMIT))) == plainly


def test_of_a_vault_only_what_changed_is_parsed_again(
    vault: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    _all(compile_corpus(vault, cache, is_printed=_always))
    (vault / "n7.md").write_text("# N7\n\n## Why not? {#q7}\n\nSo.\n", encoding="utf-8")
    parsed: list[str] = []
    monkeypatch.setattr("builder.corpus.reader.read_chapters", _noting(parsed))
    changed = _all(compile_corpus(vault, Cache(cache.folder, LIMIT), is_printed=_always))
    assert parsed == ["n7.md"]
    assert _all(compile_corpus(vault, Cache(cache.folder, LIMIT), is_printed=_always)) == changed
    assert parsed == ["n7.md"]


def test_a_vault_whose_bundles_are_damaged_or_gone_is_made_anew(vault: Path, cache: Cache) -> None:
    compiled, plainly = compile_corpus(vault, cache), _plainly(vault)
    for path in (cache.folder / "bundles").iterdir():
        path.write_bytes(path.read_bytes()[:-100] + b"?" * 100)
    assert _all(compile_corpus(vault, Cache(cache.folder, LIMIT))) == plainly
    for path in (cache.folder / "bundles").iterdir():
        path.unlink()
    assert _all(compiled) == plainly


def test_unchanged_chapters_are_not_parsed_again(
    write_corpus: WriteCorpus, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"02-second.md": "# Second\n\n## Why? {#why}\n\nBecause.\n"})
    compile_corpus(folder, cache)
    (folder / "02-second.md").write_text("# Second\n\n## Why not? {#why}\n\nBecause.\n", encoding="utf-8")
    parsed: list[str] = []
    monkeypatch.setattr("builder.corpus.reader.read_chapters", _noting(parsed))
    compile_corpus(folder, cache)
    compile_corpus(folder, cache, is_rendered=False)
    assert parsed == ["02-second.md"]


def test_the_same_corpus_elsewhere_is_not_parsed_again(
    write_corpus: WriteCorpus, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CHAPTER + "\n![it](media/a.svg)\n\n## One more {#more}\n\nIt is 漢.\n"
    folder = write_corpus({"media/a.svg": IMAGE, "01-first.md": text})
    before = _all(compile_corpus(folder, cache, is_printed=_always))
    parsed: list[str] = []
    monkeypatch.setattr("builder.corpus.reader.read_chapters", _noting(parsed))
    moved = tmp_path / "elsewhere" / "demo"
    moved.parent.mkdir()
    folder.rename(moved)
    after = _all(compile_corpus(moved, cache, is_printed=_always))
    assert not parsed
    monkeypatch.undo()
    assert before != after == _plainly(moved)
    monkeypatch.chdir(moved.parent)
    assert _all(compile_corpus(Path(moved.name), cache)) == _plainly(Path(moved.name))
    monkeypatch.chdir(moved)
    assert _all(compile_corpus(Path(), cache)) == _plainly(Path())


def test_code_that_stays_is_not_coloured_again(
    write_corpus: WriteCorpus, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{CHAPTER}\n```python\nx = 1\n```\n\n```python\ny = 1\n```\n{LONG}"
    folder = write_corpus({"01-first.md": text})
    compile_corpus(folder, cache)
    coloured: list[str] = []

    def colour(code: str, language: str, marks: object) -> str:
        coloured.append(code)
        return code

    monkeypatch.setattr("builder.markdown.highlight._highlight", colour)
    (folder / "01-first.md").write_text(text.replace("One.", "Uno.").replace("y = 1", "y = 2"), "utf-8")
    compile_corpus(folder, cache)
    assert coloured == ["y = 2"]


_Read = list[tuple[Chapter, list[Diagnostic]]]


def _noting(parsed: list[str]) -> Callable[[Source, Mapping[int, int], Labels], _Read]:
    def read(source: Source, numbers: Mapping[int, int], labels: Labels) -> _Read:
        parsed.append(source.path.name)
        return read_chapters(source, numbers, labels)

    return read


def test_a_check_after_part_of_the_cache_is_gone_leaves_images_to_a_build(
    write_corpus: WriteCorpus, cache: Cache
) -> None:
    folder = write_corpus({"media/a.svg": IMAGE, "01-first.md": CHAPTER + "\n![it](media/a.svg)\n"})
    compile_corpus(folder, cache)
    for path in cache.folder.glob("??/*"):
        if b"media/a.svg" in path.read_bytes():  # the findings, which alone know files
            path.unlink()
    compile_corpus(folder, cache, is_rendered=False)
    assert _all(compile_corpus(folder, cache)) == _plainly(folder)


def test_the_whole_is_checked_again_only_where_an_outline_changed(
    write_corpus: WriteCorpus, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    checked: list[Outline] = []

    def checking(outline: Outline) -> list[Diagnostic]:
        checked.append(outline)
        return check_outline(outline)

    monkeypatch.setattr("builder.pipeline.compile.check_outline", checking)
    found = compile_corpus(folder, cache).diagnostics
    assert compile_corpus(folder, cache).diagnostics == found
    path = folder / "01-first.md"
    path.write_text(CHAPTER.replace("The second", "Another"), encoding="utf-8")
    compile_corpus(folder, cache)
    assert len(checked) == 1
    path.write_text("\n" + CHAPTER, encoding="utf-8")
    compile_corpus(folder, cache)
    assert len(checked) == 1
    twice = CHAPTER.replace("half of two?", "one?")
    for text, line, times in ((twice, 13, 2), (twice, 13, 2), ("\n" + twice, 14, 3)):
        path.write_text(text, encoding="utf-8")
        (wrong,) = compile_corpus(folder, cache).diagnostics
        assert (wrong.location.line, len(checked)) == (line, times), "what is found says where it stands"


def test_a_check_renders_nothing_and_a_build_after_it_does(write_corpus: WriteCorpus, cache: Cache) -> None:
    folder = write_corpus()
    checked = compile_corpus(folder, cache, is_rendered=False)
    # The chapter's findings and counts; what was found of the corpus as a whole.
    assert sum(path.is_file() for path in cache.folder.glob("??/*")) == 3
    assert checked.outline == compile_corpus(folder, cache).outline
    assert sum(path.is_file() for path in cache.folder.glob("??/*")) == 4  # the notes


def test_a_build_of_the_deck_keeps_nothing_for_paper_and_a_print_after_it_does(
    write_corpus: WriteCorpus, cache: Cache
) -> None:
    folder = write_corpus()
    deck = compile_corpus(folder, cache)
    before = sum(path.is_file() for path in cache.folder.glob("??/*"))
    printed = compile_corpus(folder, cache, is_printed=_always)
    assert sum(path.is_file() for path in cache.folder.glob("??/*")) == before + 1
    assert _all(deck) == _all(printed) == _plainly(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("media/a.svg", IMAGE.replace("1", "2")),  # another image
        ("media/a.svg", "no picture"),
        ("media/a.svg", None),  # gone
        ("deck.toml", 'id = "demo"\ntitle = "Demo"\ndeck = "Other deck"\nsource = "https://example.org"\n'),
    ],
)
def test_whatever_a_chapter_depends_on_counts(
    name: str, content: str | None, write_corpus: WriteCorpus, cache: Cache
) -> None:
    folder = write_corpus({"media/a.svg": IMAGE, "01-first.md": CHAPTER + "\n![a picture](media/a.svg)\n"})
    before = _all(compile_corpus(folder, cache))
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content, encoding="utf-8")
    after = _all(compile_corpus(folder, cache))
    assert before != after == _plainly(folder)


_BLOCKS = st.sampled_from(
    [
        "A paragraph with `code` and **bold**.\n",
        "```python\nx = [1]\n```\n",
        "- a\n- b\n",
        "<!-- more -->\n",
        "### Pitfall\n\nText.\n",
        "### A drill? {#drill}\n\nYes.\n",
        "## Another? {#another .cloze}\n\nIt is {{c1::this}}.\n",
        "## No id\n\nText.\n",
        "![it](media/a.svg)\n",
        "![it](media/missing.png)\n",
        "[a reference]: https://example.org\n",
        "See [a reference].\n",
        "# Second title\n",
        "\u0000 and \u200b and 漢\n",
    ]
)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(edits=st.lists(st.tuples(st.integers(1, 3), st.lists(_BLOCKS, max_size=5)), min_size=1, max_size=4))
def test_after_any_edits_it_is_what_a_first_build_makes(
    edits: list[tuple[int, list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("edits") / "demo"
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "a.svg").write_text(IMAGE, encoding="utf-8")
    (folder / "deck.toml").write_text('id = "demo"\ntitle = "Demo"\ndeck = "Demo"\n', encoding="utf-8")
    cache = Cache(folder.parent / "cache", LIMIT)
    draft = None
    for number, blocks in edits:
        text = f"# Chapter {number}\n\n## Question {number}? {{#q-{number}}}\n\nAn answer.\n\n"
        path = folder / f"{number:02}-chapter.md"
        path.write_text(text + "\n".join(blocks), encoding="utf-8")
        draft = compile_corpus(folder, cache, is_draft=True, since=draft)
        assert _drafted(draft) == _drafted(compile_corpus(folder, NO_CACHE, is_draft=True))
        compiled = _all(compile_corpus(folder, cache))
        assert compiled == _plainly(folder)
        assert _all(compile_corpus(folder, cache)) == compiled


_WRITTEN = """\
# First

## One? {#one .junior tags="a"}

The first, see [it].

### Half of it? {#half}

A half.

## Two? {#two}

![it](media/a.svg)
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A half.\n", "A half.\n\n### Pitfall\n\nThat of the first.\n"),  # an error, and its end
        ("a.svg)\n", "a.svg)\n\n[it]: https://example.org\n"),
        (".junior", ".senior"),
        ('tags="a"', 'tags="b"'),
        ("# First\n", "# The *first*\n"),
        ("## One", "\n\n## One"),
        ("### Half of it? {#half}", "## Half of it? {#half}"),
        ("### Half of it? {#half}", '## Half of it? {#half .junior tags="a"}'),
        ("{#half}", '{#whole was="half"}'),
        ("{#half}", "{#half .reversed}"),
        ("The first", "![it](media/a.svg)\n\nThe first"),
        ("![it](media/a.svg)", "No picture."),
        ("media/a.svg", "media/none.svg"),
        ("A half.", "```python\nhalf"),
        ("A half.", "- a\n\n<!-- more -->\n\n- b"),
        ("## Two? {#two}", "## Two?"),
    ],
)
@pytest.mark.parametrize("is_back", [False, True], ids=["there", "back"])
def test_after_a_save_a_draft_and_a_build_are_what_they_are_of_new(
    old: str, new: str, is_back: bool, write_corpus: WriteCorpus, cache: Cache
) -> None:
    texts = [_WRITTEN, _WRITTEN.replace(old, new)][:: -1 if is_back else 1]
    assert texts[0] != texts[1]
    folder = write_corpus({"01-first.md": texts[0], "media/a.svg": IMAGE})
    draft = compile_corpus(folder, cache, is_draft=True)
    (folder / "01-first.md").write_text(texts[1], encoding="utf-8")
    draft = compile_corpus(folder, cache, is_draft=True, since=draft)
    assert _drafted(draft) == _drafted(compile_corpus(folder, NO_CACHE, is_draft=True))
    assert _all(compile_corpus(folder, cache)) == _plainly(folder)


def test_what_a_save_left_to_count_is_counted_when_it_is_asked_for_and_kept(
    write_corpus: WriteCorpus, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    draft = compile_corpus(folder, cache, is_draft=True)
    (folder / "01-first.md").write_text(CHAPTER.replace("The second", "Another"), encoding="utf-8")
    compile_corpus(folder, cache, is_draft=True, since=draft)
    counted = list(compile_corpus(folder, cache, is_rendered=False).counts())
    assert counted == list(compile_corpus(folder, NO_CACHE, is_rendered=False).counts())

    def reading(source: Source, numbers: Mapping[int, int], labels: Labels) -> _Read:
        raise AssertionError(source.path)

    monkeypatch.setattr("builder.corpus.reader.read_chapters", reading)
    compiled = compile_corpus(folder, cache)
    assert list(compiled.counts()) == counted
    assert [chapter.rendered for chapter in compiled.chapters] == [(0, 1, 2)]


def test_records_are_read_as_they_were_written() -> None:
    corpus, _ = read_corpus(LOOK)
    deck = corpus.deck()
    for chapter, subdeck in zip(corpus.outline().chapters, deck.subdecks, strict=True):
        assert load(ChapterOutline, dump(chapter)) == chapter
        assert load(Subdeck, dump(subdeck)) == subdeck
        numbers = {note.guid.split(":")[2]: note.number for note in subdeck.notes}
        packed = pack(subdeck)
        records = [dump_note(note, f"made of {note.guid}") for note in packed]
        stored = join_records(records)
        assert list(load_notes(stored, "D", numbers)) == list(finished(packed, "D", numbers))
        assert split_records(stored) == records
        assert [made_of(record)[0] for record in records] == [f"made of {note.guid}" for note in packed]
    assert list(load_notes(join_records([]), "D", {})) == []


@pytest.mark.parametrize("other", [b"[]", b"{}", b"1", b"not JSON", b"[1,2]"])
def test_something_else_than_a_record_is_refused(other: bytes) -> None:
    with pytest.raises(DAMAGED):
        load(ChapterOutline, other)


@pytest.mark.slow
@pytest.mark.parametrize("folder", [FLASK, LOOK], ids=lambda folder: folder.name)
def test_a_package_from_the_cache_has_the_bytes_of_a_first_build(
    folder: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tmp_path / folder.name
    shutil.copytree(folder, corpus, ignore=shutil.ignore_patterns("deck.lock"))
    monkeypatch.setattr("builder.project.CACHE", tmp_path / "cache")

    def build() -> bytes:
        result = run("build", corpus, "--only", "apkg", "--output", tmp_path)
        assert result.exit_code == 0, result.output
        return (tmp_path / f"{folder.name}.apkg").read_bytes()

    def edited(path: Path, old: str, new: str) -> bytes:
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        return build()

    first = build()
    with monkeypatch.context() as patch:
        patch.setattr("builder.anki.write.write", None)
        assert build() == first
    chapter = sorted(corpus.glob("*.md"))[0]
    other = edited(chapter, " is ", " was ")
    assert other != first
    shutil.rmtree(tmp_path / "cache")
    assert build() == other
