"""The plan of an import: what changes for a learner who has another release, and what they must do by hand.

Anki adds and updates notes. It never moves, deletes or suspends a card, and it keeps history by GUID and card
ordinal (docs/facts/anki.md, section 1).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html import unescape
from itertools import islice

from builder.anki.release import NOT_NEWS, PackedNote, Release
from builder.identity.guid import CLOZE, like
from builder.identity.update import Published, card_words
from builder.markdown.sounds import with_words
from builder.text import count

Head = PackedNote | Published
"""A note, with or without its texts."""
_PROMPT = ("Prompt", "Context", "Options")
_ELSEWHERE = {"ID": "id", "Number": "number", "Level": "tags", "Topics": "tags"}
"""Names of changed parts, for fields that belong to neither prompt nor answer."""
_MEDIA = re.compile(r'(<img\b[^<>]*?\bsrc="|\[sound:)([^"\]]*)')
_SIMILAR = 0.8
"""Minimum share of common words if two questions are probably the same one."""
_LONGEST_PROMPT = 10_000
"""Maximum characters of a prompt's HTML to read."""
_MOST_PAIRS = 1_000_000
"""Maximum pairs of a retired and an added question to compare; above it, only equal texts are found."""
_WORDS_COMPARED = 2_000
"""Maximum words of a question to compare."""
_QUOTED = 60
"""Maximum characters of a prompt in a search."""
_SEARCHED = 200
"""Maximum ids in one search of Anki's Browser: SQLite refuses a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A note, described for its author."""

    id: str
    number: str
    deck: str
    prompt: str
    """Prompt as plain text."""


@dataclass(frozen=True, slots=True)
class Change:
    """A note that the import updates, and its changed parts."""

    note: Line
    parts: tuple[str, ...]
    """Any of id, number, prompt, answer, media, tags; or `markup`, if only the HTML differs; or `again`, if
    nothing differs, but the note was different in between."""


@dataclass(frozen=True, slots=True)
class Move:
    """A note whose cards the learner has in another deck."""

    note: Line
    deck: str
    """Name of the deck that they are in."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Review history that the import would leave behind, and what the author can do about it."""

    code: str
    note: Line
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Step:
    """A manual step for the learner."""

    task: str
    search: str
    """Search for Anki's Browser; empty if none is needed."""
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Effects of importing a release, for a learner who has another one."""

    added: tuple[Line, ...]
    changed: tuple[Change, ...]
    edited: tuple[Line, ...]
    """Notes that the learner edited after this release: the import does not change them."""
    moved: tuple[Move, ...]
    retired: tuple[Line, ...]
    returned: tuple[Line, ...]
    """Notes that an earlier release had and the learner's lacks: they may still have them, suspended."""
    retagged: int
    """Number of changed notes with the learner's own tags, which the update replaces."""
    risks: tuple[Risk, ...]
    steps: tuple[Step, ...]
    untouched: int
    """Number of notes that do not change."""
    is_restyled: bool
    """True if the look of cards changes, which needs no change of a note."""


