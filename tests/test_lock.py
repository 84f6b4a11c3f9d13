"""The ledger of identity."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from builder.lock import Lock, NoteEntry, Published, read_lock, update
from builder.markdown import Source

NOW = 1_790_000_000


def _notes(*names: str, content: str = "x") -> list[Published]:
    return [Published(name, content, "Deck") for name in names]


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
    assert mended.notes["a"] == one.notes["a"]
    assert mended.notes["b"].id != one.notes["a"].id


def test_many_questions_fit_between_two_others() -> None:
    lock = update(Lock(), _notes("a", "z"), {}, now=NOW)
    names = "az"
    for build, name in enumerate("bcdefgh", 1):
        names = names[:-1] + name + "z"
        lock = update(lock, _notes(*names), {}, now=NOW + build)
    assert _order(lock) == "abcdefghz"


def test_a_question_at_the_end_comes_last_even_after_others_changed_places() -> None:
    lock = update(Lock(), _notes(*"abc"), {}, now=NOW)
    lock = update(lock, _notes(*"cabd"), {}, now=NOW + 1)
    assert _order(lock)[-1] == "d"


def test_positions_stay_below_what_anki_allows() -> None:
    lock = update(Lock(), [Published(f"g{n}", "x", "Deck") for n in range(20_000)], {}, now=NOW)
    positions = [entry.position for entry in lock.notes.values()]
    assert positions == sorted(set(positions))
    assert positions[-1] <= 1_000_000


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


def test_a_lock_that_git_merged_by_union_counts_its_latest_line() -> None:
    lock = update(Lock(), _notes(*"ab"), {}, now=NOW)
    theirs = update(lock, _notes("b", content="y"), {}, now=NOW + 50)
    merged = _read(str(lock) + str(theirs))
    assert merged.notes["b"].mod == NOW + 50
    rebuilt = update(merged, _notes("b", content="y"), {}, now=NOW + 10)
    assert rebuilt.notes["b"].mod == NOW + 51, "differing hashes mean that the note changed"


def test_what_is_written_is_read_again() -> None:
    entry = NoteEntry(guid="a:basic:b", hash="0f", mod=1, id=2, position=3, state="retired", deck="A::01 B c")
    lock = Lock({entry.guid: entry}, {})
    assert _read(str(lock)) == lock
    assert _read(str(lock).replace("\n", "\r\n")) == lock


@pytest.mark.parametrize(
    "line",
    [
        "note a 0f 99999999999999 1 1 live D",
        "note a 0f 1 999999999999999999999 1 live D",
        "note a 0f 1 1 1000001 live D",
        "note a 0f -1 1 1 live D",
        "note a 0f 1 1 1 lost D",
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
