"""Locks: any deck.lock is read, remembered with any past, and brought up to date."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hypothesis.strategies import SearchStrategy

from builder.corpus.files import LOCK_FILE, read_source
from builder.corpus.kinds import DEFAULT
from builder.corpus.model import ChapterOutline, Outline, QuestionOutline, Settings
from builder.diagnostics import Location
from builder.identity.lock import Lock, read_lock
from builder.identity.lockfile import DAY
from builder.identity.numbering import number_questions
from builder.identity.remember import Commit, remember
from builder.identity.update import Published, update
from builder.markdown.source import Source
from tests.fuzzing.attempts import PROJECT
from tests.fuzzing.mutations import mutated_texts
from tests.fuzzing.promises import check_lock_is_kept, check_places, check_unread
from tests.fuzzing.target import Target, promise

_IDS = ("a", "b", "c", "d", "e")
_CLOCKS = (1_790_000_000, 1_600_000_000, 4_102_444_800, 7_258_118_399)
"""Now, the oldest deck, 2100, and the last second that a build can be told."""
_WORDS = (
    *(" ", "\n", "\r", "\t", "\v", "\x1c", "\x85", "\xa0", "\u2028", "\ufeff", "\0", "#", "note", "type"),
    *("live", "retired", "merged", "basic", "cloze", "any:basic:a", "any:cloze:a", "any:basic:", "::"),
    *("other:basic:a", ":", "0", "-1", "1", "7", "9999999999", "10000000000", "9999999999999"),
    *("10000000000000", "2147483647", "1e9", "٣", "²", "1_0", "1.1", "1.1a", "1.", ".1"),
    *("99999999999999999999.1", "1.1aaaaaaaaaaaaa", "9" * 5000, "x.y", "1.٣", "<<<<<<< ours\n", "=======\n"),
    *(">>>>>>> theirs\n", "||||||| base\n", "note ", "type basic h 1\n", "A::B", "ſ"),
    "note any:basic:a h 1790000000 1789000000000 1000 1.1 live Any\n",
    "note any:basic:a i 1790000000 1789000000000 1000 1.2 retired Any\n",
    "note any:basic:f h 1790000000 1789000000000 2147483647 1.1 live Any::01 T\n",
    "note any:basic:b h 9999999999 9999999999999 0 1.1 live Any\n",
    "note other:cloze:x h 1790000001 1789000000001 1001 1.1 live Other\n",
    "note any:basic:a basic a h 1790000000 1789000000000 1000 1.1 returned 0,1x Any\n",
    "note a%20b%25 basic c h 1790000000 1789000000000 1000 1.3 gone - Any\n",
    "note any:basic:b basic b h 1790000000 1789000000000 1000 1.2 sample 0 Any\n",
    *(
        "version 2\n",
        "version 3\n",
        "corpus any\n",
        "corpus other\n",
        "deck Other\n",
        "%",
        "%FF",
        "%2",
        "0x",
        "500",
    ),
    *("returned", "gone", "sample", "-", "0,1", "0x,0"),
)


@cache
def inputs() -> SearchStrategy[bytes]:
    """Change locks of this corpus: new, old, merged, and another's."""
    first = _notes("x", "Any::01 T")
    new = update(Lock(), first, {"basic": "t", "cloze": "t"}, now=_CLOCKS[0])
    ours, theirs = (
        update(new, _notes(change, "Any::01 T"), {"basic": change}, now=_CLOCKS[0] + 10) for change in "yz"
    )
    fewer = update(new, first[:2], {"basic": "t"}, now=_CLOCKS[0])
    merged = f"{ours}{theirs}"
    conflict = f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> branch\n"
    shipped = [
        path.read_text(encoding="utf-8") for path in sorted((PROJECT / "content").glob(f"*/{LOCK_FILE}"))
    ]
    others = ["".join(text.splitlines(keepends=True)[-20:]) for text in shipped]
    return mutated_texts(("", str(new), str(ours), str(fewer), merged, conflict, *others), _WORDS)


