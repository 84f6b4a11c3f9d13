"""deck.lock: the identity of everything published, which must be the same in every build.

The author commits it. Words that may contain spaces are percent-encoded, except names of decks, which are
last in their lines:

    version 2
    corpus ID
    deck NAME
    chapter NAME NUMBER
    note GUID TYPE QUESTION HASH MOD ID POSITION NUMBER STATE CARDS DECK
    type NAME HASH MOD

- `corpus` and `deck` are the corpus's id and root deck when it was published. - `chapter` keeps the number of
a chapter whose file name has none, so that it stays whatever is added before it. NAME is the file's, without
suffix; if the chapter is not the first of its file, its title follows, as in `basics/sessions`. - TYPE is the
note type, and QUESTION the first id under which the question was published. They are not taken from the GUID,
which may be another tool's. A note type of another deck has an id: `basic:1543483284000`. - HASH covers what
a learner sees of the note, not its deck or position. A new hash means a new MOD. - MOD, in seconds, is what
Anki compares to decide whether to update a note: it only ever grows. - ID, in milliseconds, is the note's id
in every collection; its cards' ids are ID + ordinal. - POSITION is the order of new cards; gaps leave room
for questions that come between. - NUMBER, 6.2a, is printed on cards and the sheet. It never changes. - STATE
says whether the corpus has the question: see `State`. - CARDS are the ordinals of all cards ever published,
`0,1`; `1x` is retired. - DECK is the deck in which the note was first published: Anki never moves a card
(docs/facts/anki.md, section 3).

Of several lines with one key (from merged branches), the one with the highest MOD counts: it replaces the
other, which some learners may have. If two lines differ but have one MOD, the note counts as changed.

Before version 2 there was no version, no `corpus` and no `deck`, and a note's line was
`note GUID HASH MOD ID POSITION NUMBER STATE DECK`. Such locks are read, and written as version 2.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from sys import intern
from typing import Literal, TypeVar, cast, get_args

from builder.corpus.headings import LAST_CHAPTER
from builder.diagnostics import Code, Diagnostic, Location
from builder.identity.guid import read_guid
from builder.identity.study_order import LAST_POSITION
from builder.markdown.source import Source

VERSION = 2
_LAST_VERSION = 999_999
_HEADER = "# The identity of all that was published. Written by `cardpress build`: commit it, never edit it."
LATEST_MOD = 10**10 - 1
LAST_NOTE_ID = 10**13 - 1
"""Latest time, and largest id, in a lock: those of the year 2286."""
LAST_ORDINAL = 499
"""Largest ordinal that Anki gives a card: that of the cloze number 500."""

State = Literal["live", "returned", "gone", "retired", "sample"]
"""State of a question at the last build:

- `live`: in the corpus, and published ever since its first build;
- `returned`: in the corpus again after it was gone, so that learners may have suspended it;
- `gone`: no longer in the corpus, and its author has not accepted that;
- `retired`: no longer in the corpus, and accepted;
- `sample`: in the corpus, in a chapter of `cardpress new` that its author has not changed.

The identity of a question in any state but the last is reserved permanently.
"""
THERE = frozenset[State]({"live", "returned", "sample"})
"""States of questions that are in the corpus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEntry:
    """Entry of a note in the lock."""

    guid: str
    type: str
    """Name of its note type."""
    question: str
    """First id under which its question was published."""
    hash: str
    mod: int
    id: int
    position: int
    number: str
    state: State
    cards: tuple[int, ...] = ()
    """Ordinals of the cards that were ever published; empty if an old lock does not have them."""
    retired_cards: tuple[int, ...] = ()
    """Ordinals of its retired cards: the author accepted that they are gone."""
    deck: str

    @property
    def key(self) -> str:
        """Its key among all entries: the GUID."""
        return self.guid

    @property
    def is_there(self) -> bool:
        """True if its question was in the corpus at the last build."""
        return self.state in THERE

    def __str__(self) -> str:
        names = " ".join(map(_encoded, (self.guid, self.type, self.question)))
        columns = f"{self.hash} {self.mod} {self.id} {self.position} {self.number} {self.state}"
        return f"note {names} {columns} {_cards_text(self.cards, self.retired_cards)} {self.deck}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeEntry:
    """Entry of a note type in the lock."""

    name: str
    hash: str
    mod: int

    @property
    def key(self) -> str:
        """Its key among all entries, which cannot be a GUID."""
        return f"\n{self.name}"

    def __str__(self) -> str:
        return f"type {_encoded(self.name)} {self.hash} {self.mod}"


Entry = NoteEntry | TypeEntry


