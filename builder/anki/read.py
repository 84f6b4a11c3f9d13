"""Reads the notes of a corpus from a package, which a build wrote or a learner exported from Anki.

A learner's collection has other notes, too, and learners change tags, fields and decks of our notes. Other
notes and tags are skipped, and fields are recognised by their ids.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import getsizeof, intern

from builder.anki.adopted_notes import as_anki_keeps, prompt_fields, published_text
from builder.anki.archive import Unpacked, unpacked
from builder.anki.collection import Card, NoteHead, NoteType, StoredCollection, opened
from builder.anki.note_types import FIELDS, TEMPLATES
from builder.anki.release import Origin, PackedNote, Release, type_hash
from builder.anki.typed import PackageError, damaged, line
from builder.corpus.attributes import QUESTION_ID
from builder.corpus.model import Settings
from builder.diagnostics import BuildError
from builder.identity.adopted import Adopted, AdoptedNote, AdoptedType
from builder.identity.guid import read_guid
from builder.identity.lock import Lock, NoteEntry, TypeEntry, root_deck

_MEMORY = 96 << 20
_MEMORY_RATIO = 12
"""Maximum bytes of memory for a release: `_MEMORY`, or `_MEMORY_RATIO` per byte of a larger package."""
_NOTE, _CARD = 1500, 100
"""Bytes of memory for a note without its texts, and for a card."""
_LONGEST_GUID = 300
_NUMBER = re.compile(r"[0-9]{1,4}\.[0-9]{1,6}[a-z]{0,3}")
_MOST_TYPES = 50
"""Maximum note types of one corpus: learners may have made copies of them."""
_UNNUMBERED = "0.0"
"""Number for a note of an existing deck, which has no field for one; never a real number."""
_NEEDED = ("Prompt", "Number", "ID")


@dataclass(frozen=True, slots=True)
class Adopting:
    """The notes that a corpus took over from an existing deck, and the settings for publishing them."""

    adopted: Adopted
    settings: Settings


NOBODY: Mapping[str, Adopting] = {}


@dataclass(frozen=True, slots=True)
class _Kept:
    """A note that a corpus took over."""

    corpus: str
    note: AdoptedNote
    type: AdoptedType
    settings: Settings


def read_package(path: Path, corpus_id: str, adopting: Adopting | None = None) -> Release:
    """Read a package's notes of one corpus. Raises `BuildError` if it has none."""
    return read_releases(path, (corpus_id,), {corpus_id: adopting} if adopting else NOBODY)[corpus_id]


def read_releases(
    path: Path, corpus_ids: Sequence[str], adopting: Mapping[str, Adopting] = NOBODY
) -> dict[str, Release]:
    """Read a package's notes, by corpus; `adopting` has the corpora with notes of existing decks.

    Raises `BuildError` if it is not a package, or has no notes of the corpora.
    """
    try:
        with unpacked(path) as package, opened(package.file) as collection:
            allowance = _Allowance(max(_MEMORY, _MEMORY_RATIO * package.packed_size))
            kept = {
                note.guid: _Kept(corpus, note, each.adopted.types[note.type], each.settings)
                for corpus, each in adopting.items()
                for note in each.adopted.notes.values()
            }
            heads = _heads(collection, corpus_ids, kept, allowance)
            if not heads:
                raise PackageError(_reason_for_nothing(collection, corpus_ids))
            releases = _releases(collection, package, heads, kept, allowance)
            if not releases:
                raise damaged("none of its notes has a card")
            return releases
    except PackageError as error:
        raise BuildError(f"{str(path)!r} {error}") from error


