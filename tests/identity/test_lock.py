"""The ledger of identity."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from builder.identity.lock import Commit, Lock, NoteEntry, Published, read_lock, remember, update
from builder.markdown.parser import Source

NOW = 1_790_000_000


def _notes(*names: str, content: str = "x") -> list[Published]:
    return [Published(name, content, "1.1", "Deck") for name in names]


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
    mended = update(clash, _notes(*"ab"), {}, now=NOW + 20)
    assert mended.notes["a"].id == one.notes["a"].id
    assert mended.notes["b"].id != one.notes["a"].id


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
    assert without.notes["b"].state == "retired"
    assert update(without, _notes(*"ab"), {}, now=NOW + 20) == lock


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
        guid="a:basic:b", hash="0f", mod=1, id=2, position=3, number="1.2", state="retired", deck="A::01 B"
    )
    lock = Lock({entry.guid: entry}, {})
    assert _read(str(lock)) == lock
    assert _read(str(lock).replace("\n", "\r\n")) == lock


@pytest.mark.parametrize(
    "line",
    [
        "note a 0f 99999999999999 1 1 1.1 live D",
        "note a 0f 1 999999999999999999999 1 1.1 live D",
        "note a 0f 1 1 1000001 1.1 live D",
        "note a 0f -1 1 1 1.1 live D",
        "note a 0f 1 1 1 1.1 lost D",
        "type a 0f x",
    ],
)
def test_a_line_with_an_impossible_number_is_damaged(line: str) -> None:
    _, diagnostics = read_lock(Source(Path("deck.lock"), line))
    assert [diagnostic.code for diagnostic in diagnostics] == ["damaged-lock"]


def test_a_damaged_line_is_named_and_the_others_are_read() -> None:
    lock = update(Lock(), _notes(*"ab"), {"basic": "css"}, now=NOW)
    lines = str(lock).splitlines()
    lines[2] = lines[2].replace(str(lock.notes["b"].mod), "<<<<<<<")
    read, diagnostics = read_lock(Source(Path("deck.lock"), "\n".join(lines)))
    assert [(d.location.line, d.code) for d in diagnostics] == [(3, "damaged-lock")]
    assert read == replace(lock, notes={"a": lock.notes["a"]})


def test_an_entry_of_the_year_1970_is_remembered_as_any_other() -> None:
    line = "note demo:basic:one 0123456789abcdef 0 7 0 1.1 live Demo"
    lock, found = read_lock(Source(Path("deck.lock"), f"{line}\n"))
    assert found == []
    assert remember(lock, [Commit("1", (), (line,))], until=NOW).notes == lock.notes
