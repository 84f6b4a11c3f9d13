"""A deck that learners had before its corpus: in the real Anki, nothing is new, lost or changed at first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")

from builder.pipeline.adopt import restyle
from tests.conftest import CASES
from tests.learner import Anki, Step
from tests.old_deck import (
    FORMATS,
    MAPPING,
    NEW,
    NOTES,
    SCRIPT,
    Format,
    OldDeck,
    OldLearner,
    make_old_deck,
    write_adopted_corpus,
)

pytestmark = pytest.mark.slow
Run = Callable[..., Result]
Build = Callable[[], Path]


@pytest.fixture(scope="module")
def old_deck(tmp_path_factory: pytest.TempPathFactory) -> OldDeck:
    return make_old_deck(tmp_path_factory.mktemp("old") / "deck")


@pytest.fixture
def corpus(tmp_path: Path, old_deck: OldDeck) -> Path:
    return write_adopted_corpus(tmp_path / "spanish", old_deck)


@pytest.fixture(params=FORMATS)
def learner(request: pytest.FixtureRequest, tmp_path: Path, old_deck: OldDeck) -> Iterator[OldLearner]:
    """Yield somebody who has the old deck, from a package of each format, and has reviewed and tagged it."""
    name: Format = request.param
    learner = OldLearner(tmp_path / "learner", old_deck.packages[name])
    learner.reviews()
    learner.tags("my::own")
    yield learner
    learner.close()


@pytest.fixture
def build(run: Run, tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Return a function that builds the package, each time an hour later."""
    now = 1_790_000_000

    def build() -> Path:
        nonlocal now
        now += 3600
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(now))
        result = run("build", corpus, "--output", tmp_path / "out", "--only", "apkg")
        assert result.exit_code == 0, result.output
        return tmp_path / "out" / "spanish.apkg"

    return build


def _edit(corpus: Path, old: str, new: str) -> None:
    path = corpus / "01-spanish.md"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_the_first_import_changes_nothing_at_all(learner: OldLearner, build: Build) -> None:
    before = learner.rows()
    package = build()
    assert learner.imports(package) == {"duplicate": 4}
    assert learner.imports(package) == {"duplicate": 4}
    assert learner.rows() == before


@pytest.mark.parametrize(
    ("question", "old", "new", "changed"),
    [
        ("to-be", "to be\n", "to be, *always*\n", {"Meaning": "to be, <em>always</em>"}),
        ("give", "## dar {", "## dar algo {", {"Word": "dar algo"}),
        (
            "capital",
            "c2::Spain::a country}}.",
            "c2::Spain}}, and in {{c3::Europe}}.",
            {"Text": "{{c1::Madrid}} is the capital of {{c2::Spain}}, and in {{c3::Europe}}."},
        ),
    ],
)
def test_one_edit_is_one_update_of_the_fields_that_are_mapped(
    learner: OldLearner,
    build: Build,
    corpus: Path,
    question: str,
    old: str,
    new: str,
    changed: dict[str, str],
) -> None:
    learner.imports(build())
    before, fields = learner.rows(), dict(learner.note(question).items())
    _edit(corpus, old, new)
    package = build()
    assert learner.imports(package) == {"updated": 1, "duplicate": 3}
    assert learner.imports(package) == {"duplicate": 4}
    after = learner.rows()
    mapped = {name: text for name, text in learner.note(question).items() if text != fields[name]}
    assert mapped.items() >= changed.items()
    assert mapped.keys() <= {*MAPPING[NOTES[question][1]].values()}
    known = {row[0] for row in before["cards"]}
    assert [row for row in after["cards"] if row[0] in known] == before["cards"]
    assert len(after["cards"]) - len(known) == (question == "capital")
    assert {key: after[key] for key in ("reviews", "types", "templates", "fields")} == {
        key: before[key] for key in ("reviews", "types", "templates", "fields")
    }
    assert [row for row in after["notes"] if row[1] != NOTES[question][0]] == [
        row for row in before["notes"] if row[1] != NOTES[question][0]
    ]


def test_an_edit_that_is_taken_back_brings_the_first_bytes_again(
    learner: OldLearner, build: Build, corpus: Path
) -> None:
    fields = learner.note("to-be").fields
    _edit(corpus, "to be\n", "not to be\n")
    assert learner.imports(build()) == {"updated": 1, "duplicate": 3}
    assert learner.note("to-be").fields != fields
    _edit(corpus, "not to be\n", "to be\n")
    assert learner.imports(build()) == {"updated": 1, "duplicate": 3}
    assert learner.note("to-be").fields == fields