class _Allowance:
    """Memory that reading may still use, in bytes."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        """Use some of it. Raises `PackageError` if not enough is left."""
        self._left -= size
        if self._left < 0:
            raise PackageError("is too large: no corpus has that size")


def _heads(
    collection: StoredCollection,
    corpus_ids: Iterable[str],
    kept: Mapping[str, _Kept],
    allowance: _Allowance,
) -> dict[str, NoteHead]:
    """Return the notes of corpora, without their texts, by GUID."""
    names, types = ("|".join(map(re.escape, some)) for some in (corpus_ids, TEMPLATES))
    form = re.compile(rf"(?:{names}):(?:{types}):(?:{QUESTION_ID.pattern})")
    heads: dict[str, NoteHead] = {}
    ids: set[int] = set()

    def is_wanted(guid: str) -> bool:
        return guid in kept or (len(guid) <= _LONGEST_GUID and bool(form.fullmatch(guid)))

    for head in collection.heads(is_wanted):
        allowance.take(_NOTE + getsizeof(head.guid))
        if head.guid in heads or head.id in ids:
            raise damaged("two of its notes are the same")
        heads[head.guid] = head
        ids.add(head.id)
    return heads


def _reason_for_nothing(collection: StoredCollection, corpus_ids: Sequence[str]) -> str:
    if collection.has_guid_like(*(f"%:{type_}:%" for type_ in TEMPLATES)):
        return f"was not made of {' or '.join(map(repr, corpus_ids))}"
    return "was made by another tool: none of its notes comes from a cardpress corpus"


def _releases(
    collection: StoredCollection,
    package: Unpacked,
    heads: Mapping[str, NoteHead],
    kept: Mapping[str, _Kept],
    allowance: _Allowance,
) -> dict[str, Release]:
    types = _note_types(collection, heads.values())
    cards = _cards(collection, {head.id for head in heads.values()}, allowance)
    decks = collection.deck_names({cards[head.id][0].deck_id for head in heads.values() if head.id in cards})
    notes: dict[str, dict[str, PackedNote]] = {}
    entries: dict[str, dict[str, NoteEntry]] = {}
    in_order = sorted(
        (head for head in heads.values() if head.id in cards),  # Anki does not show a note without cards
        key=lambda head: (_position(cards[head.id]), head.id),
    )
    for head in in_order:
        own = cards[head.id]
        found = (collection, head, types[head.type_id], own, decks[own[0].deck_id], allowance)
        if foreign := kept.get(head.guid):
            corpus, note = foreign.corpus, _adopted_note(*found, foreign)
        else:
            corpus, note = read_guid(head.guid)[0], _note(*found)
        notes.setdefault(corpus, {})[head.guid] = note
        if note.number:  # a lock needs at least one card for each note
            entries.setdefault(corpus, {})[head.guid] = _entry(head, note, _position(own))
    return {
        corpus: Release(
            found,
            _lock(entries.get(corpus, {}), _type_entries(found, heads, types, kept), corpus),
            package.is_exported,
        )
        for corpus, found in notes.items()
    }


def _lock(notes: dict[str, NoteEntry], types: dict[str, TypeEntry], corpus: str) -> Lock:
    return Lock(notes, types, corpus, root_deck(notes.values()))


def _note_types(collection: StoredCollection, heads: Iterable[NoteHead]) -> dict[int, NoteType]:
    ids = {head.type_id for head in heads}
    if len(ids) > _MOST_TYPES:
        raise damaged("its notes have too many types")
    return {id_: collection.note_type(id_) for id_ in sorted(ids)}


def _cards(collection: StoredCollection, note_ids: set[int], allowance: _Allowance) -> dict[int, list[Card]]:
    """Return the cards of notes by note id, each note's cards by ordinal."""
    cards: dict[int, list[Card]] = {}
    for note_id, card in collection.cards(note_ids):
        allowance.take(_CARD)
        cards.setdefault(note_id, []).append(card)
    for own in cards.values():
        own.sort(key=lambda card: card.ordinal)
        if len({card.ordinal for card in own}) < len(own):
            raise damaged("two cards of a note are the same")
    return cards


def _position(cards: Sequence[Card]) -> int:
    """Return a note's position among new notes; 0, which no note has, if Anki did not keep it."""
    return next((card.position for card in cards if card.position is not None), 0)


def _note(
    collection: StoredCollection,
    head: NoteHead,
    note_type: NoteType,
    cards: Sequence[Card],
    deck: str,
    allowance: _Allowance,
) -> PackedNote:
    tags, values = _texts(collection, head, note_type)
    texts = dict(zip(_names(note_type), values, strict=True))
    filled = (name for name, _ in FIELDS if texts.get(name) or name in _NEEDED)
    fields = {name: texts[name] for name in filled if name in texts}
    if not fields.keys() >= {*_NEEDED}:
        raise PackageError(
            f"has the note {head.guid!r} without the fields of cardpress: change its note type back in Anki,"
            " and export it again"
        )
    # Learners can change both in Anki's editor.
    corpus, type_, question = read_guid(head.guid)
    fields["ID"] = fields["ID"] if QUESTION_ID.fullmatch(fields["ID"]) else question
    fields["Number"] = fields["Number"] if _NUMBER.fullmatch(fields["Number"]) else ""
    ours, own = (
        [line(tag, "a tag") for tag in tags.split() if tag.casefold().startswith(f"{corpus}::") == is_ours]
        for is_ours in (True, False)
    )
    allowance.take(sum(map(getsizeof, (*fields.values(), *ours, *own))))
    return PackedNote(
        guid=intern(head.guid),
        type=intern(type_),
        question=question,
        fields=fields,
        tags=tuple(map(intern, ours)),
        own_tags=tuple(map(intern, own)),
        deck=deck,
        cards=tuple(card.ordinal for card in cards),
    )