@dataclass(frozen=True)  # no slots: a cached property needs a `__dict__`
class Lock:
    """Identity of everything published: notes by GUID, note types by name."""

    notes: Mapping[str, NoteEntry] = field(default_factory=dict)
    types: Mapping[str, TypeEntry] = field(default_factory=dict)
    corpus: str = ""
    """Id of the corpus that published the notes; empty if nothing was published."""
    deck: str = ""
    """Root deck in which they were published; empty if nothing was."""
    chapters: Mapping[str, int] = field(default_factory=dict)
    """Numbers of chapters whose file names have none, by the names of
    `builder.corpus.headings.Place`."""
    latest: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Latest time of each entry in git's history, by key: a change must get a later one. Not stored."""
    is_stale: bool = field(default=False, compare=False)
    """True if its file must be written again: it has an earlier version, or conflict markers."""

    def of(self, corpus_id: str) -> Lock:
        """Return the lock without the notes that another corpus published."""
        notes = {guid: entry for guid, entry in self.notes.items() if corpus_of(entry) in ("", corpus_id)}
        return self if len(notes) == len(self.notes) else replace(self, notes=notes)

    def numbers(self) -> dict[str, str]:
        """Return all numbers, by the identity of the question."""
        ordered = sorted(self.notes.values(), key=lambda entry: entry.is_there)
        return {entry.question: entry.number for entry in ordered}

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        lines = (
            f"version {VERSION}",
            *([f"corpus {self.corpus}"] if self.corpus else ()),
            *([f"deck {self.deck}"] if self.deck else ()),
            *(f"chapter {_encoded(name)} {number}" for name, number in sorted(self.chapters.items())),
            *(str(self.notes[guid]) for guid in sorted(self.notes)),
            *(str(self.types[name]) for name in sorted(self.types)),
        )
        return "\n".join((_HEADER, *lines)) + "\n"


def corpus_of(entry: NoteEntry) -> str:
    """Return the id of the corpus that published a note; empty if its GUID is another tool's."""
    rest = f":{entry.type}:{entry.question}"
    return entry.guid.removesuffix(rest) if entry.guid.endswith(rest) else ""


DAMAGED_LOCK = Code(
    "damaged-lock",
    reason="A note that the lock does not know is an update for every learner: it replaces their own edits.",
    of="words",
    bad="a line of deck.lock that was edited, or cut off",
    good="deck.lock as its history has it",
)
UNMERGED_LOCK = Code(
    "unmerged-lock",
    reason="Both sides of a merge were published: a build keeps the lines of both and removes the"
    " conflict markers.",
    of="words",
    severity="warning",
    bad="deck.lock with the conflict markers of a merge, `<<<<<<<`",
    good="the same after `cardpress build`",
)
_MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
"""Beginnings of git's conflict markers."""


def read_lock(source: Source) -> tuple[Lock, list[Diagnostic]]:
    """Read a lock. A damaged line is an error: without it, its note would be new to every learner."""
    notes: dict[str, NoteEntry] = {}
    types: dict[str, TypeEntry] = {}
    named: dict[str, str] = {}
    chapters: dict[str, int] = {}
    is_stale = True
    diagnostics: list[Diagnostic] = []
    for number, line in enumerate(source.lines):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(_MARKS):
            if line.startswith("<"):
                diagnostics.append(
                    UNMERGED_LOCK.at(
                        source.location(number),
                        "this lock has conflict markers from a git merge: both sides count",
                        "run cardpress build, which removes them, and commit the lock",
                    )
                )
            continue
        try:
            match line.split(" ", 1):
                case ["corpus" | "deck" as word, name] if name:
                    named[word] = name
                    continue
                case ["chapter", rest]:
                    name, chapter = read_chapter_number(rest)
                    chapters.setdefault(name, chapter)
                    continue
                case ["version", rest]:
                    if _number_to(_LAST_VERSION, rest) > VERSION:
                        return Lock(), [*diagnostics, _too_late(source.location(number), rest)]
                    is_stale = False
                    continue
            entry = read_entry(line)
        except ValueError:
            diagnostics.append(
                DAMAGED_LOCK.at(
                    source.location(number),
                    f"this line of the lock cannot be read: {line[:60]!r}",
                    "restore the file from its history, and never edit it: a note that it does not know is "
                    "an update for every learner, which replaces their own tags and edits",
                )
            )
            continue
        if isinstance(entry, NoteEntry):
            notes[entry.guid] = _merged(notes.get(entry.guid), entry)
        else:
            types[entry.name] = _merged(types.get(entry.name), entry)
    return Lock(
        notes,
        types,
        named.get("corpus") or _most(map(corpus_of, notes.values())),
        named.get("deck") or root_deck(notes.values()),
        chapters,
        is_stale=is_stale or any(found.code == UNMERGED_LOCK.name for found in diagnostics),
    ), diagnostics


def _too_late(place: Location, version: str) -> Diagnostic:
    return DAMAGED_LOCK.at(
        place,
        f"this lock was written by a later cardpress: it has version {version}, and this one reads up to"
        f" {VERSION}",
        "update cardpress, then build again",
    )


