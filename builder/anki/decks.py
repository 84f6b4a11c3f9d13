"""Reads the decks of any package: all of its notes, note types and files.

They become records that a corpus can adopt. `builder.anki.read` reads the notes of a corpus from a package,
to find out what learners have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sys import getsizeof

from builder.anki.archive import opened_media, unpacked
from builder.anki.collection import Card, NoteHead, StoredCollection, opened
from builder.anki.typed import PackageError, damaged, line
from builder.identity.adopted import AdoptedCard, AdoptedNote, AdoptedType

_TEXTS, _TEXTS_RATIO = 48 << 20, 3
"""Maximum bytes of all texts together, and maximum per byte of the package; the larger limit counts."""
_NOTE, _CARD = 1000, 200
"""Bytes of memory for a note without its texts, and for a card."""
_LONGEST_GUID = 300
_MOST_TYPES = 500
COLLECTION_SUFFIX = ".colpkg"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecks:
    """Decks of a package, or of another tool's files."""

    notes: tuple[AdoptedNote, ...]
    """In the order of study; their questions have no ids yet."""
    types: Mapping[int, AdoptedType]
    decks: Mapping[str, int] = field(default_factory=dict)
    """Ids of decks, by name."""
    is_adoptable: bool = True
    """False if learners of these decks have the note types under other ids."""
    repeated: tuple[str, ...] = ()
    """GUIDs of several notes; Anki imports only the first of each."""
    media: frozenset[str] = frozenset()
    """Names of its media files."""
    extract: Callable[[Mapping[str, Path]], None] = lambda targets: None
    """Writes some media files to paths, by name. Raises `PackageError`."""


def names_of_decks(path: Path) -> tuple[str, ...]:
    """Return the names of the decks that have cards. Raises `PackageError`."""
    with unpacked(path, may_be_whole=True) as package, opened(package.file) as collection:
        ids = {head.id for head in collection.heads(lambda guid: True)}
        decks = collection.deck_names({card.deck_id for _, card in collection.cards(ids)})
        return tuple(sorted({*decks.values()}))


def read_decks(path: Path, deck: str = "") -> StoredDecks:
    """Read the notes of a package, or those of a deck and its subdecks. Raises `PackageError`."""
    if path.suffix.lower() == COLLECTION_SUFFIX and not deck:
        raise PackageError("is a whole collection: choose the deck to import, with --deck NAME")
    with unpacked(path, may_be_whole=True) as package, opened(package.file) as collection:
        left = max(_TEXTS, _TEXTS_RATIO * package.packed_size)
        found = _read(collection, deck, left)
    with opened_media(path) as media:
        names = media.names - {""}
    if deck and not found[0]:
        raise PackageError(f"has no notes in a deck {deck!r}")

    def extract(targets: Mapping[str, Path]) -> None:
        with opened_media(path) as media:
            for name, target in targets.items():
                media.extract(name, target)

    notes, types, decks, repeated = found
    return StoredDecks(notes=notes, types=types, decks=decks, repeated=repeated, media=names, extract=extract)


def _read(
    collection: StoredCollection, deck: str, left: int
) -> tuple[tuple[AdoptedNote, ...], dict[int, AdoptedType], dict[str, int], tuple[str, ...]]:
    heads: dict[int, NoteHead] = {}
    guids: set[str] = set()
    repeated: list[str] = []
    for head in collection.heads(lambda guid: 0 < len(guid) <= _LONGEST_GUID):
        left -= _NOTE
        if left < 0:
            raise _too_much()
        if head.id in heads:
            raise damaged("two of its notes are the same")
        if head.guid in guids:
            repeated.append(head.guid)
            continue
        heads[head.id] = head
        guids.add(line(head.guid, "a note's GUID"))
    cards: dict[int, list[Card]] = {}
    for note_id, card in collection.cards(heads.keys()):
        left -= _CARD
        if left < 0:
            raise _too_much()
        cards.setdefault(note_id, []).append(card)
    names = collection.deck_names({card.deck_id for own in cards.values() for card in own})
    wanted = {
        note_id: sorted(own, key=lambda card: card.ordinal)
        for note_id, own in cards.items()
        if not deck or any(_is_in(names[card.deck_id], deck) for card in own)
    }
    types = _types(collection, {heads[note_id].type_id for note_id in wanted})
    notes: list[AdoptedNote] = []
    for note_id in sorted(wanted, key=lambda id_: (_position(wanted[id_]), id_)):
        note = _note(collection, heads[note_id], types[heads[note_id].type_id], wanted[note_id], names)
        left -= sum(map(getsizeof, note.fields)) + sum(map(getsizeof, note.tags))
        if left < 0:
            raise _too_much()
        notes.append(note)
    used = {card.deck for note in notes for card in note.cards}
    decks = {name: id_ for id_, name in names.items() if name in used}
    return tuple(notes), types, decks, tuple(repeated)


def _too_much() -> PackageError:
    return PackageError(
        "is too large for one corpus: export one of its decks alone, or choose one with --deck"
    )


def _is_in(name: str, deck: str) -> bool:
    return name == deck or name.startswith(f"{deck}::")


def _position(cards: list[Card]) -> int:
    """Return a note's position among new notes; 0 if it was studied and Anki did not keep it."""
    return next((card.position for card in cards if card.position is not None), 0)


def _types(collection: StoredCollection, ids: set[int]) -> dict[int, AdoptedType]:
    if len(ids) > _MOST_TYPES:
        raise damaged("its notes have too many types")
    types = {id_: collection.whole_type(id_) for id_ in sorted(ids)}
    for each in types.values():
        names = [field.name for field in each.fields]
        if not names or len({*names}) < len(names) or not each.templates:
            raise damaged(f"its note type {each.name!r} has no fields, no cards, or two with the same name")
    return types


def _note(
    collection: StoredCollection,
    head: NoteHead,
    type_: AdoptedType,
    cards: list[Card],
    names: Mapping[int, str],
) -> AdoptedNote:
    tags, fields = collection.texts(head.id)
    if len(fields) != len(type_.fields):
        raise damaged("a note and its type have different numbers of fields")
    ordinals = [card.ordinal for card in cards]
    if len({*ordinals}) < len(ordinals):
        raise damaged("two cards of a note are the same")
    return AdoptedNote(
        question="",
        guid=head.guid,
        type=head.type_id,
        mod=head.mod,
        id=head.id,
        fields=tuple(fields),
        tags=tuple(line(tag, "a tag") for tag in tags.split()),
        cards=tuple(
            AdoptedCard(ordinal=card.ordinal, deck=names[card.deck_id], id=card.id) for card in cards
        ),
    )
