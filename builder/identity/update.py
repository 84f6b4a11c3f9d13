"""The lock that a build writes: the earlier lock, updated with what is published now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from builder.corpus.model import NOTHING_ACCEPTED, Accepted
from builder.identity.guid import CLOZE, like
from builder.identity.lock import Lock, NoteEntry, State, TypeEntry
from builder.identity.study_order import positions

NO_CHAPTERS: Mapping[str, int] = {}
NO_TIMES: Mapping[str, int] = {}
_SLOTS = 30 * 24 * 60 * 60
"""Range of a note's id: seconds before its first build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A note as a build is about to publish it: its identity, and a hash of what learners see."""

    guid: str
    type: str
    """Name of its note type."""
    question: str
    """First id under which its question was published."""
    hash: str
    number: str
    deck: str
    cards: tuple[int, ...] = ()
    """Ordinals of its cards."""
    is_sample: bool = False
    """True if it is in a chapter of `cardpress new` that its author has not changed."""
    mod: int = 0
    """Its time in the existing deck, if it is an unchanged note of that deck; otherwise 0."""
    id: int = 0
    """Its note id in that deck; 0 if it has none."""


def update(
    lock: Lock,
    notes: Sequence[Published],
    types: Mapping[str, str],
    *,
    now: int,
    times: Mapping[str, int] = NO_TIMES,
    corpus: str = "",
    deck: str = "",
    chapters: Mapping[str, int] = NO_CHAPTERS,
    accepted: Accepted = NOTHING_ACCEPTED,
) -> Lock:
    """Return the lock of a build; `notes` are in study order, `types` are the note types' hashes.

    `now` is in seconds since the epoch; `times` are those of note types from an existing deck. `corpus` and
    `deck` are the corpus's id and root deck, `chapters` the numbers of chapters whose file names have none,
    and `accepted` is the table `[accepted]`. The function is pure: the same lock, content and time give the
    same lock.
    """
    entries = dict(_no_longer_there(lock, {note.guid for note in notes}, accepted))
    known = (lock.notes.get(note.guid) for note in notes)
    places = positions([entry.position if entry else None for entry in known])
    ids = _NoteIds(lock, corpus, now)
    for note, position in zip(notes, places, strict=True):
        old = lock.notes.get(note.guid)
        if old is None:
            entries[note.guid] = NoteEntry(
                guid=note.guid,
                type=note.type,
                question=note.question,
                hash=note.hash,
                mod=note.mod or now,
                id=ids.kept(note.id) or ids.new(note.guid),
                position=position,
                number=note.number,
                state="sample" if note.is_sample else "live",
                cards=note.cards,
                deck=note.deck,
            )
        else:
            entries[note.guid] = _updated(lock, old, note, position, now, accepted)
    # Merged branches may have chosen one id for two notes: the older note keeps it.
    seen: set[int] = set()
    is_clear = len({entry.id for entry in entries.values()}) == len(entries)
    ordered = () if is_clear else sorted(entries.values(), key=lambda entry: (entry.mod, entry.guid))
    for entry in ordered:
        if entry.id in seen:
            entries[entry.guid] = replace(entry, id=ids.new(entry.guid))
        seen.add(entry.id)
    # Anki does not rename decks. Until the author accepts the new name, the lock keeps the old one.
    is_kept = lock.deck and lock.deck not in accepted.decks
    return Lock(
        entries,
        _updated_types(lock, types, times, now),
        corpus=corpus or lock.corpus,
        deck=lock.deck if is_kept else deck,
        chapters={**lock.chapters, **chapters},
    )


def _no_longer_there(lock: Lock, there: set[str], accepted: Accepted) -> Iterator[tuple[str, NoteEntry]]:
    for guid, entry in lock.notes.items():
        if guid in there or entry.state == "sample":
            continue
        is_accepted = entry.state == "retired" or entry.question in accepted.retired
        state: State = "retired" if is_accepted else "gone"
        yield guid, entry if entry.state == state else replace(entry, state=state)


def _updated(
    lock: Lock, old: NoteEntry, note: Published, position: int, now: int, accepted: Accepted
) -> NoteEntry:
    """Return the entry of a note that was published before."""
    is_back = not old.is_there
    state: State = "returned" if is_back else old.state
    if state == "sample" and not note.is_sample:
        state = "live"
    gone = {*old.cards, *old.retired_cards}.difference(note.cards)
    retired = {
        ordinal
        for ordinal in gone
        if ordinal in old.retired_cards or card_name(old.question, ordinal) in accepted.cards
    }
    is_news = is_back or old.hash != note.hash
    new = replace(
        old,
        hash=note.hash,
        mod=_later(lock, old, now) if is_news else old.mod,
        position=position,
        number=note.number,
        state=state,
        cards=tuple(sorted({*note.cards, *gone}.difference(retired))),
        retired_cards=tuple(sorted(retired)),
    )
    return old if new == old else new


def card_name(question: str, ordinal: int) -> str:
    """Return a card's name in deck.toml, `g-lifetime:2`: for a cloze question, with its cloze number."""
    return f"{question}:{ordinal + 1}"


def _updated_types(
    lock: Lock, types: Mapping[str, str], times: Mapping[str, int], now: int
) -> dict[str, TypeEntry]:
    entries = dict(lock.types)
    for name, hash_ in types.items():
        old = entries.get(name)
        if old is None:
            entries[name] = TypeEntry(name=name, hash=hash_, mod=times.get(name, now))
        elif old.hash != hash_:
            entries[name] = TypeEntry(name=name, hash=hash_, mod=_later(lock, old, now))
    return entries


def card_words(note_type: str, ordinal: int) -> str:
    """Return a card's name in messages: `cloze number 2`."""
    return f"{'cloze number' if like(note_type) == CLOZE else 'card'} {ordinal + 1}"


def _later(lock: Lock, old: NoteEntry | TypeEntry, now: int) -> int:
    """Return the time of a change: later than any version that learners may have, whatever the clock."""
    return max(now, old.mod + 1, lock.latest.get(old.key, 0) + 1)


class _NoteIds:
    """Chooses unique ids for new notes: unique in the corpus and, very likely, in all corpora.

    Like Anki's own, they are milliseconds before now, so that its searches by date work. The second depends
    on the GUID, so that two branches and two corpora choose differently. The milliseconds begin at a number
    of the corpus and leave room for the cards' ids, which are the note's plus ordinal. If two notes in a
    collection had one id, Anki would give them new ones, different on each device (docs/facts/anki.md,
    section 8).
    """

    def __init__(self, lock: Lock, corpus: str, now: int) -> None:
        self.used = {entry.id for entry in lock.notes.values()}
        self.offset = _number(corpus) % 500
        self.now = now

    def kept(self, id_: int) -> int:
        """Return a note's id in an existing deck, which its learners have; 0 if another note has it."""
        if id_ in self.used:
            return 0
        self.used.add(id_)
        return id_

    def new(self, guid: str) -> int:
        id_ = (self.now - 1 - _number(guid) % _SLOTS) * 1000 + self.offset
        while id_ in self.used:
            id_ -= 1000
        self.used.add(id_)
        return id_


def was_first_published(entry: NoteEntry, time: int) -> bool:
    """Tell, by its id, whether a note of cardpress was first published at a time.

    It is always false for an id that was changed because another note had it.
    """
    return entry.id // 1000 + 1 + _number(entry.guid) % _SLOTS == time


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])
