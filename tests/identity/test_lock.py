"""deck.lock: read, merged, brought up to date, and remembered by git."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from builder.corpus.model import Accepted
from builder.identity.lock import Lock, NoteEntry, read_lock
from builder.identity.remember import Commit, remember
from builder.identity.update import Published, update
from builder.markdown.parser import Source

NOW = 1_790_000_000


def _notes(*names: str, content: str = "x") -> list[Published]:
    return [
        Published(guid=name, type="basic", question=name, hash=content, number="1.1", deck="Deck")
        for name in names
    ]


def _order(lock: Lock) -> str:
    return "".join(sorted(lock.notes, key=lambda guid: (lock.notes[guid].position, lock.notes[guid].id)))


def _read(text: str) -> Lock:
    lock, diagnostics = read_lock(Source(Path("deck.lock"), text))
    assert diagnostics == []
    return lock


def test_new_notes_stand_in_study_order() -> None:
    assert _order(update(Lock(), _notes(*"bca"), {}, now=NOW)) == "bca"


def test_a_note_that_comes_between_two_others_is_studied_between_them() -> None:
    lock = update(Lock(), _notes(*"ad"), {}, now=NOW)
    assert _order(update(lock, _notes(*"abcd"), {}, now=NOW + 1)) == "abcd"


def test_a_note_that_comes_first_is_studied_first() -> None:
    lock = update(Lock(), _notes(*"bc"), {}, now=NOW)
    assert _order(update(lock, _notes(*"abc"), {}, now=NOW + 1)) == "abc"


def test_note_ids_leave_room_for_card_ids_and_lie_in_the_past() -> None:
    lock = update(Lock(), _notes(*"abcdefgh"), {}, now=NOW)
    ids = sorted(entry.id for entry in lock.notes.values())
    assert all(later - earlier >= 1000 for earlier, later in pairwise(ids))
    assert (NOW - 31 * 24 * 60 * 60) * 1000 < ids[0] <= ids[-1] < NOW * 1000


def test_two_corpora_and_two_branches_choose_different_ids() -> None:
    ids = [
        entry.id
        for names in (("a:basic:x", "a:basic:y"), ("b:basic:x", "b:basic:y"), ("a:basic:z",))
        for entry in update(Lock(), _notes(*names), {}, now=NOW).notes.values()
    ]
    assert len(set(ids)) == 5


def test_one_id_chosen_by_two_branches_stays_with_the_older_note() -> None:
    one = update(Lock(), _notes("a"), {}, now=NOW)
    other = update(Lock(), _notes("b"), {}, now=NOW + 10)
    clash = Lock({**one.notes, "b": replace(other.notes["b"], id=one.notes["a"].id)}, {})
    fixed = update(clash, _notes(*"ab"), {}, now=NOW + 20)
    assert fixed.notes["a"].id == one.notes["a"].id
    assert fixed.notes["b"].id != one.notes["a"].id


def test_a_note_that_moved_is_studied_in_its_new_place_and_the_others_stay() -> None:
    lock = update(Lock(), _notes(*"abcd"), {}, now=NOW)
    moved = update(lock, _notes(*"dabc"), {}, now=NOW + 1)
    assert _order(moved) == "dabc"
    assert [moved.notes[name] == lock.notes[name] for name in "abcd"] == [True, True, True, False]
    assert moved.notes["d"].mod == lock.notes["d"].mod, "a place is no news"


def test_a_changed_note_gets_a_later_time_even_if_the_clock_went_back() -> None:
    lock = update(Lock(), _notes("a"), {}, now=NOW)
    changed = update(lock, _notes("a", content="y"), {}, now=NOW - 5000)
    assert changed.notes["a"].mod == NOW + 1


def test_a_note_that_is_taken_back_to_its_old_words_is_news_again() -> None:
    first = update(Lock(), _notes("a"), {}, now=NOW)
    second = update(first, _notes("a", content="y"), {}, now=NOW + 10)
    third = update(second, _notes("a"), {}, now=NOW + 20)
    assert third.notes["a"].mod > second.notes["a"].mod > first.notes["a"].mod


def test_a_removed_note_is_kept_for_ever_and_comes_back_as_itself() -> None:
    lock = update(Lock(), _notes(*"ab"), {}, now=NOW)
    without = update(lock, _notes("a"), {}, now=NOW + 10)
    assert without.notes["b"] == replace(lock.notes["b"], state="gone")
    back = update(without, _notes(*"ab"), {}, now=NOW + 20)
    assert back.notes["b"] == replace(lock.notes["b"], state="returned", mod=NOW + 20), "it arrives again"
    assert back.notes["a"] == lock.notes["a"]
    assert update(back, _notes(*"ab"), {}, now=NOW + 30) == back


def test_an_end_that_is_accepted_is_remembered_and_need_not_be_accepted_again() -> None:
    lock = update(Lock(), _notes(*"ab"), {}, now=NOW)
    accepted = update(lock, _notes("a"), {}, now=NOW + 10, accepted=Accepted(retired=("b",)))
    assert accepted.notes["b"].state == "retired"
    assert update(accepted, _notes("a"), {}, now=NOW + 20) == accepted


def test_a_sample_goes_by_itself_and_stays_once_it_is_an_authors_own() -> None:
    samples = [replace(note, is_sample=True) for note in _notes(*"ab")]
    lock = update(Lock(), samples, {}, now=NOW)
    assert update(lock, _notes("c"), {}, now=NOW + 10).notes.keys() == {"c"}
    own = update(lock, _notes("a"), {}, now=NOW + 10)
    assert own.notes.keys() == {"a"}
    assert own.notes["a"].state == "live"
    assert update(own, (), {}, now=NOW + 20).notes["a"].state == "gone"


def test_every_card_that_was_published_is_remembered_until_its_end_is_accepted() -> None:
    def published(*cards: int) -> list[Published]:
        return [replace(note, cards=cards) for note in _notes("a")]

    lock = update(Lock(), published(0, 1), {}, now=NOW)
    fewer = update(lock, published(0, 2), {}, now=NOW + 10)
    assert (fewer.notes["a"].cards, fewer.notes["a"].retired_cards) == ((0, 1, 2), ())
    accepted = update(fewer, published(0, 2), {}, now=NOW + 20, accepted=Accepted(cards=("a:2",)))
    assert (accepted.notes["a"].cards, accepted.notes["a"].retired_cards) == ((0, 2), (1,))
    assert update(accepted, published(0, 2), {}, now=NOW + 30) == accepted
    again = update(accepted, published(0, 1), {}, now=NOW + 40)
    assert (again.notes["a"].cards, again.notes["a"].retired_cards) == ((0, 1, 2), ())


def test_the_root_deck_that_learners_have_is_remembered_until_another_is_accepted() -> None:
    lock = update(Lock(), _notes("a"), {}, now=NOW, deck="Old")
    other = update(lock, _notes("a"), {}, now=NOW + 10, deck="New")
    assert other.deck == "Old"
    assert (
        update(other, _notes("a"), {}, now=NOW, deck="New", accepted=Accepted(decks=("Old",))).deck == "New"
    )


def test_a_lock_of_the_first_version_is_read_and_written_as_todays() -> None:
    line = "note demo:basic:one 0123456789abcdef 5 7 0 1.1 retired Demo deck::01 First chapter"
    lock = _read(f"# The identity of every note ever published.\n{line}\ntype basic 0f 4\n")
    assert (lock.corpus, lock.deck) == ("demo", "Demo deck")
    (entry,) = lock.notes.values()
    assert (entry.type, entry.question, entry.cards, entry.state) == ("basic", "one", (), "retired")
    assert _read(str(lock)) == lock
    assert str(lock).splitlines()[1:] == [
        "version 2",
        "corpus demo",
        "deck Demo deck",
        "note demo:basic:one basic one 0123456789abcdef 5 7 0 1.1 retired - Demo deck::01 First chapter",
        "type basic 0f 4",
    ]


def test_a_lock_of_a_later_cardpress_is_not_guessed_at() -> None:
    lock, (found,) = read_lock(Source(Path("deck.lock"), "version 3\nnote a b c\n"))
    assert lock == Lock()
    assert "written by a later cardpress" in found.message
    assert found.severity == "error"


def test_the_marks_of_a_merge_are_passed_over_and_named() -> None:
    one, other = (update(Lock(), _notes(name), {}, now=NOW) for name in "ab")
    text = f"<<<<<<< ours\n{one}||||||| base\n{Lock()}=======\n{other}>>>>>>> theirs\n"
    lock, (found,) = read_lock(Source(Path("deck.lock"), text))
    assert lock.notes == {**one.notes, **other.notes}
    assert (found.code, found.severity, found.location.line) == ("unmerged-lock", "warning", 1)


def test_the_note_type_changes_without_the_notes() -> None:
    lock = update(Lock(), _notes("a"), {"basic": "css 1"}, now=NOW)
    styled = update(lock, _notes("a"), {"basic": "css 2"}, now=NOW + 10)
    assert styled.notes == lock.notes
    assert styled.types["basic"].mod == NOW + 10


def _merged_by_union(content: str, *, ours_later: int) -> tuple[Lock, Lock, Lock]:
    """Change a note on two branches, to `y` and to `z`; return both locks and that of the merged text."""
    base = update(Lock(), _notes(*"ab"), {}, now=NOW)
    theirs = update(base, _notes(*"ab", content="y"), {}, now=NOW + 50)
    ours = update(base, _notes(*"ab", content="z"), {}, now=NOW + 50 + ours_later)
    merged = update(_read(str(theirs) + str(ours)), _notes(*"ab", content=content), {}, now=NOW + 10)
    return theirs, ours, merged


def test_of_lines_that_git_merged_by_union_the_latest_counts() -> None:
    _, ours, merged = _merged_by_union("z", ours_later=1)
    assert merged == ours


def test_a_merge_that_takes_the_older_text_is_news() -> None:
    _, ours, merged = _merged_by_union("y", ours_later=1)
    assert merged.notes["a"].mod > ours.notes["a"].mod


def test_one_change_of_two_branches_is_dated_by_the_first_until_the_next_change() -> None:
    base = update(Lock(), _notes("a"), {}, now=NOW)
    one, other = (update(base, _notes("a", content="y"), {}, now=NOW + later) for later in (50, 90))
    merged = remember(
        _read(f"{one}{other}"),
        [_commit("0", base), _commit("1", one, "0"), _commit("2", other, "0")],
        until=NOW + 100,
    )
    assert update(merged, _notes("a", content="y"), {}, now=NOW + 99) == one
    assert update(merged, _notes("a", content="z"), {}, now=NOW + 60).notes["a"].mod == NOW + 91


def test_one_change_of_two_branches_is_dated_by_the_second_if_another_came_between() -> None:
    base = update(Lock(), _notes("a"), {}, now=NOW)
    one, between, other = (
        update(base, _notes("a", content=content), {}, now=NOW + later)
        for content, later in (("y", 50), ("z", 70), ("y", 90))
    )
    past = [
        _commit("0", base),
        _commit("1", one, "0"),
        _commit("2", between, "1"),
        _commit("3", other, "2"),
    ]
    merged = remember(_read(f"{one}{other}"), past, until=NOW + 100)
    assert update(merged, _notes("a", content="y"), {}, now=NOW + 99) == other


def test_a_version_that_was_built_and_never_committed_is_known_by_the_times_around_it() -> None:
    first = update(Lock(), _notes("a"), {}, now=NOW)
    unseen = update(first, _notes("a", content="y"), {}, now=NOW + 50)
    back = update(unseen, _notes("a"), {}, now=NOW + 90)
    reverted = remember(first, [_commit("0", first), _commit("1", back, "0")], until=NOW + 100)
    assert update(reverted, _notes("a"), {}, now=NOW + 99) == back


def _commit(id_: str, lock: Lock, *parents: str) -> Commit:
    return Commit(id_, parents, tuple(str(lock).splitlines()))


def test_two_texts_of_one_time_make_the_note_news() -> None:
    _, ours, merged = _merged_by_union("z", ours_later=0)
    assert merged.notes["a"].mod > ours.notes["a"].mod


def test_a_line_that_stood_in_a_merged_stretch_without_changing_is_no_news() -> None:
    base = update(Lock(), _notes(*"ab"), {}, now=NOW)
    ours = update(base, [*_notes("a"), *_notes("b", content="y")], {}, now=NOW + 50)
    merged = _read(str(base) + str(ours))
    assert update(merged, [*_notes("a"), *_notes("b", content="y")], {}, now=NOW + 90) == ours


def test_what_is_written_is_read_again() -> None:
    entry = NoteEntry(
        guid="a:basic:b",
        type="basic",
        question="b",
        hash="0f",
        mod=1,
        id=2,
        position=3,
        number="1.2",
        state="retired",
        cards=(0, 3),
        retired_cards=(1,),
        deck="A::01 B",
    )
    foreign = replace(
        entry, guid="n)%\t~ é", type="Basic (and reversed)", question="b c", state="gone", cards=()
    )
    lock = Lock({entry.guid: entry, foreign.guid: foreign}, {}, "a", "A root: deck", {"My chapter": 12})
    assert _read(str(lock)) == lock
    assert _read(str(lock).replace("\n", "\r\n")) == lock


@pytest.mark.parametrize(
    "line",
    [
        "note a basic a 0f 99999999999999 1 1 1.1 live 0 D",
        "note a basic a 0f 1 999999999999999999999 1 1.1 live 0 D",
        "note a basic a 0f 1 1 1000001 1.1 live 0 D",
        "note a basic a 0f -1 1 1 1.1 live 0 D",
        "note a basic a 0f 1 1 1 1.1 lost 0 D",
        "note a basic a 0f 1 1 1 1.1 live 500 D",
        "note a basic a 0f 1 1 1 1.1 live 0,x D",
        "note %FF basic a 0f 1 1 1 1.1 live 0 D",
        "note a:basic:a 0f 99999999999999 1 1 1.1 live D",
        "note a:basic:a 0f 1 1 1 1.1 gone D",
        "note a 0f 1 1 1 1.1 live D",
        "type a 0f x",
        "version 2.0",
        pytest.param(f"version {'9' * 5000}", id="a version of too many digits"),
    ],
)
def test_a_line_with_an_impossible_number_is_damaged(line: str) -> None:
    _, diagnostics = read_lock(Source(Path("deck.lock"), line))
    assert [diagnostic.code for diagnostic in diagnostics] == ["damaged-lock"]


def test_a_damaged_line_is_named_and_the_others_are_read() -> None:
    lock = update(Lock(), _notes(*"ab"), {"basic": "css"}, now=NOW)
    lines = str(lock).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("note b "))
    lines[place] = lines[place].replace(str(lock.notes["b"].mod), "<<<<<<<")
    read, diagnostics = read_lock(Source(Path("deck.lock"), "\n".join(lines)))
    assert [(d.location.line, d.code) for d in diagnostics] == [(place + 1, "damaged-lock")]
    assert read == replace(lock, notes={"a": lock.notes["a"]})


def test_an_entry_of_the_year_1970_is_remembered_as_any_other() -> None:
    line = "note demo:basic:one 0123456789abcdef 0 7 0 1.1 live Demo"
    lock, found = read_lock(Source(Path("deck.lock"), f"{line}\n"))
    assert found == []
    assert remember(lock, [Commit("1", (), (line,))], until=NOW).notes == lock.notes


@pytest.mark.parametrize("cards", ["0,0", "1,0", "0,0x", "1x,0,1"])
def test_cards_that_somebody_wrote_twice_are_kept_once(cards: str) -> None:
    text = f"version 2\nnote demo:basic:a basic a 0f 1 2 1 1.1 live {cards} Demo\n"
    lock, diagnostics = read_lock(Source(Path("deck.lock"), text))
    assert not diagnostics
    assert read_lock(Source(Path("deck.lock"), str(lock))) == (replace(lock, is_stale=False), [])
