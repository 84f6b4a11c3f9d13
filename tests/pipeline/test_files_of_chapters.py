"""A file of several chapters, from reading it to what learners get of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.anki.release import PackedNote
from builder.markdown.parser import headings, parse
from builder.pipeline.compile import Compiled, compile_corpus
from builder.preview.cards import CorpusDraft
from builder.preview.feed import change_json, compare
from builder.preview.live_corpus import Drafting
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from tests.conftest import SETTINGS

Run = Callable[..., Result]
NOW = 1_790_000_000
FIRST = "# Contexts\n\n## What is `g`? {#what-is-g .core}\n\nThe data of one context.\n"
SECOND = (
    "# Sessions\n\n## What is `session`? {#session}\n\nThe data of a client.\n\n"
    "### How long? {#how-long}\n\nA month.\n"
)
OTHER = "# Views\n\n## What is a view? {#view}\n\nA function.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a corpus with a file of two chapters, and one of one."""
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "deck.toml").write_text(SETTINGS)
    (folder / "01-notes.md").write_text(f"{FIRST}\n{SECOND}")
    (folder / "02-views.md").write_text(OTHER)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", LIMIT)


def _build(run: Run, folder: Path, *options: str) -> dict[str, PackedNote]:
    """Build the deck, and return its notes by their ids."""
    result = run("build", folder, "--only", "apkg", "--output", folder.parent / "out", *options)
    assert result.exit_code == 0, result.output
    notes = read_package(folder.parent / "out" / "demo.apkg", "demo").notes
    return {note.question: note for note in notes.values()}


def _decks(notes: dict[str, PackedNote]) -> dict[str, str]:
    return {id_: note.deck.removeprefix("Demo deck::") for id_, note in notes.items()}


def test_each_chapter_is_a_subdeck_with_a_number_and_a_tag(run: Run, folder: Path) -> None:
    notes = _build(run, folder)
    assert _decks(notes) == {
        "what-is-g": "01 Contexts",
        "view": "02 Views",
        "session": "03 Sessions",
        "how-long": "03 Sessions",
    }
    assert notes["what-is-g"].tags == ("demo::chapter::01-notes", "demo::core")
    assert notes["session"].tags == ("demo::chapter::03-sessions",)
    numbers = {id_: note.fields["Number"] for id_, note in notes.items()}
    assert numbers == {"what-is-g": "1.1", "view": "2.1", "session": "3.1", "how-long": "3.1a"}
    assert "\nchapter 01-notes/sessions 3\n" in (folder / "deck.lock").read_text()
    assert run("check", folder).stderr == ""
    _build(run, folder, "--locked")


@pytest.mark.parametrize(
    ("name", "text", "deck"),
    [
        ("01-notes.md", f"{FIRST}\n{SECOND.replace('# Sessions', '# Cookies', 1)}", "03 Cookies"),
        ("01-notes.md", f"{FIRST}\n# New\n\n## New? {{#new}}\n\nIt is.\n\n{SECOND}", "03 Sessions"),
        ("01-more.md", f"{FIRST}\n{SECOND}", "03 Sessions"),
        ("07-more.md", f"{FIRST}\n{SECOND}", "03 Sessions"),
        ("07-more.md", f"{FIRST}\n{SECOND.replace('# Sessions', '# Cookies', 1)}", "03 Cookies"),
        ("01-notes.md", f"{SECOND.replace('# Sessions', '# Contexts', 1)}\n{FIRST}", "01 Contexts"),
    ],
    ids=["retitled", "one before it", "renamed", "renumbered", "both", "exchanged"],
)
def test_a_chapter_keeps_its_number(run: Run, folder: Path, name: str, text: str, deck: str) -> None:
    before = _build(run, folder)
    (folder / "01-notes.md").unlink()
    (folder / name).write_text(text)
    after = _build(run, folder)
    assert _decks(after)["session"] == deck
    assert {note.guid for note in before.values()} <= {note.guid for note in after.values()}


def _plan(run: Run, folder: Path) -> dict[str, Any]:
    package = folder.parent / "out" / "demo.apkg"
    (found,) = json.loads(run("plan", folder, "--against", package, "--format", "json").stdout)
    return dict(found)


def test_a_file_that_is_divided_loses_nothing(run: Run, folder: Path) -> None:
    before = _build(run, folder)
    (folder / "01-notes.md").write_text(FIRST)
    (folder / "03-sessions.md").write_text(SECOND)
    found = _plan(run, folder)
    assert (found["added"], found["changed"], found["risks"], found["untouched"]) == ([], [], [], 4)
    after = _build(run, folder)
    assert {id_: note.guid for id_, note in after.items()} == {id_: note.guid for id_, note in before.items()}


def test_a_file_divided_under_another_number_changes_those_notes_alone(run: Run, folder: Path) -> None:
    _build(run, folder)
    (folder / "01-notes.md").write_text(FIRST)
    (folder / "09-sessions.md").write_text(SECOND)
    found = _plan(run, folder)
    changed = [change["note"]["id"] for change in found["changed"]]
    assert (found["added"], found["risks"], sorted(changed)) == ([], [], ["how-long", "session"])