def compare(old: Release, new: Release) -> Plan:
    """Plan the import of the new release by a learner who has the old one."""
    heads, new_heads = old.heads, new.heads
    kept = [(head, new_heads[guid]) for guid, head in heads.items() if guid in new_heads]
    differing = [
        (before, after)
        for before, after in kept
        if _hash(old, before) != _hash(new, after) or _mod(new, after) > _mod(old, before)
    ]
    # Load only the notes in the plan: most are not in it.
    came = [new.notes[guid] for guid in new_heads if guid not in heads]
    added, returned = (
        [note for note in came if (_state(new, note) == "returned") == is_back] for is_back in (False, True)
    )
    retired = [old.notes[guid] for guid in heads if guid not in new_heads]
    changed: list[tuple[PackedNote, PackedNote]] = []
    edited: list[PackedNote] = []
    for before, after in differing:
        # Anki does not update it. If a build wrote the old version, it was on another branch.
        if old.is_exported and _mod(new, after) <= _mod(old, before):
            edited.append(new.notes[after.guid])
        else:
            changed.append((old.notes[before.guid], new.notes[after.guid]))
    moved = [(before.deck, new.notes[after.guid]) for before, after in kept if before.deck != after.deck]
    renamed, corpus = _renamed_decks(kept, new), new.lock.corpus or old.lock.corpus
    return Plan(
        added=tuple(map(_line, added)),
        changed=tuple(
            Change(
                _line(after),
                _parts(before, after) or (("again",) if before.hash == after.hash else ("markup",)),
            )
            for before, after in changed
        ),
        edited=tuple(map(_line, edited)),
        moved=tuple(Move(_line(note), deck) for deck, note in moved),
        retired=tuple(map(_line, retired)),
        returned=tuple(map(_line, returned)),
        retagged=sum(bool(before.own_tags) for before, _ in changed),
        risks=(
            *_forgotten(old, new, kept),
            *_replaced(retired, added),
            *_lost_cards(kept, new),
            *_not_arriving(old, new, changed),
        ),
        steps=(
            *_renames(renamed),
            *_moves(moved, renamed, corpus),
            *(_suspensions(retired, new, corpus) if retired else ()),
            *_returns(returned, {note.id for note in retired}, corpus),
        ),
        untouched=len(kept) - len(differing),
        is_restyled=any(
            entry.hash != old.lock.types[name].hash
            for name, entry in new.lock.types.items()
            if name in old.lock.types
        ),
    )


def _hash(release: Release, note: Head) -> str:
    entry = release.lock.notes.get(note.guid)
    return entry.hash if entry else note.hash


def _mod(release: Release, note: Head) -> int:
    """Return a note's time; 0 if the release's lock does not have the note."""
    entry = release.lock.notes.get(note.guid)
    return entry.mod if entry else 0


def _state(release: Release, note: Head) -> str:
    entry = release.lock.notes.get(note.guid)
    return entry.state if entry else ""


def _line(note: PackedNote) -> Line:
    prompt = _plain(note.prompt[:_LONGEST_PROMPT])
    return Line(id=note.id, number=note.number, deck=note.deck, prompt=prompt)


def _plain(html: str) -> str:
    without_marks = re.sub(
        r"<r[tp]>.*?</r[tp]>|</?(?:a|abbr|code|em|kbd|mark|s|span|ruby|strong|sub|sup|u)\b[^<>]*>",
        "",
        with_words(html),
    )
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", without_marks)).split())


def _parts(before: PackedNote, after: PackedNote) -> tuple[str, ...]:
    parts: set[str] = set()
    origin = after.origin
    in_prompt: Collection[str] = origin.prompt_fields if origin else _PROMPT
    elsewhere: Mapping[str, str] = {} if origin else _ELSEWHERE
    for name in {*before.fields, *after.fields}.difference(() if origin else NOT_NEWS):
        was, is_ = (_MEDIA.split(note.fields.get(name, "")) for note in (before, after))
        if was[2::3] != is_[2::3]:
            parts.add("media")
        if (was[::3], was[1::3]) != (is_[::3], is_[1::3]):
            parts.add(elsewhere.get(name, "prompt" if name in in_prompt else "answer"))
    if sorted(before.tags) != sorted(after.tags):
        parts.add("tags")
    order = ("id", "number", "prompt", "answer", "media", "tags")
    return tuple(part for part in order if part in parts)


# --- history at risk ------------------------------------------------------------------------------


def _forgotten(old: Release, new: Release, kept: Sequence[tuple[Head, Head]]) -> Iterator[Risk]:
    """Report a lost lock: every note would be updated, although nothing changed."""
    lost = [
        after
        for before, after in kept
        if before.guid in old.lock.notes
        and old.lock.notes[before.guid].id != new.lock.notes[after.guid].id
        and like(after.type) == after.type  # learners of an existing deck may have its notes under other ids
    ]
    if lost:
        yield Risk(
            "lock-forgotten",
            _line(new.notes[lost[0].guid]),
            f"deck.lock has no entry for this and {len(lost) - 1} other published notes: an import would "
            "update each of them and replace learners' own tags and edits",
            "restore deck.lock, or put the package that learners have into the output folder and build",
        )


