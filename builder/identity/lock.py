"""deck.lock, the ledger of identity: what Anki must find unchanged in every build.

A corpus's author commits it. One line per note and per note type, sorted:

    note GUID HASH MOD ID POSITION NUMBER STATE DECK
    type NAME HASH MOD

- HASH covers what a learner sees of the note, not where it stands. A new hash means a new MOD.
- MOD, in seconds, is what Anki compares to decide whether a note is news: it only ever grows.
- ID, in milliseconds, is the note's own in every collection; its cards' ids are ID + ordinal.
- POSITION orders new cards; gaps leave room for questions that come between.
- NUMBER, 6.2a, is printed on cards and sheet: once given, it stays with the question.
- STATE is `live`, or `retired` once the question is gone: its identity stays reserved for ever.
- DECK is where the note was first published: Anki never moves a card (docs/facts/anki.md, section 3).

Lines of one key (two branches merged by union) count as the one with the highest MOD: what learners may have
of the other is older, and so is replaced by it. Where two differ at one MOD, the note counts as changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from sys import intern
from typing import Literal, TypeVar

from builder.diagnostics import Code, Diagnostic
from builder.identity.study_order import LAST_POSITION, positions
from builder.markdown.source import Source

_HEADER = "# The identity of every note ever published. Written by `cardpress build`; commit it."
LATEST_MOD = 10**10 - 1
LAST_NOTE_ID = 10**13 - 1
"""The last time, and the last id, that a lock has room for: in the year 2286."""
_SLOTS = 30 * 24 * 60 * 60
"""The seconds before a note's first build among which its id is chosen."""

State = Literal["live", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEntry:
    """What the lock knows of a note."""

    guid: str
    hash: str
    mod: int
    id: int
    position: int
    number: str
    state: State
    deck: str

    def __str__(self) -> str:
        columns = f"{self.guid} {self.hash} {self.mod} {self.id} {self.position}"
        return f"note {columns} {self.number} {self.state} {self.deck}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeEntry:
    """What the lock knows of a note type."""

    name: str
    hash: str
    mod: int

    def __str__(self) -> str:
        return f"type {self.name} {self.hash} {self.mod}"


@dataclass(frozen=True)  # without slots, which leave no place for what is computed once
class Lock:
    """The ledger: notes by GUID, note types by name."""

    notes: Mapping[str, NoteEntry] = field(default_factory=dict)
    types: Mapping[str, TypeEntry] = field(default_factory=dict)
    latest: Mapping[str, int] = field(default_factory=dict, compare=False)
    """The latest time that git remembers of each entry: a change must be later still. Not written."""

    def of(self, corpus_id: str) -> Lock:
        """Return the lock with the notes of one corpus only, as their GUIDs tell."""
        if all(corpus_of(guid) == corpus_id for guid in self.notes):
            return self
        notes = {guid: entry for guid, entry in self.notes.items() if corpus_of(guid) == corpus_id}
        return replace(self, notes=notes)

    def numbers(self) -> dict[str, str]:
        """Return every number that was given, by identity: a GUID without corpus and note type."""
        ordered = sorted(self.notes.values(), key=lambda entry: entry.state == "live")
        return {entry.guid.split(":", 2)[-1]: entry.number for entry in ordered}

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
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
    number: str
    deck: str
    cards: tuple[int, ...] = ()
    """The ordinals of its cards, which the lock does not keep."""


def corpus_of(guid: str) -> str:
    """Return the id of the corpus that a GUID was made for."""
    return guid.partition(":")[0]


DAMAGED_LOCK = Code(
    "damaged-lock",
    reason="A note that the lock does not know is news to every learner: their own edits are replaced.",
    of="words",
    bad="a line of deck.lock that was edited, or half merged",
    good="deck.lock as its history has it",
)


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
                DAMAGED_LOCK.at(
                    source.location(number),
                    f"this line of the lock cannot be read: {line[:60]!r}",
                    "restore the file from its history, and never edit it: a note it does not know is news"
                    " to learners, and their own tags and edits of it are replaced",
                )
            )
            continue
        if isinstance(entry, NoteEntry):
            notes[entry.guid] = _merged(notes.get(entry.guid), entry)
        else:
            types[entry.name] = _merged(types.get(entry.name), entry)
    return Lock(notes, types), diagnostics