def test_another_tag_changes_the_tags_alone(learner: OldLearner, build: Build, corpus: Path) -> None:
    fields = learner.note("to-be").fields
    _edit(corpus, 'tags="verbs"', 'tags="irregular"')
    assert learner.imports(build()) == {"updated": 1, "duplicate": 3}
    assert (learner.note("to-be").fields, learner.note("to-be").tags) == (fields, ["spanish::irregular"])


def test_what_is_no_text_of_a_question_updates_nothing(
    learner: OldLearner, build: Build, corpus: Path
) -> None:
    before = learner.rows()
    _edit(corpus, '{#to-be tags="verbs"}', '{#ser .core .junior was="to-be" tags="verbs"}')
    _edit(corpus, "# Spanish\n", "# Spanish words\n\nHow to learn them.\n")
    _edit(corpus, "## la casa", "<!-- Why? -->\n\n## la casa")
    (corpus / "01-spanish.md").rename(corpus / "02-words.md")
    assert learner.imports(build()) == {"duplicate": 4}
    assert learner.rows() == before


def test_a_new_question_has_a_note_of_ours(learner: OldLearner, build: Build, corpus: Path) -> None:
    learner.imports(build())
    before = learner.rows()
    with (corpus / "01-spanish.md").open("a") as file:
        file.write(NEW)
    assert learner.imports(build()) == {"new": 1, "duplicate": 4}
    assert learner.rows()["reviews"] == before["reviews"]
    assert learner.rows()["notes"][:4] == before["notes"]
    (note_id,) = learner.collection.find_notes("ID:see")
    assert learner.collection.get_note(note_id).guid == "spanish:basic:see"


def test_a_new_image_in_a_question_is_an_edit(learner: OldLearner, build: Build, corpus: Path) -> None:
    learner.imports(build())
    shutil.copy(CASES / "media" / "wide.png", corpus / "media" / "blue.png")
    assert learner.imports(build()) == {"updated": 1, "duplicate": 3}
    assert 'src="blue-' in learner.note("house")["Meaning"]


def test_restyling_updates_every_note_once(learner: OldLearner, build: Build, corpus: Path) -> None:
    learner.imports(build())
    before = learner.rows()
    restyled = restyle(corpus)
    assert restyled.notes == 4
    assert "updates up to 4 notes" in restyled.cost
    # The HTML of the cloze question is what it was.
    assert learner.imports(build()) == {"updated": 3, "duplicate": 1}
    assert learner.imports(build()) == {"duplicate": 4}
    assert {key: learner.rows()[key] for key in ("cards", "reviews")} == {
        key: before[key] for key in ("cards", "reviews")
    }
    assert learner.note("to-be")["Word"] == "ser <em>o</em> estar"
    assert learner.note("to-be")["Sound"] == "[sound:a b.wav]"
    assert restyle(corpus).notes == 0


def test_our_style_comes_after_theirs_where_the_author_asks_for_it(
    learner: OldLearner, build: Build, corpus: Path
) -> None:
    learner.imports(build())
    before = learner.rows()
    _set(corpus, "our-style = true")
    assert learner.imports(build()) == {"duplicate": 4}
    assert {key: learner.rows()[key] for key in ("cards", "reviews", "notes")} == {
        key: before[key] for key in ("cards", "reviews", "notes")
    }
    style = learner.kind("Vocabulary")["css"]
    assert style.startswith(".card { color: navy; text-align: center }")
    assert ".cp" in style


def _set(corpus: Path, setting: str) -> None:
    with (corpus / "deck.toml").open("a") as file:
        file.write(f"\n[adopted]\n{setting}\n")


def test_every_anki_changes_nothing_at_first_and_then_what_was_edited(
    anki: Anki, old_deck: OldDeck, corpus: Path, build: Build, tmp_path: Path
) -> None:
    collection = tmp_path / "collection.anki2"

    def imports(package: Path) -> Step:
        return {"do": "import", "file": str(package), "options": {}}

    before, _ = anki.ask(
        collection, imports(old_deck.packages["anki21"]), {"do": "review", "ease": 3}, at=1_700_000_000
    )
    after, (log,) = anki.ask(collection, imports(build()), at=1_790_000_000)
    assert {name: len(guids) for name, guids in log.items() if guids} == {"duplicate": 4}
    assert after == before
    for hours, answer in enumerate(("to be, always", "to be, never"), 2):
        _edit(corpus, *_answers(corpus, answer))
        after, (log,) = anki.ask(collection, imports(build()), at=1_790_000_000 + hours * 3600 + 60)
        assert log["updated"] == [NOTES["to-be"][0]]
        assert (after.cards, after.reviews, after.types) == (before.cards, before.reviews, before.types)
        (note,) = (note for note in after.notes if note["guid"] == NOTES["to-be"][0])
        assert note["fields"]["Meaning"] == answer