def _replaced(retired: Sequence[PackedNote], added: Sequence[PackedNote]) -> Iterator[Risk]:
    """Report each retired question that is similar to a new one: its reviews would stay behind."""
    came = {note.guid: note for note in added}
    by_identity = {note.question: note for note in added}
    words = {note.guid: _words(note) for note in added}
    by_text = {words[note.guid]: note for note in reversed(added)}
    is_few = len(added) * len(retired) <= _MOST_PAIRS
    for gone in retired:
        if not came:
            return
        identity = gone.question
        same = by_identity.get(identity)
        if same and same.guid in came:
            yield Risk(
                "kind-changed",
                _line(same),
                "its kind changed: Anki makes a new note, and the old one keeps its reviews",
                "give it its old kind; or give it a new id, and let learners suspend the old note",
            )
            came.pop(same.guid)
            continue
        own = _words(gone)
        alike = by_text.get(own)
        if is_few and (alike is None or alike.guid not in came):
            alike = max(came.values(), key=lambda note: _similarity(own, words[note.guid]))
        if alike and alike.guid in came and _similarity(own, words[alike.guid]) >= _SIMILAR:
            old, new = gone.id, alike.id
            yield Risk(
                "probable-rename",
                _line(alike),
                f"it looks like {old!r} under a new id: its reviews would stay with the old note",
                f'write {{#{new} was="{identity}"}}'
                + ("" if new == old else ", or give it its old id again"),
            )
            came.pop(alike.guid)


def _words(note: PackedNote) -> tuple[str, ...]:
    names = tuple(note.fields) if note.origin else ("Prompt", "Context", "Answer", "Options")
    words = (word for name in names for word in _plain(note.fields.get(name, "")).split())
    return tuple(islice(words, _WORDS_COMPARED))