def _notes(change: str, deck: str) -> list[Published]:
    return [_published(id_, f"{change}{id_}", f"1.{place}", deck) for place, id_ in enumerate(_IDS, 1)]


def _published(id_: str, hash_: str, number: str, deck: str) -> Published:
    guid = f"any:basic:{id_}"
    return Published(guid=guid, type="basic", question=id_, hash=hash_, number=number, deck=deck, cards=(0,))


def try_input(path: Path, folder: Path) -> bool:
    """Read a lock; remember it with a past and publish by it, if nothing is wrong."""
    source, unread = read_source(path)
    check_unread(unread, path)
    lock, found = read_lock(source)
    check_places(found, source)
    check_lock_is_kept(lock, path)
    past = _past(source)
    for clock in _CLOCKS:
        known = remember(lock, past, until=clock + DAY)
        check_lock_is_kept(known, path)
        promise(lock.notes.keys() <= known.notes.keys(), "locks: an entry is forgotten")
        if not unread and not found:
            _check_update(known, clock, path)
    return not unread and not found


def _past(source: Source) -> list[Commit]:
    """Return a past with a merge, in which the lines of a lock came and went."""
    lines = tuple(source.lines)
    half = len(lines) // 2
    return [
        Commit("1", (), lines[:half]),
        Commit("2", ("1",), lines[half:]),
        Commit("3", ("1",), lines[::2]),
        Commit("4", ("2", "3"), lines[::-1]),
        Commit("5", ("4", "lost"), lines),
    ]


def _check_update(lock: Lock, now: int, path: Path) -> None:
    """A build by a lock whose clock is right keeps every identity, and can be repeated."""
    times = [entry.mod for entry in lock.notes.values()] + [entry.mod for entry in lock.types.values()]
    if max(times, default=0) > now + DAY:
        return  # a build refuses it
    numbers = number_questions(_OUTLINE, lock.numbers())
    promise(len({*numbers.values()}) == len(numbers), "numbers: two questions have one", numbers)
    notes = [_published(id_, f"x{id_}", numbers[id_], "Any::01 T") for id_ in _IDS]
    new = update(lock, notes, {"basic": "t"}, now=now, corpus="any", deck="Any")
    check_lock_is_kept(new, path)
    again = update(new, notes, {"basic": "t"}, now=now + 1000, corpus="any", deck="Any")
    promise(again == new, "locks: a second build changes it")
    promise(len({entry.id for entry in new.notes.values()}) == len(new.notes), "locks: two notes of one id")
    places = [new.notes[note.guid].position for note in notes]
    promise(places == sorted({*places}), "locks: positions out of order", places)
    for guid, old in lock.notes.items():
        if old.state == "sample" and guid not in new.notes:
            continue
        entry = new.notes[guid]
        promise(entry.mod >= old.mod and entry.deck == old.deck, "locks: an identity changed", (old, entry))
        is_news = entry.hash != old.hash or (entry.is_there and not old.is_there)
        promise((entry.mod > old.mod) == is_news, "locks: a time does not tell what is news", (old, entry))


def _question(id_: str) -> QuestionOutline:
    return QuestionOutline(
        id=id_,
        was="",
        kind=DEFAULT,
        level=None,
        tags=(),
        has_own_tags=False,
        prompt=id_,
        has_context=False,
        is_drill=id_ in ("b", "c"),
        location=Location(Path("01-any.md")),
    )


_OUTLINE = Outline(
    folder=Path("any"),
    settings=Settings(id="any", title="Any", deck="Any"),
    chapters=(
        ChapterOutline(
            path=Path("01-any.md"), number=1, slug="any", title="T", questions=tuple(map(_question, _IDS))
        ),
    ),
)

LOCKS = Target(name="locks", suffix=".lock", inputs=inputs, try_input=try_input)