def _texts(collection: StoredCollection, head: NoteHead, note_type: NoteType) -> tuple[str, list[str]]:
    tags, values = collection.texts(head.id)
    if len(values) != len(note_type.fields):
        raise damaged("a note and its type have different numbers of fields")
    return tags, values


def _adopted_note(
    collection: StoredCollection,
    head: NoteHead,
    note_type: NoteType,
    cards: Sequence[Card],
    deck: str,
    allowance: _Allowance,
    kept: _Kept,
) -> PackedNote:
    """Return a note of an existing deck; texts that are as adopted get their published form."""
    tags, values = _texts(collection, head, note_type)
    by_id = {field.id: text for field, text in zip(note_type.fields, values, strict=True) if field.id}
    by_name = {field.name: text for field, text in zip(note_type.fields, values, strict=True)}
    fields: dict[str, str] = {}
    for field, adopted in zip(kept.type.fields, kept.note.fields, strict=True):
        text = by_id[field.id] if field.id in by_id else by_name.get(field.name, "")
        is_as_adopted = as_anki_keeps(text) == as_anki_keeps(adopted)
        fields[field.name] = published_text(adopted, kept.settings) if is_as_adopted else text
    known = {tag.casefold(): tag for tag in kept.note.tags}
    ours: list[str] = []
    own: list[str] = []
    for tag in (line(tag, "a tag") for tag in tags.split()):
        folded = tag.casefold()
        is_ours = folded in known or folded.startswith(f"{kept.corpus}::")
        (ours if is_ours else own).append(known.get(folded, tag))
    allowance.take(sum(map(getsizeof, (*fields.values(), *ours, *own))))
    prompt = fields.get(kept.type.mapping.get("prompt") or kept.type.fields[kept.type.sort_field].name, "")
    return PackedNote(
        guid=intern(head.guid),
        type=intern(kept.type.key),
        question=kept.note.question,
        fields=fields,
        tags=tuple(map(intern, ours)),
        own_tags=tuple(map(intern, own)),
        deck=deck,
        cards=tuple(card.ordinal for card in cards),
        origin=Origin(
            id=kept.note.question,
            number=_UNNUMBERED,
            prompt=prompt,
            prompt_fields=prompt_fields(kept.type),
            mod=0,
            note_id=head.id,
            decks={},
            card_ids={},
        ),
    )


def _names(note_type: NoteType) -> list[str]:
    """Return cardpress's names for the fields of a note type, even if a learner has renamed them.

    A learner's own fields keep their names, and are skipped later. If one has the name of a cardpress field
    that is elsewhere in the note type, by its id, it gets an empty name.
    """
    ours = {id_: name for name, id_ in FIELDS}
    known = {ours[field.id] for field in note_type.fields if field.id in ours}
    return [ours.get(field.id or 0, "" if field.name in known else field.name) for field in note_type.fields]


def _entry(head: NoteHead, note: PackedNote, position: int) -> NoteEntry:
    return NoteEntry(
        guid=note.guid,
        type=note.type,
        question=note.question,
        hash=note.hash,
        mod=head.mod,
        id=head.id,
        position=position,
        number=note.number,
        state="live",
        cards=note.cards,
        deck=note.deck,
    )


def _type_entries(
    notes: Mapping[str, PackedNote],
    heads: Mapping[str, NoteHead],
    types: Mapping[int, NoteType],
    kept: Mapping[str, _Kept],
) -> dict[str, TypeEntry]:
    """Return the note types of a corpus by their names in the lock, as a learner may have renamed them.

    Those of an existing deck are returned as published: without scripts, which its learners may have.
    """
    foreign = {note.type: kept[guid].settings for guid, note in notes.items() if note.origin}
    counts: dict[str, Counter[int]] = {}
    for guid, note in notes.items():
        counts.setdefault(note.type, Counter())[heads[guid].type_id] += 1
    entries: dict[str, TypeEntry] = {}
    for name, ids in counts.items():
        found = types[ids.most_common(1)[0][0]]
        templates = found.templates
        if settings := foreign.get(name):
            publish = partial(published_text, settings=settings)
            templates = tuple(
                (side, id_, publish(one), publish(other)) for side, id_, one, other in templates
            )
        hash_ = type_hash(found.css, found.fields, templates)
        entries[name] = TypeEntry(name=name, hash=hash_, mod=found.mod)
    return entries