def _answers(corpus: Path, answer: str) -> tuple[str, str]:
    """Return the answer to the first question as it is written, and as another one would be."""
    text = (corpus / "01-spanish.md").read_text()
    return text.split("\n\n")[2] + "\n\n## la", f"{answer}\n\n## la"


@pytest.fixture
def newcomer(tmp_path: Path, build: Build) -> Iterator[OldLearner]:
    """Yield somebody who never had the old deck, and imports what is built."""
    learner = OldLearner(tmp_path / "newcomer", build())
    yield learner
    learner.close()


def test_a_newcomer_gets_the_deck_as_it_was_without_its_scripts(
    newcomer: OldLearner, old_deck: OldDeck, tmp_path: Path
) -> None:
    other = OldLearner(tmp_path / "other", old_deck.packages["anki21b"])
    ours, theirs = newcomer.rows(), other.rows()
    assert ours["notes"] == theirs["notes"]
    assert [(*row[:2], row[3]) for row in ours["cards"]] == [(*row[:2], row[3]) for row in theirs["cards"]]
    assert newcomer.decks() == other.decks()
    assert newcomer.media() >= {"a b.wav", "blue.png"}
    mine, its = newcomer.kind("Vocabulary"), other.kind("Vocabulary")
    assert "<script>" in its["tmpls"][0].pop("afmt")
    assert "<script>" not in mine["tmpls"][0].pop("afmt")
    for kind in (mine, its):
        kind.pop("usn")
    assert mine == its
    other.close()


def test_a_newcomer_who_gets_the_old_deck_later_has_nothing_twice(
    newcomer: OldLearner, old_deck: OldDeck
) -> None:
    before = newcomer.rows()
    newcomer.reviews()
    for package in old_deck.packages.values():
        assert newcomer.imports(package) == {"duplicate": 4}
    assert newcomer.rows()["notes"] == before["notes"]


def test_a_newcomer_gets_scripts_where_the_author_keeps_them(
    corpus: Path, newcomer: OldLearner, build: Build
) -> None:
    assert "<script>" not in newcomer.kind("Vocabulary")["tmpls"][0]["afmt"]
    _set(corpus, "keep-scripts = true")
    newcomer.imports(build())
    assert "<script>" in newcomer.kind("Vocabulary")["tmpls"][0]["afmt"]


def test_every_card_shows_what_it_showed(newcomer: OldLearner, old_deck: OldDeck, tmp_path: Path) -> None:
    other = OldLearner(tmp_path / "other", old_deck.packages["anki21"])
    shown = [
        [
            (card.render_output().question_text, card.render_output().answer_text.replace(SCRIPT, ""))
            for card in map(collection.get_card, collection.find_cards("", order="c.id"))
        ]
        for collection in (newcomer.collection, other.collection)
    ]
    other.close()
    assert len(shown[0]) == 9
    assert shown[0] == shown[1]


# --- what is said of it ---------------------------------------------------------------------------


def _planned(run: Run, corpus: Path, package: Path) -> dict[str, Any]:
    result = run("plan", corpus, "--against", package, "--format", "json")
    assert result.exit_code == 0, result.output
    (plan,) = json.loads(result.stdout)
    return dict(plan)


