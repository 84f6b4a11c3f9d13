"""The deck in the real Anki: its own importer, its own renderer, its own scheduler."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from builder.anki import note_types
from builder.anki.read import read_package
from builder.anki.release import Field
from tests.conftest import CASES, WriteCorpus
from tests.oracle import Shown, Written, shown, written

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

pytestmark = pytest.mark.slow
Run = Callable[..., Result]
Import = Callable[[Path], dict[str, int]]


@pytest.fixture
def import_package(collection: Collection) -> Import:
    """Import a package with Anki's default options and return what its log says."""

    def import_package(path: Path) -> dict[str, int]:
        request = ImportAnkiPackageRequest(package_path=str(path), options=ImportAnkiPackageOptions())
        log = collection.import_anki_package(request).log
        return {
            "new": len(log.new),
            "updated": len(log.updated),
            "duplicate": len(log.duplicate),
            "conflicting": len(log.conflicting),
        }

    return import_package


@pytest.fixture
def flask(flask_release: Path, tmp_path: Path) -> Path:
    """Return a copy of the Flask corpus, beside the package built of it."""
    shutil.copytree(flask_release, tmp_path, dirs_exist_ok=True)
    return tmp_path / "flask"


def _log(**counts: int) -> dict[str, int]:
    return {"new": 0, "updated": 0, "duplicate": 0, "conflicting": 0, **counts}


def _chapters(folder: Path) -> dict[str, list[Written]]:
    return {
        f"Flask interview::{path.name[:2]} {path.read_text(encoding='utf-8').splitlines()[0][2:]}": list(
            written(path)
        )
        for path in sorted(folder.glob("[0-9]*.md"))
    }


def test_each_deck_holds_the_notes_and_cards_of_its_chapter(
    flask: Path, collection: Collection, import_package: Import
) -> None:
    chapters = _chapters(flask)
    total = sum(map(len, chapters.values()))
    assert import_package(flask.parent / "flask.apkg") == _log(new=total)
    for deck, questions in chapters.items():
        assert len(collection.find_notes(f'"deck:{deck}"')) == len(questions), deck
        assert len(collection.find_cards(f'"deck:{deck}"')) >= len(questions), deck
    assert {entry.name for entry in collection.decks.all_names_and_ids()} == {
        "Default",
        "Flask interview",
        *chapters,
    }
    kinds = Counter(question.kind for questions in chapters.values() for question in questions)
    assert {*kinds} == {"plain", "reversed", "cloze", "typed", "choice"}, "the corpus uses every kind"
    cloze = "note:*cloze*"
    assert len(collection.find_notes(cloze)) == kinds["cloze"]
    assert collection.card_count() - len(collection.find_cards(cloze)) == (
        total - kinds["cloze"] + kinds["reversed"]
    )


def test_every_note_has_the_cards_that_anki_would_make_and_no_other(
    flask: Path, collection: Collection, import_package: Import
) -> None:
    import_package(flask.parent / "flask.apkg")
    before = collection.card_count()
    for note_id in collection.find_notes("note:*cloze*"):
        note = collection.get_note(note_id)
        ordinals = sorted(card.ord + 1 for card in note.cards())
        assert ordinals == sorted(note.cloze_numbers_in_fields()), note["ID"]
    assert list(collection.get_empty_cards().notes) == []
    collection.after_note_updates(list(collection.find_notes("")), mark_modified=False, generate_cards=True)
    assert collection.card_count() == before


def test_every_card_shows_what_its_author_wrote_character_for_character(
    flask: Path, collection: Collection, import_package: Import
) -> None:
    import_package(flask.parent / "flask.apkg")
    compared = 0
    for questions in _chapters(flask).values():
        for question in questions:
            for card_id in collection.find_cards(f"ID:{question.id}"):
                card = collection.get_card(card_id)
                if question.kind == "reversed" and card.ord == 1:
                    asked = shown(card.question(), ignore=("style", "caption"))["reverse"]
                    assert asked.folded() == question.parts["answer"].folded(), question.id
                elif question.kind == "choice":
                    _assert_shows(card.question(), question, ("prompt", "context"))
                    _assert_shows_options(card.answer(), question)
                else:
                    _assert_shows(card.question(), question, ("prompt", "context"))
                    _assert_shows(card.answer(), question, tuple(question.parts))
            compared += 1
    assert compared == collection.note_count()


def _assert_shows(html: str, question: Written, parts: tuple[str, ...]) -> None:
    on_card = shown(html, ignore=("h4", "style"))
    for name in parts:
        expected = question.parts.get(name, Shown())
        assert on_card.get(name, Shown()).folded() == expected.folded(), f"{question.id}: {name}"