def root_deck(notes: Iterable[NoteEntry]) -> str:
    """Return the root deck of notes that are in its subdecks; empty if there are none."""
    return _most(note.deck.rpartition("::")[0] for note in notes)


def _most(names: Iterable[str]) -> str:
    """Return the most frequent name; empty names do not count."""
    ((name, _),) = Counter(filter(None, names)).most_common(1) or [("", 0)]
    return name


def read_chapter_number(text: str) -> tuple[str, int]:
    """Read the rest of a `chapter` line: a name and the chapter's number. Raises `ValueError`."""
    name, _, number = text.partition(" ")
    return _decoded(name), _number_to(LAST_CHAPTER, number)


def read_entry(line: str) -> Entry:
    """Read a line of a note or a note type, of any version of the lock. Raises `ValueError`."""
    match line.split(" ", 11):
        case ["note", guid, type_, question, hash_, mod, id_, position, number, state, cards, deck] if (
            state in get_args(State)
        ):
            published, retired = _cards(cards)
            return NoteEntry(
                guid=intern(_decoded(guid)),
                type=intern(_decoded(type_)),
                question=intern(_decoded(question)),
                hash=hash_,
                mod=_number_to(LATEST_MOD, mod),
                id=_number_to(LAST_NOTE_ID, id_),
                position=_number_to(LAST_POSITION, position),
                number=number,
                state=cast(State, state),
                cards=published,
                retired_cards=retired,
                deck=intern(deck),
            )
        case ["type", name, hash_, mod]:
            return TypeEntry(name=intern(_decoded(name)), hash=hash_, mod=_number_to(LATEST_MOD, mod))
        case _:
            return _first_version(line)


def _first_version(line: str) -> NoteEntry:
    match line.split(" ", 8):
        case ["note", guid, hash_, mod, id_, position, number, ("live" | "retired") as state, deck]:
            _, type_, question = read_guid(guid)
            return NoteEntry(
                guid=intern(guid),
                type=intern(type_),
                question=intern(question),
                hash=hash_,
                mod=_number_to(LATEST_MOD, mod),
                id=_number_to(LAST_NOTE_ID, id_),
                position=_number_to(LAST_POSITION, position),
                number=number,
                state="live" if state == "live" else "retired",
                deck=intern(deck),
            )
        case _:
            raise ValueError(line)


def _number_to(last: int, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > last:
        raise ValueError(text)
    return int(text)


@lru_cache(maxsize=1000)
def _cards(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read ordinals: those without the mark of a retired card, `x`, and those with it."""
    published: set[int] = set()
    retired: set[int] = set()
    for part in text.split(",") if text != _NO_CARDS else ():
        ordinal = _number_to(LAST_ORDINAL, part.removesuffix("x"))
        (retired if part.endswith("x") else published).add(ordinal)
    return tuple(sorted(published)), tuple(sorted(retired - published))


def _cards_text(published: Iterable[int], retired: Iterable[int]) -> str:
    ends = dict.fromkeys(retired, "x") | dict.fromkeys(published, "")
    return ",".join(f"{ordinal}{ends[ordinal]}" for ordinal in sorted(ends)) or _NO_CARDS


_NO_CARDS = "-"
_UNSAFE = re.compile(r"[%\s\x00-\x1f\x7f-\x9f]")


def _encoded(text: str) -> str:
    """Percent-encode characters that would end a column or a line (RFC 3986, section 2.1)."""
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text) or "%"


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    if text == "%":
        return ""
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(text).decode()  # UnicodeDecodeError is a ValueError


_Entry = TypeVar("_Entry", NoteEntry, TypeEntry)


def _merged(old: _Entry | None, new: _Entry) -> _Entry:
    """Return one entry for two lines of one file."""
    if old is None:
        return new
    first, last = sorted((old, new), key=lambda entry: entry.mod)
    if first.hash == last.hash:
        merged = first  # two branches made the same change: learners who have the first need no update
    else:
        merged = replace(last, hash=MERGED) if first.mod == last.mod else last
    if isinstance(merged, NoteEntry) and isinstance(old, NoteEntry) and isinstance(new, NoteEntry):
        return with_past(merged, (old, new))
    return merged


MERGED = "merged"
"""Hash for two entries that differ at one time: no note has it, so the note counts as changed."""


def with_past(entry: NoteEntry, others: Sequence[NoteEntry]) -> NoteEntry:
    """Return an entry with the cards of its other versions too; `returned` if it was gone in one of them."""
    versions = (entry, *others)
    retired = {ordinal for each in versions for ordinal in each.retired_cards}.difference(entry.cards)
    cards = {ordinal for each in versions for ordinal in each.cards}.difference(retired)
    was_gone = any(each.state not in ("live", "sample") for each in versions)
    known = replace(
        entry,
        state="returned" if entry.state == "live" and was_gone else entry.state,
        cards=tuple(sorted(cards)),
        retired_cards=tuple(sorted(retired)),
    )
    return entry if known == entry else known
