"""What becomes of a learner's collection from build to build: in the newest Anki, and in an older one.

Every import checks that nothing is lost and that all it did is in its log (`Learner.imports`).
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from builder.anki import note_types
from tests.conftest import CASES
from tests.learner import FIRST, QUESTIONS, SECOND, SIX, TICK, Anki, Author, Learner, Package, Step
from tests.running import until

FIRST_RELEASE = CASES / "first-release.apkg"
"""The corpus as the first release built it, on day 1. Never to be made anew: it is what learners have."""

pytestmark = pytest.mark.slow


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path)


@pytest.fixture
def learner(anki: Anki) -> Learner:
    return anki.learner()


def test_the_same_file_again_changes_nothing(author: Author, learner: Learner) -> None:
    first = author.builds(day=1)
    assert learner.imports(first, day=2) == {"new": QUESTIONS}
    learner.studies(day=3)
    before = learner.has
    assert learner.imports(first, day=4) == {}
    assert learner.has == before


def test_edits_arrive_and_nothing_else_changes(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    author.edit(FIRST, ("What is one?", "Which is one?"), ("The second", "The 2nd"), ("blue.png", "box.svg"))
    author.edit(SECOND, ("{#four}", '{#four .senior tags="numbers"}'))
    second = author.builds(day=4)
    images = len(learner.has.media)
    assert learner.imports(second, day=5) == {"updated": {"one", "two", "three", "four"}}
    assert learner.lacks(second) == set()
    assert len(learner.has.media) == images + 1


def test_an_inserted_question_comes_in_its_place(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    author.edit(SECOND, ("## What is five?", "## What is 4.5? {#new}\n\nMore.\n\n## What is five?"))
    assert learner.imports(author.builds(day=4), day=5) == {"new": {"new"}}
    assert learner.card("new")["deck"] == "Demo deck::02 Second"
    assert learner.card("four")["due"] < learner.card("new")["due"] < learner.card("five")["due"]


def test_a_removed_question_stays_and_counts_as_the_same_when_it_comes_back(
    author: Author, anki: Anki, learner: Learner
) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    author.edit(SECOND, (SIX, ""))
    second = author.builds(day=4)
    newcomer = anki.learner()
    assert newcomer.imports(second, day=5) == {"new": QUESTIONS - {"six"}}
    assert learner.imports(second, day=5) == {}
    assert "six" in learner.notes()
    author.edit(SECOND, ("The fifth.\n", f"The fifth.\n\n{SIX}"))
    third = author.builds(day=6)
    assert learner.imports(third, day=7) == {"updated": {"six"}}, "it arrives again"
    assert newcomer.imports(third, day=7) == {"new": {"six"}}
    author.edit(SECOND, ("The sixth", "The 6th"))
    assert learner.imports(author.builds(day=8), day=9) == {"updated": {"six"}}


def test_a_renamed_question_keeps_its_card(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    author.edit(FIRST, ("{#one .junior", '{#uno was="one" .junior'))
    assert learner.imports(author.builds(day=4), day=5) == {"updated": {"one"}}
    assert learner.notes()["one"].text["ID"] == "uno"


def test_a_moved_question_stays_in_its_deck_and_gets_the_tag_of_its_chapter(
    author: Author, learner: Learner
) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    author.edit(SECOND, (SIX, ""))
    author.edit(FIRST, ("## What is two?", f"{SIX}\n## What is two?"))
    second = author.builds(day=4)
    assert learner.imports(second, day=5) == {"updated": {"six"}}
    assert learner.lacks(second) == set()
    assert learner.card("six")["deck"] == "Demo deck::02 Second"


def test_a_new_style_comes_without_touching_a_note(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    for day in (4, 6):
        author.restyle(f".day-{day} {{}}\n")
        package = author.builds(day=day)
        assert not learner.has_style(package)
        assert learner.imports(package, day=day + 1) == {}
        assert learner.has_style(package)


def test_a_style_of_the_learners_own_stays_until_the_author_changes_the_decks(
    author: Author, learner: Learner
) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies({"do": "restyle", "type": "Demo (basic)", "css": ".mine {}"}, day=3)
    author.edit(FIRST, ("The first", "The 1st"))
    assert learner.imports(author.builds(day=4), day=5) == {"updated": {"one"}}
    assert learner.has.types["Demo (basic)"]["css"] == ".mine {}"
    author.restyle(".day-6 {}\n")
    third = author.builds(day=6)
    assert learner.imports(third, day=7) == {}
    assert learner.has_style(third)


def test_an_older_text_comes_back_like_any_other_edit(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    for day, change in ((4, ("The first", "The 1st")), (6, ("The 1st", "The first"))):
        author.edit(FIRST, change)
        package = author.builds(day=day)
        assert learner.imports(package, day=day + 1) == {"updated": {"one"}}
        assert learner.lacks(package) == set()


def test_what_git_takes_back_comes_back_although_the_lock_was_taken_back_too(
    author: Author, learner: Learner
) -> None:
    _git(author.corpus, "init", "--quiet")
    learner.imports(author.builds(day=1), day=2)
    _commit(author.corpus)
    learner.studies(day=3)
    author.edit(FIRST, ("The first", "The 1st"))
    assert learner.imports(author.builds(day=4), day=5) == {"updated": {"one"}}
    _commit(author.corpus)
    _git(author.corpus, "revert", "--no-edit", "HEAD")
    third = author.builds(day=6)
    assert learner.imports(third, day=7) == {"updated": {"one"}}
    assert learner.lacks(third) == set()


def _commit(folder: Path) -> None:
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "A change")


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_builds_may_be_skipped(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    author.edit(FIRST, ("The first", "The 1st"))
    author.restyle(".second {}\n")
    author.builds(day=4)
    author.edit(FIRST, ("The 1st", "The FIRST"), ("The second", "The 2nd"))
    author.edit(SECOND, (SIX, "## What is seven? {#seven}\n\nThe seventh.\n"))
    author.builds(day=5)
    author.edit(FIRST, ("The 2nd", "The second"))
    last = author.builds(day=6)
    assert learner.imports(last, day=7) == {"new": {"seven"}, "updated": {"one", "two"}}
    assert learner.lacks(last) == set()
    assert learner.has_style(last)


def test_an_older_file_takes_nothing_back(author: Author, learner: Learner) -> None:
    first = author.builds(day=1)
    author.edit(FIRST, ("The first", "The 1st"))
    author.restyle(".second {}\n")
    second = author.builds(day=2)
    learner.imports(second, day=3)
    learner.studies(day=4)
    assert learner.imports(first, day=5) == {}
    assert learner.has_style(second)


def test_builds_and_imports_may_follow_each_other_by_a_second(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=1 + TICK)
    learner.studies(day=1 + TICK)
    for number, change in enumerate((("The first", "The 1st"), ("The 1st", "The first")), start=1):
        author.edit(FIRST, change)
        package = author.builds(day=1 + 2 * number * TICK)
        assert learner.imports(package, day=1 + (2 * number + 1) * TICK) == {"updated": {"one"}}
        assert learner.lacks(package) == set()


def test_builds_and_imports_within_a_second_are_told_apart(author: Author, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=1)
    for change in (("The first", "The 1st"), ("The 1st", "The first")):
        author.edit(FIRST, change)
        package = author.builds(day=1)
        assert learner.imports(package, day=1) == {"updated": {"one"}}
        assert learner.lacks(package) == set()


def test_a_first_import_may_come_after_many_builds(author: Author, learner: Learner) -> None:
    first = author.builds(day=1)
    author.edit(FIRST, ("The first", "The 1st"))
    author.restyle(".second {}\n")
    second = author.builds(day=2)
    learner.imports(first, day=3)
    assert learner.imports(second, day=4) == {"updated": {"one"}}
    assert learner.lacks(second) == set()
    assert learner.has_style(second)


def test_only_an_older_anki_passes_over_a_change_that_it_imports_after_a_later_one_to_the_same_note(
    author: Author, anki: Anki, learner: Learner
) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=2)
    author.edit(FIRST, ("The first", "The 1st"))
    author.restyle(".second {}\n")
    second = author.builds(day=3)
    author.edit(FIRST, ("The 1st", "The FIRST"), ("The second", "The 2nd"))
    author.restyle(".third {}\n")
    third = author.builds(day=4)
    assert learner.imports(second, day=5) == {"updated": {"one"}}
    late = {"one"} if anki.dates_changes_by_import else set()
    assert learner.imports(third, day=6) == {"updated": {"one", "two"} - late}
    assert learner.lacks(third) == late
    assert learner.has_style(third)

    author.edit(SECOND, ("The fifth", "The 5th"))
    fourth = author.builds(day=7)
    assert learner.imports(fourth, day=8) == {"updated": {"five"}}
    assert learner.lacks(fourth) == late, "until its author changes it again"
    author.edit(FIRST, ("The FIRST", "Number one"))
    fifth = author.builds(day=9)
    assert learner.imports(fifth, day=10) == {"updated": {"one"}}
    assert learner.lacks(fifth) == set()


def test_a_build_of_today_updates_what_the_first_release_brought(author: Author, learner: Learner) -> None:
    """Fields, card templates and identities are frozen: whoever has ever imported a deck is brought on."""
    author.builds(day=1)
    learner.imports(Package.read(FIRST_RELEASE), day=2)
    learner.studies(day=3)
    author.edit(FIRST, ("The first", "The 1st"))
    author.restyle(".second {}\n")
    second = author.builds(day=4)
    assert learner.imports(second, day=5) == {"updated": {"one"}}
    assert learner.has_style(second)


def test_a_spare_field_and_a_spare_template_get_their_meaning_by_a_new_name(
    author: Author, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    fields = [("Mnemonic" if name == "Spare 1" else name, id_) for name, id_ in note_types.FIELDS]
    sides = [
        ("Mnemonic" if name == "Spare" else name, file, id_)
        for name, file, id_ in note_types.TEMPLATES["basic"]
    ]
    monkeypatch.setattr(note_types, "FIELDS", tuple(fields))
    monkeypatch.setattr(note_types, "TEMPLATES", {**note_types.TEMPLATES, "basic": tuple(sides)})
    author.edit(FIRST, ("The first", "The 1st"))
    assert learner.imports(author.builds(day=4), day=5) == {"updated": {"one"}}
    note_type = learner.has.types["Demo (basic)"]
    assert "Mnemonic" in note_type["fields"]
    assert "Mnemonic" in [name for name, *_ in note_type["templates"]]


OWN_CHANGES = {
    "an edit": {"do": "edit", "field": "Details", "text": "My own words"},
    "a tag": {"do": "tag", "tag": "mine"},
    "a mark": {"do": "tag", "tag": "marked"},
    "a leech": {"do": "become a leech"},
}


@pytest.mark.parametrize("change", OWN_CHANGES.values(), ids=OWN_CHANGES)
def test_of_the_learners_change_and_the_authors_the_later_counts(
    change: Step, author: Author, learner: Learner
) -> None:
    learner.imports(author.builds(day=1), day=2)
    learner.studies(day=3)
    author.edit(FIRST, ("The first", "The 1st"), ("The second", "The 2nd"))
    second = author.builds(day=4)
    learner.does({**change, "search": "ID:one"}, day=5)
    assert learner.imports(second, day=6) == {"updated": {"two"}}
    assert learner.lacks(second) == {"one"}
    author.edit(FIRST, ("The 1st", "The FIRST"))
    third = author.builds(day=7)
    assert learner.imports(third, day=8) == {"updated": {"one"}}
    assert learner.lacks(third) == set()


def test_the_real_clock_does_what_dating_back_shows(author: Author, anki: Anki, learner: Learner) -> None:
    learner.imports(author.builds(day=1), day=None)
    author.edit(FIRST, ("The first", "The 1st"))
    second = author.builds(day=2)
    author.edit(FIRST, ("The 1st", "The FIRST"), ("The second", "The 2nd"))
    author.restyle(".third {}\n")
    third = author.builds(day=3)
    assert learner.imports(second, day=None) == {"updated": {"one"}}
    late = {"one"} if anki.dates_changes_by_import else set()
    assert learner.imports(third, day=None, merge_notetypes=True) == {"updated": {"one", "two"} - late}
    merged = int(time.time())
    assert learner.has_style(third)
    author.restyle(".fourth {}\n")
    fourth = author.builds(day=4)
    assert learner.imports(fourth, day=None) == {}
    assert not learner.has_style(fourth), "the note type is dated by the import that merged"
    until(lambda: int(time.time()) > merged)  # Anki dates in whole seconds
    author.edit(FIRST, ("The FIRST", "Number one"))
    author.restyle(".fifth {}\n")
    fifth = author.builds(day=None)
    assert learner.imports(fifth, day=None) == {"updated": {"one"}}
    assert learner.has_style(fifth)