def _assert_shows_options(html: str, question: Written) -> None:
    """Compare all that is read of a choice's answer, wherever it stands: reasons are within options."""
    on_card = shown(html, ignore=("h4", "style", "mark"))
    parts = [on_card.get(name, Shown()) for name in (None, "reason", "answer")]
    written = question.parts["answer"]
    words = re.sub(r"\[[ xX]\] ", "", written.words)
    assert Counter(" ".join(part.words for part in parts).split()) == Counter(words.split()), question.id
    assert sorted(code for part in parts for code in part.code) == sorted(written.code), question.id


def test_characters_that_anki_would_change_arrive_as_written(
    write_corpus: WriteCorpus, run: Run, collection: Collection, import_package: Import, tmp_path: Path
) -> None:
    text = (
        "# T\n\n## Which characters are these: `e\u0301` and `{{c1::x}}`? {#odd}\n\n"
        "Cafe\u0301, \\\\(x\\\\), \\\\[y\\\\], [sound:a.mp3], [latex]z[/latex],"
        " [[type:Prompt]], {{Prompt}}, A\u030a.\n\n"
        "```html+jinja\n\n  {{ user.name }}\t{% if x %}[$]a[/$]{% endif %}\n<b>&amp;</b>  \n\n```\n\n"
        "```python\nx = 'e\u0301\u212b' # \\(a\\) [sound:b.mp3] {{c1::y}}\n```\n"
    )
    folder = write_corpus({"01-first.md": text})
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    import_package(tmp_path / "demo.apkg")
    (question,) = written(folder / "01-first.md")
    card = collection.get_card(collection.find_cards("")[0])
    _assert_shows(card.answer(), question, ("prompt", "answer"))
    assert card.answer_av_tags() == []
    assert "\\(" not in card.answer().replace("</code>", "").partition("<pre")[0]


def test_marks_of_other_tools_arrive_as_they_were_written(
    write_corpus: WriteCorpus, run: Run, collection: Collection, import_package: Import, tmp_path: Path
) -> None:
    picture = (CASES / "media" / "blue.png").read_bytes()
    text = (CASES / "valid" / "marks.md").read_bytes()
    run("build", write_corpus({"01-first.md": text, "media/blue.png": picture}), "--output", tmp_path)
    assert import_package(tmp_path / "demo.apkg")["new"] == 3
    packed = read_package(tmp_path / "demo.apkg", "demo").notes.values()
    for note in packed:
        (note_id,) = collection.find_notes(f"ID:{note.fields['ID']}")
        arrived = {name: html for name, html in collection.get_note(note_id).items() if html}
        assert arrived == dict(note.fields)
    answers = [collection.get_card(card).answer() for card in collection.find_cards("")]
    shown = "".join(answers)
    for element in (
        "s",
        "mark",
        "sub",
        "sup",
        "ruby",
        "rt",
        "kbd",
        "u",
        "dl",
        "dt",
        "dd",
        'ol class="notes"',
    ):
        assert f"<{element}>" in shown, element
    assert len([answer for answer in answers if "It is" in answer]) == 4, "a card for each gap"
    missing = collection.media.check()
    assert list(missing.missing) == []
    assert import_package(tmp_path / "demo.apkg") == _log(duplicate=3)


def test_importing_the_same_file_again_changes_nothing(flask: Path, import_package: Import) -> None:
    first = import_package(flask.parent / "flask.apkg")
    assert import_package(flask.parent / "flask.apkg") == _log(duplicate=first["new"])


def test_one_edited_answer_updates_one_note_and_keeps_every_review(
    flask: Path, collection: Collection, import_package: Import, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = import_package(flask.parent / "flask.apkg")["new"]
    reviewed = _review(collection, "ID:contexts", "ID:application-factory")
    before = _history(collection)
    chapter = flask / "06-contexts.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(text.replace("The **application context** holds", "The **app context** holds", 1))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1910000000")

    result = run("build", flask, "--output", flask.parent, "--only", "apkg")
    assert "deck.lock: 1 changed; commit it" in result.output
    assert import_package(flask.parent / "flask.apkg") == _log(updated=1, duplicate=total - 1)
    assert _history(collection) == before
    assert "The <strong>app context</strong> holds" in collection.get_card(reviewed[0]).answer()
    assert len(collection.models.all_names_and_ids()) == _stock_note_types(collection) + 2


