"""deck.lock, the ledger of identity: what Anki must find unchanged in every build.

A corpus's author commits it. One line per note and per note type, sorted:

    note GUID HASH MOD ID POSITION STATE DECK
    type NAME HASH MOD

- HASH covers what a learner sees of the note, not where it stands. A new hash means a new MOD.
- MOD, in seconds, is what Anki compares to decide whether a note is news: it only ever grows.
- ID, in milliseconds, is the note's own in every collection; its cards' ids are ID + ordinal.
- POSITION orders new cards; gaps leave room for questions that come between.
- STATE is `live`, or `retired` once the question is gone: its identity stays reserved for ever.
- DECK is where the note was first published: Anki never moves a card (facts on importing, section 3).

Lines of one key (two branches merged by union) count as the one with the highest MOD; where their hashes
differ, the note counts as changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from builder.diagnostics import Diagnostic
from builder.markdown import Source

FILE_NAME = "deck.lock"
_HEADER = "# The identity of every note ever published. Written by `cardpress build`; commit it."
_GAP = 64
_LAST_POSITION = 1_000_000
"""Anki repairs due numbers above it (facts on importing, section 8)."""

State = Literal["live", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEntry:
    """What the lock knows of a note."""

    guid: str
    hash: str
    mod: int
    id: int
    position: int
    state: State
    deck: str

    def __str__(self) -> str:
        columns = (self.guid, self.hash, self.mod, self.id, self.position, self.state, self.deck)
        return " ".join(map(str, ("note", *columns)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeEntry:
    """What the lock knows of a note type."""

    name: str
    hash: str
    mod: int

    def __str__(self) -> str:
        return f"type {self.name} {self.hash} {self.mod}"


@dataclass(frozen=True, slots=True)
class Lock:
    """The ledger: notes by GUID, note types by name."""

    notes: Mapping[str, NoteEntry] = field(default_factory=dict)
    types: Mapping[str, TypeEntry] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = (
            *(str(self.notes[guid]) for guid in sorted(self.notes)),
            *(str(self.types[name]) for name in sorted(self.types)),
        )
        return "\n".join((_HEADER, *lines)) + "\n"


@dataclass(frozen=True, slots=True)
class Published:
    """What a build is about to publish of one note: its identity and what is seen of it."""

    guid: str
    hash: str
    deck: str


def read_lock(source: Source) -> tuple[Lock, list[Diagnostic]]:
    """Read a lock. A damaged line is an error: without it, its note would be news to every learner."""
    notes: dict[str, NoteEntry] = {}
    types: dict[str, TypeEntry] = {}
    diagnostics: list[Diagnostic] = []
    for number, line in enumerate(source.lines):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            entry = _entry(line)
        except ValueError:
            diagnostics.append(
                Diagnostic(
                    source.location(number),
                    "damaged-lock",
                    f"this line of the lock cannot be read: {line[:60]!r}",
                    "restore the file from its history (a line is never edited by hand)",
                )
            )
            continue
        if isinstance(entry, NoteEntry):
            notes[entry.guid] = _merged(notes.get(entry.guid), entry)
        else:
            types[entry.name] = _merged(types.get(entry.name), entry)
    return Lock(notes, types), diagnostics


def _entry(line: str) -> NoteEntry | TypeEntry:
    match line.split(" ", 7):
        case ["note", guid, hash_, mod, id_, position, ("live" | "retired") as state, deck]:
            return NoteEntry(
                guid=guid,
                hash=hash_,
                mod=int(mod),
                id=int(id_),
                position=int(position),
                state="live" if state == "live" else "retired",
                deck=deck,
            )
        case ["type", name, hash_, mod]:
            return TypeEntry(name=name, hash=hash_, mod=int(mod))
        case _:
            raise ValueError(line)


_Entry = TypeVar("_Entry", NoteEntry, TypeEntry)


def _merged(old: _Entry | None, new: _Entry) -> _Entry:
    if old is None:
        return new
    latest = max(old, new, key=lambda entry: entry.mod)
    return latest if old.hash == new.hash else replace(latest, hash="merged")


def update(lock: Lock, notes: Sequence[Published], types: Mapping[str, str], *, now: int) -> Lock:
    """Return the lock of a build: what is published, in study order, and the note types' hashes.

    `now` is in seconds since the epoch. Pure: the same lock, content and time give the same lock.
    """
    entries = dict(_retired(lock, {note.guid for note in notes}))
    positions = _positions([lock.notes.get(note.guid) for note in notes])
    ids = _new_ids(lock, now, count=sum(note.guid not in lock.notes for note in notes))
    for note, position in zip(notes, positions, strict=True):
        old = lock.notes.get(note.guid)
        if old is None:
            entries[note.guid] = NoteEntry(
                guid=note.guid,
                hash=note.hash,
                mod=now,
                id=next(ids),
                position=position,
                state="live",
                deck=note.deck,
            )
        else:
            mod = old.mod if old.hash == note.hash else max(now, old.mod + 1)
            entries[note.guid] = replace(old, hash=note.hash, mod=mod, state="live")
    return Lock(entries, _updated_types(lock, types, now))


def _retired(lock: Lock, published: set[str]) -> Iterator[tuple[str, NoteEntry]]:
    for guid, entry in lock.notes.items():
        if guid not in published:
            yield guid, replace(entry, state="retired")


def _updated_types(lock: Lock, types: Mapping[str, str], now: int) -> dict[str, TypeEntry]:
    entries = dict(lock.types)
    for name, hash_ in types.items():
        old = entries.get(name)
        if old is None:
            entries[name] = TypeEntry(name=name, hash=hash_, mod=now)
        elif old.hash != hash_:
            entries[name] = TypeEntry(name=name, hash=hash_, mod=max(now, old.mod + 1))
    return entries


def _new_ids(lock: Lock, now: int, *, count: int) -> Iterator[int]:
    """Yield unused note ids that end now: one a second, so that a note's cards fit between.

    In milliseconds, as Anki makes them, so that "Created" means something.
    """
    used = {entry.id for entry in lock.notes.values()}
    id_ = (now - count) * 1000
    while True:
        if id_ not in used:
            yield id_
        id_ += 1000


def _positions(entries: Sequence[NoteEntry | None]) -> list[int]:
    """Place notes in study order: published positions stay, new ones are spread over the gaps."""
    following: list[tuple[int, int] | None] = []  # how many steps to the next known one, and where it is
    ahead: tuple[int, int] | None = None
    for entry in reversed(entries):
        ahead = (0, entry.position) if entry else (ahead[0] + 1, ahead[1]) if ahead else None
        following.append(ahead)
    positions: list[int] = []
    last = 0
    for entry, ahead in zip(entries, reversed(following), strict=True):
        if entry:
            last = entry.position
        elif ahead is None:
            last = min(last + _GAP, _LAST_POSITION)
        else:
            steps, limit = ahead
            last += max((limit - last) // (steps + 1), 0)
        positions.append(last)
    return positions