def _similarity(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return the share of words that two texts have in common, from 0 to 1; 0 if it is clearly too small."""
    if 2 * min(len(one), len(other)) < _SIMILAR * (len(one) + len(other)):
        return 0
    common = sum((Counter(one) & Counter(other)).values())
    if 2 * common < _SIMILAR * (len(one) + len(other)):
        return 0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _lost_cards(kept: Sequence[tuple[Head, Head]], new: Release) -> Iterator[Risk]:
    """Report each card that its note no longer has: it would be empty, with useless reviews."""
    for before, after in kept:
        for ordinal in sorted({*before.cards}.difference(after.cards)):
            note = new.notes[after.guid]
            is_cloze = like(note.type) == CLOZE
            yield Risk(
                "card-gone",
                _line(note),
                f"{card_words(note.type, ordinal)} is gone: learners keep an empty card with its reviews"
                " until Tools > Empty Cards",
                "put it back" + (", and give a new cloze deletion a new number" if is_cloze else ""),
            )


def _not_arriving(
    old: Release, new: Release, changed: Sequence[tuple[PackedNote, PackedNote]]
) -> Iterator[Risk]:
    """Report each change that Anki would ignore as older, because the lock lacks a published version."""
    for _, after in changed:
        was, is_ = old.lock.notes.get(after.guid), new.lock.notes.get(after.guid)
        if was and is_ and is_.mod <= was.mod:
            yield Risk(
                "not-arriving",
                _line(after),
                "learners have a later version, so this one will not arrive",
                "build from the branch or the lock that the later version was built from",
            )


# --- what is left to learners ---------------------------------------------------------------------


def _renamed_decks(kept: Sequence[tuple[Head, Head]], new: Release) -> dict[str, str]:
    """Return the decks whose notes all moved to one new deck: the new names by the old ones."""
    targets: dict[str, Counter[str]] = defaultdict(Counter)
    for before, after in kept:
        targets[before.deck][after.deck] += 1
    now = {head.deck for head in new.heads.values()}
    return {
        deck: target
        for deck, counts in targets.items()
        for target in counts
        if len(counts) == 1 and deck != target and deck not in now and target not in targets
    }


def _renames(decks: Mapping[str, str]) -> Iterator[Step]:
    # Renaming a deck renames its subdecks too.
    for old, new in dict.fromkeys(_without_common_subdecks(old, new) for old, new in decks.items()):
        yield Step(
            f"rename the deck {old!r} to {new!r}",
            "",
            "before the import: in the deck list, the gear beside the deck, Rename. After it, move the cards"
            " as below instead, and delete the empty deck",
        )


def _without_common_subdecks(old: str, new: str) -> tuple[str, str]:
    head, _, tail = old.rpartition("::")
    new_head, _, new_tail = new.rpartition("::")
    return _without_common_subdecks(head, new_head) if head and new_head and tail == new_tail else (old, new)


def _moves(
    moved: Sequence[tuple[str, PackedNote]], renamed: Mapping[str, str], corpus: str
) -> Iterator[Step]:
    ways: dict[tuple[str, str], list[PackedNote]] = defaultdict(list)
    for deck, note in moved:
        ways[deck, note.deck].append(note)
    for (old, new), notes in ways.items():
        for some in _batches(notes):
            yield Step(
                f"move {count(len(some), 'note')} to {new!r}"
                + (", unless you renamed the deck" if old in renamed else ""),
                _search(some, corpus, old),
                f"in the Browser, search for this, select all, Cards > Change Deck, {new}",
            )


def _suspensions(retired: Sequence[PackedNote], new: Release, corpus: str) -> Iterator[Step]:
    ids = {note.id for note in new.notes.values()}
    # A new note may have the old one's id: if its kind changed, or if it was renamed without `was`.
    for is_shared in (False, True):
        for type_ in sorted({note.type for note in retired}):
            notes = [note for note in retired if note.type == type_ and (note.id in ids) == is_shared]
            for some in _batches(notes):
                when = "before the import, in" if is_shared else "in"
                yield Step(
                    f"suspend {count(len(some), 'note')} that the corpus no longer has",
                    _search(some, corpus),
                    f"{when} the Browser, search for this, select all, Cards > Toggle Suspend; or Notes >"
                    " Delete, if the reviews need not be kept",
                )


def _returns(returned: Sequence[PackedNote], retired: Collection[str], corpus: str) -> Iterator[Step]:
    # If a note to suspend now has the same id, only the first id tells the two apart.
    for is_shared in (False, True):
        notes = [note for note in returned if (note.id in retired) == is_shared]
        if is_shared:
            notes = [
                note if note.origin else replace(note, fields={**note.fields, "ID": note.question})
                for note in notes
            ]
        when = "before the import, in" if is_shared else "after the import, in"
        for some in _batches(notes):
            yield Step(
                f"unsuspend {count(len(some), 'note')} that the corpus has again, if you suspended them",
                f"{_search(some, corpus)} is:suspended",
                f"{when} the Browser, search for this, select all, Cards > Toggle Suspend",
            )


def _batches(notes: Sequence[PackedNote]) -> Iterator[Sequence[PackedNote]]:
    for start in range(0, len(notes), _SEARCHED):
        yield notes[start : start + _SEARCHED]


def _search(notes: Sequence[PackedNote], corpus: str, deck: str = "") -> str:
    """Return a search for notes of one corpus in Anki's Browser, which cannot search for GUIDs.

    It uses the ids after the import. Notes of an existing deck have no field for them: they are found by
    their note ids, or by their prompts if these are not known. https://docs.ankiweb.net/searching.html
    """
    own = [f"ID:{note.id}" for note in notes if not note.origin]
    origins = [note.origin for note in notes if note.origin]
    known = [str(origin.note_id) for origin in origins if origin.note_id]
    prompts = [_plain(origin.prompt[:_LONGEST_PROMPT])[:_QUOTED] for origin in origins if not origin.note_id]
    where = f'"deck:{_escaped(deck)}"' if deck else ""
    others = [*([f"nid:{','.join(known)}"] if known else ()), *(f'"{_escaped(text)}"' for text in prompts)]
    if not own:
        return " ".join(filter(None, (where, _any_of(others))))
    ours = " ".join(filter(None, (f"tag:{corpus}", where if not others else "", _any_of(own))))
    return " ".join(filter(None, (where, _any_of([f"({ours})", *others])))) if others else ours


def _any_of(searches: Sequence[str]) -> str:
    text = " OR ".join(searches)
    return f"({text})" if len(searches) > 1 else text


def _escaped(text: str) -> str:
    return re.sub(r'([\\"*_])', r"\\\1", text)