def test_a_renamed_question_keeps_its_history(
    flask: Path, collection: Collection, import_package: Import, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = import_package(flask.parent / "flask.apkg")["new"]
    (card_id,) = _review(collection, "ID:contexts")
    before = _history(collection)
    chapter = flask / "06-contexts.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(text.replace("{#contexts .senior", '{#two-contexts was="contexts" .senior', 1))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1910000000")

    run("build", flask, "--output", flask.parent, "--only", "apkg")
    assert import_package(flask.parent / "flask.apkg") == _log(updated=1, duplicate=total - 1)
    assert _history(collection) == before
    assert list(collection.find_cards("ID:two-contexts")) == [card_id]


def test_the_searches_of_a_plan_find_the_notes_that_they_are_for(
    write_corpus: WriteCorpus,
    run: Run,
    collection: Collection,
    import_package: Import,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Through the steps of a learner, with names that Anki's searches would take for something else."""
    questions = [f"## What is {n}? {{#q{n}}}\n\nA number.\n" for n in range(450)]
    title = r'# A "b" *c* d_e \\\\ f: (g) OR -h'
    settings = 'id = "demo"\ntitle = "D"\ndeck = "Demo_1"\n'

    def chapter(questions: list[str], title: str = title) -> str:
        return "\n".join((title + "\n", *questions))

    folder = write_corpus(
        {"deck.toml": settings, "01-first.md": chapter(questions), "02-x.md": chapter([], "# axbdxe")}
    )
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    import_package(tmp_path / "demo.apkg")
    (tmp_path / "demo.apkg").rename(tmp_path / "old.apkg")
    collection.set_deck(collection.find_cards("ID:q1"), collection.decks.id("Mine") or 0)
    before = _history(collection)

    (folder / "01-first.md").write_text(chapter(questions[440:]))
    (folder / "02-x.md").write_text(chapter(questions[:210], "# axbdxe"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000100")
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    assert import_package(tmp_path / "demo.apkg") == _log(updated=210, duplicate=10)
    assert _history(collection) == before

    result = run("plan", folder, "--against", tmp_path / "old.apkg", "--format", "json")
    found = [
        {collection.get_note(note)["ID"] for note in collection.find_notes(step["search"])}
        for step in json.loads(result.output)[0]["steps"]
    ]
    assert [len(ids) for ids in found] == [199, 10, 200, 30]
    assert found[0] | found[1] | {"q1"} == {f"q{n}" for n in range(210)}, "q1 is where its learner wants it"
    assert found[2] | found[3] == {f"q{n}" for n in range(210, 440)}


def test_a_new_style_arrives_without_touching_a_note(
    flask: Path, collection: Collection, import_package: Import, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from builder.design import styles

    total = import_package(flask.parent / "flask.apkg")["new"]
    shutil.copytree(styles.FOLDER, flask.parent / "styles")
    sheet = flask.parent / "styles" / "card.css"
    sheet.write_text(sheet.read_text() + ".new-look {}\n")
    monkeypatch.setattr(styles.read_styles, "__defaults__", (sheet.parent,))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1910000000")
    run("build", flask, "--output", flask.parent, "--only", "apkg")
    assert import_package(flask.parent / "flask.apkg") == _log(duplicate=total)
    assert ".new-look" in collection.get_card(collection.find_cards("ID:contexts")[0]).css()


def test_how_the_editor_and_the_search_treat_fields_arrives_without_touching_a_note(
    flask: Path, collection: Collection, import_package: Import, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1911000000")
    with monkeypatch.context() as patch:
        patch.setattr(
            note_types, "fields", lambda language: tuple(Field(name, id_) for name, id_ in note_types.FIELDS)
        )
        run("build", flask, "--output", flask.parent / "old", "--only", "apkg")
    total = import_package(flask.parent / "old" / "flask.apkg")["new"]
    assert len(collection.find_notes("senior")) > 200, "as every build was before"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1912000000")
    run("build", flask, "--output", flask.parent, "--only", "apkg")
    assert import_package(flask.parent / "flask.apkg") == _log(duplicate=total)
    found = collection.find_notes("senior")
    assert 0 < len(found) < 20
    for note_id in found:
        note = collection.get_note(note_id)
        words = " ".join(
            note[name] for name, _ in note_types.FIELDS if name not in ("Level", "Topics", "Source")
        )
        assert "senior" in words.lower()
    assert len(collection.find_notes("Level:senior")) > 200
    assert len(collection.find_notes("ID:contexts")) == 1
    for note_type in collection.models.all():
        if "Flask" in note_type["name"]:
            assert sum(not field["collapsed"] for field in note_type["flds"]) <= 10


@pytest.fixture
def parts(flask: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with decks of parts of the Flask corpus, beside its deck; its lock is as it was."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1910000000")
    lock = (flask / "deck.lock").read_bytes()
    for part in (["--core"], ["--level", "senior"], ["--chapter", "6", "--core"]):
        result = run("build", flask, "--output", flask.parent, *part)
        assert result.exit_code == 0, result.output
    assert (flask / "deck.lock").read_bytes() == lock, "a part leaves out no note that the lock has"
    return flask.parent


@pytest.mark.parametrize(
    "order",
    [
        ["-core", "", "-core"],
        ["", "-core", "-senior"],
        ["-senior", "-core", "-core-contexts", ""],
        ["-core-contexts", "-core", "-senior", ""],
    ],
)
def test_parts_and_the_whole_arrive_once_in_any_order_and_no_review_is_lost(
    parts: Path, collection: Collection, import_package: Import, order: list[str]
) -> None:
    reviewed: list[Any] = []
    for number, part in enumerate(order):
        known = set(collection.find_notes(""))
        history = _history_of(collection, known)
        log = import_package(parts / f"flask{part}.apkg")
        assert log["updated"] == log["conflicting"] == 0
        assert log["new"] == collection.note_count() - len(known)
        assert _history_of(collection, known) == history, "what was there is as it was"
        if number == 0:
            reviewed += _review(collection, "ID:contexts", "ID:request-hooks")
    assert collection.db is not None
    assert collection.note_count() == len(_all(parts / "flask"))
    assert collection.db.scalar("SELECT count(DISTINCT guid) FROM notes") == collection.note_count()
    assert collection.db.scalar("SELECT count() FROM revlog") == len(reviewed) == 2
    assert sum("Flask" in entry.name for entry in collection.models.all_names_and_ids()) == 2
    description = collection.decks.by_name("Flask interview")
    assert description is not None
    assert description["desc"]


def test_new_cards_of_the_core_come_first_in_each_chapter_by_their_rank(
    flask: Path, collection: Collection, import_package: Import
) -> None:
    import_package(flask.parent / "flask.apkg")
    for path in sorted(flask.glob("[0-9]*.md")):
        found = re.findall(
            r'^##.*\{#([\w-]+)(?:[^}]*? (\.core|core="\d"))?.*\}$', path.read_text(), re.MULTILINE
        )
        rank = {id_: int(core[-2]) if "=" in core else 1 if core else 4 for id_, core in found}
        written = list(rank)
        ids = [
            collection.get_card(card).note()["ID"]
            for card in collection.find_cards(
                f'"deck:Flask interview::{path.name[:2]} *"', order="c.due, c.ord"
            )
        ]
        assert list(dict.fromkeys(ids)) == sorted(written, key=rank.__getitem__), path.name
    assert len(collection.find_notes("tag:flask::core")) == len(collection.find_notes("tag:*core*"))


def test_another_rank_is_news_to_nobody_and_a_place_in_the_core_only_a_tag(
    flask: Path, collection: Collection, import_package: Import, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = import_package(flask.parent / "flask.apkg")["new"]
    _review(collection, "ID:contexts", "ID:request-hooks", "ID:signals")
    before = _history(collection)
    fields = {note: collection.get_note(note).fields for note in collection.find_notes("")}
    chapter = flask / "06-contexts.md"
    text = chapter.read_text()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1910000000")

    chapter.write_text(text.replace("{#contexts .senior .core ", '{#contexts .senior core="3" '))
    assert chapter.read_text() != text
    result = run("build", flask, "--output", flask.parent, "--only", "apkg")
    assert "deck.lock: the order changed" in result.output
    assert import_package(flask.parent / "flask.apkg") == _log(duplicate=total)

    chapter.write_text(
        text.replace("{#contexts .senior .core ", "{#contexts .senior ").replace(
            "{#signals .mid ", "{#signals .mid .core "
        )
    )
    run("build", flask, "--output", flask.parent, "--only", "apkg")
    assert import_package(flask.parent / "flask.apkg") == _log(updated=2, duplicate=total - 2)
    assert _history(collection) == before
    assert {note: collection.get_note(note).fields for note in fields} == fields
    assert not collection.find_notes("ID:contexts tag:flask::core")
    assert collection.find_notes("ID:signals tag:flask::core")


def _all(folder: Path) -> list[Written]:
    return [question for questions in _chapters(folder).values() for question in questions]


def _history_of(collection: Collection, notes: set[Any]) -> list[Any]:
    """Return the cards of some notes and their reviews."""
    assert collection.db is not None
    return [row for row in collection.db.all("SELECT nid, * FROM cards ORDER BY id") if row[0] in notes] + (
        collection.db.all("SELECT * FROM revlog ORDER BY id")
    )


def _review(collection: Collection, *searches: str) -> list[Any]:
    """Answer the cards that searches find, through the real scheduler."""
    cards = [collection.find_cards(search)[0] for search in searches]
    for card_id in cards:
        card = collection.get_card(card_id)
        card.start_timer()
        collection.sched.answerCard(card, 3)
    return cards


def _history(collection: Collection) -> list[Any]:
    assert collection.db is not None
    cards = collection.db.all(
        "SELECT id, nid, did, ord, type, queue, due, ivl, factor, reps FROM cards ORDER BY id"
    )
    return cards + collection.db.all("SELECT * FROM revlog ORDER BY id")


def _stock_note_types(collection: Collection) -> int:
    names = [entry.name for entry in collection.models.all_names_and_ids()]
    return sum("Flask" not in name for name in names)