_NOTHING: Mapping[str, object] = {
    "added": [],
    "changed": [],
    "edited": [],
    "moved": [],
    "retired": [],
    "risks": [],
    "steps": [],
    "returned": [],
    "retagged": 0,
    "is_restyled": False,
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_plan_for_who_has_the_old_deck_changes_nothing_but_what_was_edited(
    run: Run, corpus: Path, old_deck: OldDeck, name: Format
) -> None:
    plan = _planned(run, corpus, old_deck.packages[name])
    assert plan == {**_NOTHING, "untouched": 4, "corpus": "spanish", "against": plan["against"]}
    _edit(corpus, "to be\n", "to be or not to be\n")
    _edit(corpus, "{#give}", '{#give tags="new"}')
    plan = _planned(run, corpus, old_deck.packages[name])
    assert [(each["note"]["id"], each["parts"]) for each in plan["changed"]] == [
        ("to-be", ["prompt", "answer"]),  # its prompt has our HTML, too
        ("give", ["tags"]),
    ]
    assert plan["changed"][0]["note"]["prompt"] == "ser o estar"
    assert plan["untouched"] == 2


def test_a_plan_for_a_learners_export_knows_their_own_tags_and_edits(
    run: Run, corpus: Path, learner: OldLearner, build: Build, tmp_path: Path
) -> None:
    learner.imports(build())
    note = learner.note("house")
    note["Hint"] = "a hint of my own"
    learner.collection.update_note(note)
    _edit(corpus, "to be\n", "to be or not to be\n")
    build()
    for is_legacy in (False, True):
        plan = _planned(run, corpus, learner.exports(tmp_path / "mine.apkg", is_legacy=is_legacy))
        assert [each["note"]["id"] for each in plan["changed"]] == ["to-be"]
        assert [each["id"] for each in plan["edited"]] == ["house"]
        assert (plan["retagged"], plan["risks"], plan["untouched"]) == (1, [], 2)


def test_a_question_that_is_gone_is_found_by_its_note_id(
    run: Run, corpus: Path, old_deck: OldDeck, build: Build
) -> None:
    build()
    _edit(corpus, "## dar {#give}\n\nto give\n\n", "")
    (step,) = _planned(run, corpus, old_deck.packages["anki21b"])["steps"]
    assert step["search"] == f"nid:{old_deck.adopted.notes['give'].id}"
    assert "question-gone" in run("check", corpus).output


def test_a_lost_lock_comes_back_from_the_package(corpus: Path, build: Build, learner: OldLearner) -> None:
    _edit(corpus, "to be\n", "to be or not to be\n")
    learner.imports(build())
    before = learner.rows()
    (corpus / "deck.lock").unlink()
    assert learner.imports(build()) == {"duplicate": 4}
    assert learner.rows() == before


def test_a_lost_lock_comes_back_from_a_learners_export(
    corpus: Path, build: Build, learner: OldLearner
) -> None:
    _edit(corpus, "to be\n", "to be or not to be\n")
    package = build()
    learner.imports(package)
    before = learner.rows()
    (corpus / "deck.lock").unlink()
    learner.exports(package)
    assert learner.imports(build()) == {"duplicate": 4}
    assert learner.rows() == before


def test_without_the_file_that_says_what_was_adopted_nothing_is_built(
    run: Run, corpus: Path, build: Build
) -> None:
    build()
    (corpus / "deck.adopted").unlink()
    result = run("check", corpus)
    assert result.output.count("[lost-adopted]") == 1
    assert "no longer has the note of 'capital', and of 3 other questions" in result.output
    assert run("build", corpus, "--output", corpus.parent / "out", "--only", "apkg").exit_code == 1


def test_a_damaged_file_of_what_was_adopted_is_one_finding(run: Run, corpus: Path, build: Build) -> None:
    build()
    with (corpus / "deck.adopted").open("a") as file:
        file.write("<<<<<<< HEAD\n")
    result = run("check", corpus)
    assert result.output.count("error:") == 1
    assert "deck.adopted:12:1: error" in result.output


def test_a_question_of_another_kind_has_a_note_of_its_own(run: Run, corpus: Path, build: Build) -> None:
    build()
    _edit(corpus, "{#give}\n\nto give", "{#give .cloze}\n\n{{c1::to give}}")
    assert "[kind-changed]" in run("check", corpus).output


def test_scripts_and_lost_files_are_named(run: Run, corpus: Path) -> None:
    (corpus / "media" / "a-b.wav").unlink()
    output = run("check", corpus).output
    assert "the card template 'Forward' of 'Vocabulary' has a script" in output
    assert "the file 'media/a-b.wav' is gone, which adopted notes use as 'a b.wav'" in output
    _set(corpus, "keep-scripts = true")
    assert "the package contains it, and Anki runs it" in run("check", corpus).output


def test_a_style_that_other_decks_may_share_is_named_by_plan(run: Run, corpus: Path, build: Build) -> None:
    build()
    assert "[shared-style]" not in run("plan", corpus).output
    _set(corpus, "our-style = true")
    output = run("plan", corpus).output
    assert "the style sheet of cardpress changes all cards of 'Vocabulary', 'Gaps'" in output


def test_every_command_takes_a_corpus_with_adopted_notes(run: Run, corpus: Path, build: Build) -> None:
    build()
    for command in (("check",), ("stats",), ("plan",), ("outdated",)):
        result = run(*command, corpus)
        assert result.exit_code == 0, result.output
    (counted,) = json.loads(run("stats", corpus, "--format", "json").stdout)
    assert [chapter["questions"] for chapter in counted["chapters"]] == [4]