def test_a_chapter_that_gets_a_file_of_its_title_keeps_its_number(run: Run, folder: Path) -> None:
    (folder / "01-notes.md").rename(folder / "notes.md")
    before = _build(run, folder)
    (folder / "notes.md").write_text(FIRST)
    (folder / "sessions.md").write_text(SECOND)
    assert _decks(_build(run, folder)) == _decks(before)


def test_files_that_are_joined_lose_nothing(run: Run, folder: Path) -> None:
    before = _build(run, folder)
    (folder / "02-views.md").unlink()
    (folder / "01-notes.md").write_text(f"{FIRST}\n{OTHER}\n{SECOND}")
    after = _build(run, folder)
    assert _decks(after) == _decks(before)
    assert {note.guid for note in after.values()} == {note.guid for note in before.values()}


def test_a_question_that_moves_to_the_other_chapter_is_the_same_note(run: Run, folder: Path) -> None:
    before = _build(run, folder)
    heading, question = FIRST.split("\n\n", 1)
    more = "## What is `app`? {#app}\n\nA proxy.\n"
    (folder / "01-notes.md").write_text(f"{heading}\n\n{more}\n{SECOND}\n{question}")
    found = _plan(run, folder)
    new = [line["id"] for line in found["added"]]
    changed = [change["note"]["id"] for change in found["changed"]]
    assert (new, changed, found["risks"]) == (["app"], ["what-is-g"], [])
    after = _build(run, folder)
    assert after["what-is-g"].guid == before["what-is-g"].guid
    assert after["what-is-g"].fields["Number"] == "3.2"


def test_fixes_of_both_chapters_are_written_together(run: Run, folder: Path) -> None:
    path = folder / "01-notes.md"
    path.write_text(f"{FIRST}\n{SECOND}".replace(" {#what-is-g .core}", "").replace(" {#session}", ""))
    result = run("check", folder, "--fix")
    assert result.exit_code == 0, result.output
    assert path.read_text() == f"{FIRST}\n{SECOND}".replace(" .core", "").replace(
        "#session", "#what-is-session"
    )
    assert result.stderr.count("fixed: got the id") == 2


def test_of_a_file_that_is_named_all_chapters_are_meant(run: Run, folder: Path) -> None:
    result = run("check", folder / "01-notes.md")
    assert "no errors (2 chapters, 2 questions, 1 drill)" in result.stdout
    counted = json.loads(run("stats", folder / "01-notes.md", "--format", "json").stdout)
    assert [chapter["title"] for chapter in counted[0]["chapters"]] == ["Contexts", "Sessions"]


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("sessions", {"session", "how-long"}),
        ("3", {"session", "how-long"}),
        ("Contexts", {"what-is-g"}),
        ("01", {"what-is-g"}),
        ("01-notes.md", {"what-is-g", "session", "how-long"}),
        ("notes", {"what-is-g", "session", "how-long"}),
    ],
)
def test_a_chapter_is_chosen_by_its_title_or_with_its_file(
    name: str, chosen: set[str], run: Run, folder: Path
) -> None:
    result = run("build", folder, "--chapter", name, "--output", folder.parent / "part")
    assert result.exit_code == 0, result.output
    (package,) = (folder.parent / "part").glob("*.apkg")
    assert {note.question for note in read_package(package, "demo").notes.values()} == chosen


@pytest.mark.parametrize(
    ("chapter", "options", "before"),
    [
        ("contexts", (), "\n\n# Sessions"),
        ("01", (), "\n\n# Sessions"),
        ("sessions", (), ""),
        ("01-notes.md", (), ""),
        ("01-notes.md", ("--drill-of", "what-is-g"), "\n\n# Sessions"),
        ("contexts", ("--drill-of", "what-is-g"), "\n\n# Sessions"),
    ],
)
def test_a_new_question_comes_to_the_end_of_its_chapter(
    chapter: str, options: tuple[str, ...], before: str, run: Run, folder: Path
) -> None:
    result = run("new", "question", folder / chapter, "Why?", *options)
    assert result.exit_code == 0, result.output
    text = (folder / "01-notes.md").read_text()
    marks = "###" if options else "##"
    written = f"\n{marks} Why? {{#why}}\n\n"
    assert written in text
    assert text.partition(written)[2].startswith(before)
    assert (text.partition(written)[2] == "") == (before == "")


def test_a_question_of_the_files_other_chapter_has_its_drill_there(run: Run, folder: Path) -> None:
    result = run("new", "question", folder / "sessions", "Why?", "--drill-of", "what-is-g")
    assert "is in" in result.output
    assert "name that chapter" in result.output