def _entry(line: str) -> NoteEntry | TypeEntry:
    match line.split(" ", 8):
        case ["note", guid, hash_, mod, id_, position, number, ("live" | "retired") as state, deck]:
            return NoteEntry(
                guid=intern(guid),
                hash=hash_,
                mod=_number_to(LATEST_MOD, mod),
                id=_number_to(LAST_NOTE_ID, id_),
                position=_number_to(LAST_POSITION, position),
                number=number,
                state="live" if state == "live" else "retired",
                deck=intern(deck),
            )
        case ["type", name, hash_, mod]:
            return TypeEntry(name=name, hash=hash_, mod=_number_to(LATEST_MOD, mod))
        case _:
            raise ValueError(line)


def _number_to(last: int, text: str) -> int:
    if not text.isdecimal() or int(text) > last:
        raise ValueError(text)
    return int(text)


_Entry = TypeVar("_Entry", NoteEntry, TypeEntry)
_AnyEntry = NoteEntry | TypeEntry
_Version = tuple[int, str]
"""When an entry came to be as it is, and its hash."""
_Versions = dict[_Version, str]
"""And a note's number then."""


def remember(lock: Lock, past: Sequence[Commit], *, until: int) -> Lock:
    """Return a lock with what its earlier versions knew, up to a time in seconds.

    `past` are the commits, each after its parents. The latest version of each entry counts: after `git
    revert`, or back on an older branch, the lock's own is older than what learners have. Entries that the
    lock lost are in it again. Lines that are none are passed over.
    """
    own: dict[str, _AnyEntry] = {**lock.notes, **lock.types}
    if not past:
        return replace(lock, latest={key: entry.mod for key, entry in own.items()})
    entries = dict(own)
    versions: dict[str, _Versions] = defaultdict(dict)
    brought: dict[str, dict[_Version, set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, commit in enumerate(past):
        for key, entry in _entries(commit.lines, until):
            entries.setdefault(key, entry)
            versions[key].setdefault((entry.mod, entry.hash), _number_of(entry))
            brought[key][entry.mod, entry.hash].add(number)
    for key, entry in own.items():
        version = (entry.mod, entry.hash)
        versions[key].setdefault(version, _number_of(entry))
        if version not in brought[key]:  # not committed yet
            brought[key][version].add(len(past))
    ancestors = _ancestors(past)
    settled = {
        key: _settled(entry, {**versions[key], **_unseen(brought[key], ancestors)})
        for key, entry in entries.items()
    }
    return Lock(
        {key: entry for key, entry in settled.items() if isinstance(entry, NoteEntry)},
        {key: entry for key, entry in settled.items() if isinstance(entry, TypeEntry)},
        {key: max(mod for mod, _ in found) for key, found in versions.items()},
    )


def _ancestors(past: Sequence[Commit]) -> list[frozenset[int]]:
    """Return the numbers of the commits that each comes from, and of all, for what is not committed."""
    numbers = {commit.id: number for number, commit in enumerate(past)}
    found: list[frozenset[int]] = []
    for commit in past:
        parents = [numbers[parent] for parent in commit.parents if parent in numbers]
        found.append(frozenset(parents).union(*(found[parent] for parent in parents)))
    return [*found, frozenset(range(len(past)))]


def _unseen(brought: Mapping[_Version, Collection[int]], ancestors: Sequence[frozenset[int]]) -> _Versions:
    """Return versions that were built and never committed, by the times before which they must have been.

    A build gives a new time only to what is another than before. Where the latest that a commit comes from is
    the same as what it brings, something else had been between.
    """
    unseen: _Versions = {}
    for version, commits in brought.items():
        reasons = []
        for commit in commits:
            before = [other for other, places in brought.items() if not ancestors[commit].isdisjoint(places)]
            if version not in before:
                latest = max(before, default=(0, ""))
                reasons.append(latest[1] == version[1] and latest[0] < version[0])
        if reasons and all(reasons):
            unseen[version[0] - 1, "unseen"] = ""
    return unseen


def _key(entry: _AnyEntry) -> str:
    return entry.guid if isinstance(entry, NoteEntry) else entry.name


def _number_of(entry: _AnyEntry) -> str:
    return entry.number if isinstance(entry, NoteEntry) else ""


def _entries(lines: Sequence[str], until: int) -> Iterator[tuple[str, _AnyEntry]]:
    for line in lines:
        try:
            entry = _entry(line)
        except ValueError:
            continue
        # What is later was written by a machine whose clock was wrong, and taken back since.
        if entry.mod <= until:
            yield _key(entry), entry


def _merged(old: _Entry | None, new: _Entry) -> _Entry:
    """Return the entry that two lines of one file make."""
    if old is None:
        return new
    first, last = sorted((old, new), key=lambda entry: entry.mod)
    if first.hash == last.hash:
        return first  # one change that two branches made: who has the first need not be told again
    return replace(last, hash=_MERGED) if first.mod == last.mod else last


_MERGED = "merged"
"""The hash where two differ at one time: it is nobody's, so that the note counts as changed."""


def _settled(entry: _AnyEntry, versions: _Versions) -> _AnyEntry:
    """Return an entry with the latest of its versions, but dated by when that first came to stay."""
    latest = max(mod for mod, _ in versions)
    hashes = [hash_ for mod, hash_ in versions if mod == latest]
    if len(hashes) > 1:
        return replace(entry, hash=_MERGED, mod=latest)
    (hash_,) = hashes
    others = max((mod for mod, other in versions if other != hash_), default=-1)
    number = versions[latest, hash_]
    if isinstance(entry, NoteEntry) and _home(number) == _home(entry.number):
        entry = replace(entry, number=number)
    return replace(entry, hash=hash_, mod=min(mod for mod, _ in versions if mod > others))


def _home(number: str) -> str:
    """Return what a number is given under: of 6.2 the chapter, 6., of 6.2a the question, 6.2."""
    return (
        number.rstrip("abcdefghijklmnopqrstuvwxyz") if number[-1:].isalpha() else number.rstrip("0123456789")
    )


def update(lock: Lock, notes: Sequence[Published], types: Mapping[str, str], *, now: int) -> Lock:
    """Return the lock of a build: what is published, in study order, and the note types' hashes.

    `now` is in seconds since the epoch. Pure: the same lock, content and time give the same lock.
    """
    entries = dict(_retired(lock, {note.guid for note in notes}))
    known = (lock.notes.get(note.guid) for note in notes)
    places = positions([entry.position if entry else None for entry in known])
    ids = _NoteIds(lock, now)
    for note, position in zip(notes, places, strict=True):
        old = lock.notes.get(note.guid)
        if old is None:
            entries[note.guid] = NoteEntry(
                guid=note.guid,
                hash=note.hash,
                mod=now,
                id=ids.new(note.guid),
                position=position,
                number=note.number,
                state="live",
                deck=note.deck,
            )
        elif (old.hash, old.position, old.number, old.state) == (note.hash, position, note.number, "live"):
            entries[note.guid] = old
        else:
            mod = old.mod if old.hash == note.hash else _later(lock, note.guid, old, now)
            entries[note.guid] = replace(
                old, hash=note.hash, mod=mod, position=position, number=note.number, state="live"
            )
    # Branches that were merged may have chosen one id for two notes: the older keeps it.
    seen: set[int] = set()
    is_clear = len({entry.id for entry in entries.values()}) == len(entries)
    ordered = () if is_clear else sorted(entries.values(), key=lambda entry: (entry.mod, entry.guid))
    for entry in ordered:
        if entry.id in seen:
            entries[entry.guid] = replace(entry, id=ids.new(entry.guid))
        seen.add(entry.id)
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
            entries[name] = TypeEntry(name=name, hash=hash_, mod=_later(lock, name, old, now))
    return entries


def _later(lock: Lock, key: str, old: NoteEntry | TypeEntry, now: int) -> int:
    """Date a change: later than every version that learners may have, whatever the clock says."""
    return max(now, old.mod + 1, lock.latest.get(key, 0) + 1)


class _NoteIds:
    """Chooses ids for new notes that no other note has, in this corpus or, very likely, in any other.

    In milliseconds before now, as Anki makes them, so that its searches by date mean something. The second
    is chosen by the GUID, so that two branches and two corpora choose differently; the milliseconds begin
    at a number of the corpus's own and leave room for the cards' ids, which are the note's plus ordinal.
    Two notes of one id in a collection would get new ones from Anki, on each device another
    (docs/facts/anki.md, section 8).
    """

    def __init__(self, lock: Lock, now: int) -> None:
        self.used = {entry.id for entry in lock.notes.values()}
        self.now = now

    def new(self, guid: str) -> int:
        corpus = corpus_of(guid)
        id_ = (self.now - 1 - _number(guid) % _SLOTS) * 1000 + _number(corpus) % 500
        while id_ in self.used:
            id_ -= 1000
        self.used.add(id_)
        return id_


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit did to a file."""

    id: str
    parents: tuple[str, ...]
    """Those that did something to it, or what comes before them and did."""
    lines: tuple[str, ...]
    """That it took away or put there."""
