"""The grammar, case by case: a document and what the reader makes of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builder.checks.rules import CODES, RULE_TABLE
from builder.corpus.files import read_source
from builder.corpus.model import Chapter, Question
from builder.corpus.settings import read_settings
from builder.diagnostics import Diagnostic
from builder.markdown.parser import Passage, Source, plain_text, to_html
from builder.pipeline.compile import Compiled, compile_corpus
from builder.runtime.cache import NO_CACHE
from tests.conftest import CASES, PROJECT, WriteCorpus, assert_golden
from tests.reading import Corpus, check, read_corpus, read_file

TESTED_BELOW = {
    "empty-corpus",
    "empty-core",
    "duplicate-chapter-number",
    "unknown-checked",
    "not-utf-8",
    "unreadable-file",
    "heavy-sound",
} | {
    "unread-file",
}


def _cases(folder: str, suffix: str) -> list[Path]:
    return sorted((CASES / folder).glob(f"*{suffix}"))


@pytest.mark.parametrize("path", _cases("valid", ".md"), ids=lambda path: path.stem)
def test_reader_understands(path: Path) -> None:
    chapters, diagnostics = _read_case(path)
    assert diagnostics == []
    read = [_chapter(chapter) for chapter in chapters]
    shown = read if len(read) > 1 else read[0]
    assert_golden(json.dumps(shown, indent=1, ensure_ascii=False) + "\n", path.with_suffix(".json"))


@pytest.mark.parametrize("path", _cases("invalid", ".md"), ids=lambda path: path.stem)
def test_reader_names_what_is_wrong(path: Path) -> None:
    _, diagnostics = _read_case(path)
    assert diagnostics
    assert all(diagnostic.hint for diagnostic in diagnostics), "every finding says what to do"
    assert_golden(_listing(diagnostics), path.with_suffix(".txt"))


@pytest.mark.parametrize("path", _cases("settings", ".toml"), ids=lambda path: path.stem)
def test_settings_name_what_is_wrong(path: Path) -> None:
    source, _ = read_source(path)
    _, diagnostics = read_settings(source, RULE_TABLE)
    assert diagnostics
    assert all(diagnostic.hint for diagnostic in diagnostics), "every finding says what to do"
    assert_golden(_listing(diagnostics), path.with_suffix(".txt"))


def test_every_code_of_reader_settings_and_checks_has_a_case() -> None:
    expected = "".join(path.read_text() for path in sorted(CASES.rglob("*.txt")))
    names = (
        "corpus/reader.py",
        "corpus/settings.py",
        "corpus/kinds/choice.py",
        "corpus/kinds/cloze.py",
        "corpus/kinds/typed.py",
        "checks/content.py",
        "checks/whole.py",
    )
    modules = (PROJECT / "builder" / name for name in names)
    written = "".join(path.read_text() for path in modules)
    codes = set(re.findall(r'^ +"([a-z]+(?:-[a-z0-9]+)+)",$', written, re.MULTILINE)) - TESTED_BELOW
    assert len(codes) > 25
    assert {code for code in codes if f"[{code}]" not in expected} == set()


def _compiled(folder: Path) -> Compiled:
    return compile_corpus(folder, NO_CACHE, is_rendered=False)


def test_bytes_that_are_not_utf_8_are_named_with_their_place(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"02-bad.md": b"# Title\n\nCaf\xe9\n"})
    diagnostics = _compiled(folder).diagnostics
    assert [str(d).split("/demo/")[1] for d in diagnostics] == [
        "02-bad.md:3:4: error: byte 0xe9 is not UTF-8 [not-utf-8]\n    save the file as UTF-8"
    ]


def test_a_byte_order_mark_is_not_content(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"02-mark.md": "\ufeff# Marked\n\n## Why? {#why}\n\nBecause.\n"})
    compiled = _compiled(folder)
    assert compiled.diagnostics == ()
    assert compiled.outline.chapters[1].questions[0].id == "why"


def test_chapters_come_in_the_order_of_their_numbers(write_corpus: WriteCorpus) -> None:
    text = "# Title\n\n## Why {}? {{#why-{}}}\n\nBecause.\n"
    folder = write_corpus({f"{n}-later.md": text.format(n, n) for n in (10, 9)})
    assert [chapter.number for chapter in _compiled(folder).outline.chapters] == [1, 9, 10]


def test_chapters_have_names_of_any_kind_in_order(write_corpus: WriteCorpus) -> None:
    numbered = ("01_intro.md", "3. Über uns.md", "README.md")
    others = ("Chapter 10.md", "Chapter 2.md", "2024-05-01 diary.md", "basics.md", "漢字.md")
    text = "## Why {}? {{#why-{}}}\n\nBecause.\n"
    folder = write_corpus({name: text.format(n, n) for n, name in enumerate((*numbered, *others))})
    (folder / "01-first.md").unlink()
    corpus, diagnostics = read_corpus(folder)
    assert diagnostics == []
    assert [(chapter.number, chapter.slug, plain_text(chapter.title)) for chapter in corpus.chapters] == [
        (1, "intro", "Intro"),
        (3, "uber-uns", "Über uns"),
        (4, "2024-05-01-diary", "2024 05 01 diary"),
        (5, "basics", "Basics"),
        (6, "chapter-2", "Chapter 2"),
        (7, "chapter-10", "Chapter 10"),
        (8, "han-zi", "漢字"),
    ]


def test_what_a_project_has_beside_its_texts_is_no_chapter(write_corpus: WriteCorpus) -> None:
    text = "# To do\n\n## Nothing\n"
    _, diagnostics = read_corpus(write_corpus(dict.fromkeys(("TODO.md", "Changelog.md"), text)))
    assert [(d.location.path.name, d.code, d.severity) for d in diagnostics] == [
        ("Changelog.md", "other-file", "warning"),
        ("TODO.md", "other-file", "warning"),
    ]
    _, diagnostics = read_corpus(write_corpus({"90-todo.md": "# To do\n"}, name="other"))
    assert diagnostics == []


def test_files_that_look_like_chapters_but_are_not_read_are_named(write_corpus: WriteCorpus) -> None:
    names = ("02-y.MD", "03-z.markdown", "part/04-a.md")
    hidden = dict.fromkeys((".#01-first.md", ".git/notes.md", "media/README.md"), "nothing")
    diagnostics = _compiled(write_corpus({**dict.fromkeys(names, "# T\n"), **hidden})).diagnostics
    assert [(d.location.path.name, d.code) for d in sorted(diagnostics)] == [
        (name.split("/")[-1], "unread-file") for name in names
    ]


def test_deck_toml_says_which_files_are_chapters(write_corpus: WriteCorpus) -> None:
    names = ("02-b.md", "TODO.md", "CHANGELOG.md", "old/03-c.md", "Notes.md", "readme.md")
    folder = write_corpus(dict.fromkeys(names, "# T\n"))
    settings = (folder / "deck.toml").read_text()

    def read(more: str) -> tuple[list[str], list[tuple[str, str]]]:
        (folder / "deck.toml").write_text(settings + more)
        corpus, diagnostics = read_corpus(folder)
        files = [chapter.source.path.name for chapter in corpus.chapters]
        return files, sorted((d.location.path.name, d.code) for d in diagnostics)

    found, diagnostics = read("")
    assert {"01-first.md", "02-b.md", "Notes.md"} == set(found)
    assert ("TODO.md", "other-file") in diagnostics
    assert ("CHANGELOG.md", "other-file") in diagnostics
    assert ("03-c.md", "unread-file") in diagnostics
    others = 'exclude = ["TODO.md", "CHANGELOG.md", "old/*", "Notes.md"]\n'
    assert read(others) == (["01-first.md", "02-b.md"], [])
    assert read('chapters = ["[0-9]*.md"]\nexclude = ["old/*"]\n') == (["01-first.md", "02-b.md"], [])
    assert read(f'chapters = ["old/*.md"]\n{others}')[1] == [("deck.toml", "bad-setting")]


def test_a_corpus_may_lie_in_a_folder_of_another_name(write_corpus: WriteCorpus) -> None:
    corpus, _ = read_corpus(write_corpus(name="elsewhere"))
    assert check(corpus) == []


def test_two_chapters_of_one_number_are_named(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-other.md": "# Other\n\n## Why? {#why}\n\nBecause.\n"})
    assert [d.code for d in _compiled(folder).diagnostics] == ["duplicate-chapter-number"]


def test_an_id_used_in_two_chapters_is_named_with_both_places(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"02-other.md": "# Other\n\n## Why? {#one}\n\nBecause.\n"})
    (diagnostic,) = _compiled(folder).diagnostics
    assert diagnostic.location.path.name == "02-other.md"
    assert "01-first.md:5:1" in diagnostic.message


def test_a_corpus_without_questions_is_an_error(write_corpus: WriteCorpus) -> None:
    assert [d.code for d in _compiled(write_corpus({"01-first.md": "# Nothing yet\n"})).diagnostics] == [
        "empty-corpus"
    ]


def test_a_core_that_deck_toml_asks_for_must_have_a_question(write_corpus: WriteCorpus) -> None:
    files = {"deck.toml": 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\noutputs = ["core"]\n'}
    without, with_one = (
        "# T\n\n## Why? {#why MARK}\n\nSo.\n".replace("MARK", mark) for mark in ("", ".core")
    )
    assert [d.code for d in _compiled(write_corpus({**files, "01-first.md": without})).diagnostics] == [
        "empty-core"
    ]
    assert _compiled(write_corpus({**files, "01-first.md": with_one})).diagnostics == ()


def test_a_folder_without_settings_is_an_error(tmp_path: Path) -> None:
    unreadable, empty = _compiled(tmp_path).diagnostics
    assert (unreadable.code, empty.code) == ("unreadable-file", "empty-corpus")
    assert "deck.toml" in str(unreadable)


def test_an_image_reached_through_a_link_out_of_the_corpus_is_refused(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": "# T\n\n## Why? {#why}\n\n![a](media/a.png)\n"})
    outside = folder.parent / "outside.png"
    outside.write_bytes(b"png")
    (folder / "media").mkdir()
    (folder / "media" / "a.png").symlink_to(outside)
    assert [d.code for d in _compiled(folder).diagnostics] == ["image-outside"]


def _read_case(path: Path) -> tuple[tuple[Chapter, ...], list[Diagnostic]]:
    """Read a case as if it were a file of chapters in the cases' folder itself, where the images are."""
    source, diagnostics = read_source(path)
    source = Source(CASES / path.name, source.text)
    chapters, found = read_file(source)
    settings, _ = read_settings(read_source(CASES / "deck.toml")[0], RULE_TABLE)
    settings = replace(settings, rules=tuple((code, "off") for code in CODES))  # they have cases of their own
    corpus = Corpus(folder=CASES, settings=settings, chapters=chapters)
    found = [d for d in (*diagnostics, *found, *check(corpus)) if d.code != "empty-corpus"]
    return chapters, sorted(found)