def _parts(compiled: Compiled) -> list[object]:
    return [
        (
            chapter.outline,
            chapter.rendered,
            [*chapter.notes("", {q.identity: "1" for q in compiled.questions()})],
        )
        for chapter in compiled.chapters
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("one context", "a context"),
        ("of a client", "of some client"),
        ("# Sessions", "# Cookies"),
        ("# Sessions", "## Sessions? {#new}\n\nText.\n\n# Sessions"),
        ("# Sessions", "# New\n\n## New? {#new}\n\nText.\n\n# Sessions"),
        ("# Sessions", "```\n# Sessions"),
        ("# Sessions\n", ""),
        ("# Contexts\n", "# Notes\n\n# Contexts\n"),
        ("The data", "![it](media/a.svg)\n\nThe data"),
        ("The data", "[the data]"),
        ("A month.\n", "A [month].\n\n[month]: https://example.org\n[the data]: https://example.org\n"),
    ],
)
@pytest.mark.parametrize("is_back", [False, True], ids=["there", "back"])
def test_after_a_save_all_is_as_it_is_of_new(
    old: str, new: str, is_back: bool, folder: Path, cache: Cache
) -> None:
    text = f"{FIRST}\n{SECOND}"
    assert old in text
    draft: Compiled | None = None
    for written in (text, text.replace(old, new))[:: -1 if is_back else 1]:
        (folder / "01-notes.md").write_text(written)
        draft = compile_corpus(folder, cache, is_draft=True, since=draft)
        plainly = compile_corpus(folder, NO_CACHE, is_draft=True)
        assert draft.diagnostics == plainly.diagnostics
        assert _parts(draft) == _parts(plainly)


def test_unchanged_files_are_not_parsed_again(
    folder: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = compile_corpus(folder, cache)
    (folder / "02-views.md").write_text(OTHER.replace("function", "callable"))
    parsed: list[str] = []

    def noting(real: Callable[..., object]) -> Callable[..., object]:
        def parse(text: str, *titles: object) -> object:
            parsed.append(text)
            return real(text, *titles)

        return parse

    monkeypatch.setattr("builder.markdown.parser.headings", noting(headings))
    monkeypatch.setattr("builder.corpus.reader.parse", noting(parse))
    for since in (None, compiled):
        compile_corpus(folder, cache, since=since)
    assert parsed == [OTHER.replace("function", "callable")]


def _shown(draft: CorpusDraft) -> dict[str, list[str]]:
    return {
        chapter.outline.title: [f"{each.id}{' (old)' if each.is_stale else ''}" for each in chapter.drafts]
        for chapter in draft.chapters
    }


def test_the_preview_follows_an_edit_of_either_chapter(folder: Path, cache: Cache) -> None:
    drafting = Drafting(folder, cache)
    path, text = folder / "01-notes.md", f"{FIRST}\n{SECOND}"
    before = drafting.update(NOW)
    assert list(_shown(before)) == ["Contexts", "Views", "Sessions"]
    for old, new, id_ in (("one context", "a context", "what-is-g"), ("a client", "clients", "session")):
        path.write_text(text.replace(old, new))
        after = drafting.update(NOW)
        assert id_ in compare(before, after).drafts
        news = change_json(compare(before, after), after)
        assert len({*news["order"]}) == 3, "each chapter has a key of its own"
        assert {chapter["key"] for chapter in news["chapters"]} <= {*news["order"]}
        before = after


def test_an_error_in_one_chapter_is_not_the_others(folder: Path, cache: Cache) -> None:
    drafting = Drafting(folder, cache)
    path, text = folder / "01-notes.md", f"{FIRST}\n{SECOND}"
    drafting.update(NOW)
    path.write_text(text.replace("of a client", "of a <client>"))
    draft = drafting.update(NOW)
    assert _shown(draft)["Contexts"] == ["what-is-g"]
    assert _shown(draft)["Sessions"] == ["session (old)", "how-long"]
    assert [finding.question for finding in draft.findings] == ["session"]
    path.write_text(text.replace("# Contexts\n", "# Contexts\n\n<b>\n"))
    assert [finding.question for finding in drafting.update(NOW).findings] == [""]


def test_a_chapter_whose_heading_is_swallowed_stays_until_the_error_ends(folder: Path, cache: Cache) -> None:
    drafting = Drafting(folder, cache)
    path, text = folder / "01-notes.md", f"{FIRST}\n{SECOND}"
    drafting.update(NOW)
    path.write_text(text.replace("one context", "one\n\n```python\ncontext"))
    assert _shown(drafting.update(NOW))["Sessions"] == ["session (old)", "how-long (old)"]
    path.write_text(text)
    assert _shown(drafting.update(NOW))["Sessions"] == ["session", "how-long"]
    path.write_text(FIRST)
    assert list(_shown(drafting.update(NOW))) == ["Contexts", "Views"]


def test_a_file_has_so_many_chapters_and_no_more(folder: Path) -> None:
    def find(chapters: int) -> list[str]:
        text = "\n".join(f"# T{n}\n\n## What is {n}? {{#q-{n}}}\n\n{n} it is.\n" for n in range(chapters))
        (folder / "01-notes.md").write_text(text)
        compiled = compile_corpus(folder, NO_CACHE, is_rendered=False)
        return [found.code for found in compiled.diagnostics if found.severity == "error"]

    assert find(200) == []
    assert find(201) == ["file-too-large"]