def _listing(diagnostics: list[Diagnostic]) -> str:
    folders = re.compile(re.escape(str(CASES)) + "/(settings/)?")
    return "".join(folders.sub("", str(d)) + "\n" for d in sorted(diagnostics))


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {
        "title": _html(chapter.title),
        "introduction": _html(chapter.introduction),
        "questions": [_question(question) for question in chapter.questions],
    }


def _question(question: Question) -> dict[str, Any]:
    record = {
        "id": question.id,
        "kind": question.kind,
        "level": question.level,
        "core": question.core or None,
        "tags": list(question.tags),
        "was": question.was,
        "line": question.location.line,
        "title": _html(question.title),
        "context": _html(question.context),
        "lead": _html(question.lead),
        "details": _html(question.details),
        "sections": [[s.role, _html(s.title), _html(s.body)] for s in question.sections],
        "drills": [_question(drill) for drill in question.drills],
    }
    return {name: value for name, value in record.items() if value not in ("", [], None)}


def _html(passage: Passage) -> str:
    return to_html(passage, {})


def test_a_core_that_deck_toml_asks_for_and_nobody_marked_is_named(tmp_path: Path) -> None:
    (tmp_path / "deck.toml").write_text('id = "a"\ntitle = "A"\ndeck = "A"\noutputs = ["core"]\n')
    (tmp_path / "01-a.md").write_text("# A\n\n## What is it? {#it}\n\nA thing.\n")
    assert [found.code for found in _compiled(tmp_path).diagnostics] == ["empty-core"]
    (tmp_path / "01-a.md").write_text("# A\n\n## What is it? {#it .core}\n\nA thing.\n")
    assert not _compiled(tmp_path).diagnostics
